"""The report of a benchmark: Markdown, JSON and plots; on request, in the documentation."""

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
FILE_WIDTH = 120  # if the output is not a terminal


@dataclass
class Report:
    """The result of a benchmark."""

    benchmark: str
    document: Path = DOCUMENT
    """Where --publish writes it."""
    data: dict[str, Any] = field(default_factory=dict)
    """All figures, for programs."""
    markdown: list[str] = field(default_factory=list)
    """Paragraphs and tables, for readers."""
    figures: dict[str, Figure] = field(default_factory=dict)

    def paragraph(self, text: str) -> None:
        self.markdown.append(text)

    def table(self, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
        """Add a table; the first column has names, the others figures."""
        head = [columns, ["---", *["---:"] * (len(columns) - 1)]]
        self.markdown.append(
            "\n".join(f"| {' | '.join(map(str, row))} |" for row in [*head, *rows])
        )

    def write(self, options: argparse.Namespace) -> None:
        """Write it to build/bench/, with --publish also to the documentation, and print it."""
        facts = machine()
        if options.quick:
            facts["quick"] = "a short try-out (--quick)"
        text = "\n\n".join(self.markdown)
        facts_line = "; ".join(facts.values())
        OUTPUT.mkdir(parents=True, exist_ok=True)
        content = json.dumps({"machine": facts, **self.data}, indent=2)
        (OUTPUT / f"{self.benchmark}.json").write_text(content + "\n")
        (OUTPUT / f"{self.benchmark}.md").write_text(
            f"# {self.benchmark}\n\n{facts_line}\n\n{text}\n"
        )
        self._draw(OUTPUT, "")
        if options.publish:
            self._draw(IMAGES, "bench-")
            _publish(
                self.document, self.benchmark, f"{text}\n\n<sub>Measured on: {facts_line}.</sub>"
            )
        console = Console()
        if not console.is_terminal:
            console.width = FILE_WIDTH
        console.print(Markdown(text))
        console.print(
            f"Written to {OUTPUT}/: {self.benchmark}.md, {self.benchmark}.json and plots."
        )

    def _draw(self, folder: Path, prefix: str) -> None:
        for name, figure in self.figures.items():
            figure.savefig(folder / f"{prefix}{name}.svg", metadata={"Date": None})


def argument_parser(benchmark: str, description: str | None) -> argparse.ArgumentParser:
    """A parser of the options that all benchmarks have."""
    parser = argparse.ArgumentParser(
        prog=f"python -m bench.{benchmark}",
        description=description,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    exclusive = parser.add_mutually_exclusive_group()
    exclusive.add_argument("--quick", action="store_true", help="a short try-out")
    exclusive.add_argument(
        "--publish", action="store_true", help="write the results and their plots to docs/"
    )
    return parser


def machine() -> dict[str, str]:
    """The properties of this machine that absolute times depend on."""
    cpu = Path("/proc/cpuinfo").read_text()
    name = re.search(r"model name\s*: (.*)", cpu)
    flags = set(cpu.split())
    units = [unit for unit in ("avx2", "avx512f", "avx512_vnni", "amx_int8") if unit in flags]
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30
    return {
        "cpu": f"{os.cpu_count()} CPUs, {name[1] if name else platform.processor()}",
        "instructions": f"{platform.machine()} with {', '.join(units) or 'no AVX'}",
        "memory": f"{memory:.0f} GiB",
        "system": f"Linux {platform.release().split('-')[0]}",
        "python": f"Python {platform.python_version()}",
        "commit": _commit(),
    }


def _commit() -> str:
    command = ["git", "rev-parse", "--short", "HEAD"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return f"commit {done.stdout.strip()}" if done.returncode == 0 else "no commit"


def _publish(document: Path, benchmark: str, text: str) -> None:
    """Replace the text between the benchmark's two marks in the document."""
    begin, end = f"<!-- bench:{benchmark} -->", f"<!-- /bench:{benchmark} -->"
    before, _, rest = document.read_text().partition(begin)
    _, found, after = rest.partition(end)
    if not found:
        raise LookupError(f"{document} has no marks for {benchmark}: {begin}")
    document.write_text(f"{before}{begin}\n\n{text}\n\n{end}{after}")
