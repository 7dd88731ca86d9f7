"""The rooms: imports go downwards, and through a package's front door."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
# Each package with the ones that it may import.
BELOW = {
    "pictures": set(),
    "model": {"pictures"},
    "service": {"model", "pictures"},
    "tools": {"model", "pictures", "service"},
    "bench": {"model", "pictures", "service"},
}
# Packages that are imported by their name, never by one of their modules.
FRONT_DOORS = {"pictures", "model", "service"}
MODULES = [path for room in BELOW for path in (ROOT / room).rglob("*.py")]


def imported(path):
    """The dotted names of all modules that a file imports, however deep in a function."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        if isinstance(node, ast.ImportFrom):
            yield node.module


@pytest.mark.parametrize("path", MODULES, ids=[str(path.relative_to(ROOT)) for path in MODULES])
def test_imports_go_downwards_and_through_the_front_door(path):
    room = path.relative_to(ROOT).parts[0]
    for name in imported(path):
        package, _, module = name.partition(".")
        if package in BELOW and package != room:
            assert package in BELOW[room], f"{room} is below {package}"
            assert not module or package not in FRONT_DOORS, f"import from {package}, not {name}"
