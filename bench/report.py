"""What a part measured, written for people (Markdown), programs (JSON) and the documentation."""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure
from rich.console import Console
from rich.markdown import Markdown

OUTPUT = Path("build/bench")
DOCUMENT = Path("docs/performance.md")
IMAGES = Path("docs/images")
FILE_WIDTH = 120  # where no terminal tells how wide a table may be


@dataclass
class Report:
    """The result of one part of the benchmarks."""

    part: str
    data: dict[str, Any] = field(default_factory=dict)
    """For programs."""
    markdown: list[str] = field(default_factory=list)
    """For people: paragraphs and tables."""
    figures: dict[str, Figure] = field(default_factory=dict)

    def say(self, paragraph: str) -> None:
        self.markdown.append(paragraph)

    def table(self, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
        """Add a table; the first column is names, the others are figures."""
        head = [columns, ["---", *["---:"] * (len(columns) - 1)]]
        self.markdown.append(
            "\n".join(f"| {' | '.join(map(str, row))} |" for row in [*head, *rows])
        )

    def write(self, options: argparse.Namespace) -> None:
        """Write it to build/bench/, and if asked to into the documentation; print it."""
        facts = machine()
        if options.quick:
            facts["turns"] = "few and short turns (--quick)"
        text = "\n\n".join(self.markdown)
        told = "; ".join(facts.values())
        OUTPUT.mkdir(parents=True, exist_ok=True)
        content = json.dumps({"machine": facts, **self.data}, indent=2)
        (OUTPUT / f"{self.part}.json").write_text(content + "\n")
        (OUTPUT / f"{self.part}.md").write_text(f"# {self.part}\n\n{told}\n\n{text}\n")
        self._draw(OUTPUT, "")
        if options.publish:
            self._draw(IMAGES, "bench-")
            _publish(self.part, f"{text}\n\n<sub>Measured on: {told}.</sub>")
        console = Console()
        if not console.is_terminal:
            console.width = FILE_WIDTH
        console.print(Markdown(text))
        console.print(f"Written to {OUTPUT}/: {self.part}.md, {self.part}.json and plots.")

    def _draw(self, folder: Path, prefix: str) -> None:
        for name, figure in self.figures.items():
            figure.savefig(folder / f"{prefix}{name}.svg", metadata={"Date": None})


def parser_of(name: str, text: str | None) -> argparse.ArgumentParser:
    """A parser of the options that every part has."""
    parser = argparse.ArgumentParser(
        prog=f"python -m bench.{name}",
        description=text,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    either = parser.add_mutually_exclusive_group()
    either.add_argument("--quick", action="store_true", help="a try-out: few and short turns")
    either.add_argument(
        "--publish", action="store_true", help=f"put the results into {DOCUMENT} and its plots"
    )
    return parser


def machine() -> dict[str, str]:
    """What a reader must know of this machine to make sense of absolute times."""
    cpu = Path("/proc/cpuinfo").read_text()
    name = re.search(r"model name\s*: (.*)", cpu)
    flags = set(cpu.split())
    units = [unit for unit in ("avx2", "avx512f", "avx512_vnni", "amx_int8") if unit in flags]
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30
    return {
        "cpu": f"{os.cpu_count()} CPUs, {name[1] if name else platform.processor()}",
        "instructions": f"{platform.machine()} with {', '.join(units) or 'none of AVX'}",
        "memory": f"{memory:.0f} GiB",
        "system": f"Linux {platform.release().split('-')[0]}",
        "python": f"Python {platform.python_version()}",
        "commit": _commit(),
    }


def _commit() -> str:
    command = ["git", "rev-parse", "--short", "HEAD"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return f"commit {done.stdout.strip()}" if done.returncode == 0 else "no commit"


def _publish(part: str, text: str) -> None:
    """Replace what stands between the part's two marks in the documentation."""
    begin, end = f"<!-- bench:{part} -->", f"<!-- /bench:{part} -->"
    before, _, rest = DOCUMENT.read_text().partition(begin)
    _, found, after = rest.partition(end)
    if not found:
        raise LookupError(f"{DOCUMENT} has no marks for {part}: {begin}")
    DOCUMENT.write_text(f"{before}{begin}\n\n{text}\n\n{end}{after}")
