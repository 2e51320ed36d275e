"""The floors of the house: an import goes down, never up; heavy things stay in the room that needs them."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

FLOORS = (
    {"errors", "limits", "rules", "shape", "symbolic"},
    {"kinds", "spec"},
    {"network"},
    {"explain", "summary"},
    {"api", "check", "engine", "render", "solve"},
    {"cli"},
    {"__main__", "__init__"},
)
HOUSE = Path(__file__).parents[1] / "cnncalc"
FILES = [path.relative_to(HOUSE) for path in sorted(HOUSE.rglob("*.py"))]


def floor(room: str) -> int:
    """The floor that a room is on."""
    found = [number for number, rooms in enumerate(FLOORS) if room in rooms]
    assert found, f"{room} has no floor yet: give it one in FLOORS"
    return found[0]


def imports(node: ast.AST, inside: bool = True) -> Iterator[str]:
    """The modules imported, without those for type checkers; without ``inside`` not those inside functions."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
            continue
        if isinstance(child, ast.Import):
            yield from (alias.name for alias in child.names)
        elif isinstance(child, ast.ImportFrom):
            yield from (
                [f"cnncalc.{alias.name}" for alias in child.names]
                if child.module == "cnncalc"
                else [child.module or ""]
            )
        elif inside or not isinstance(child, ast.FunctionDef):
            yield from imports(child, inside)


def rooms(modules: Iterator[str]) -> set[str]:
    """The rooms of the house among ``modules``."""
    return {name.split(".")[1] for name in modules if name.startswith("cnncalc.")} - {"__version__"}


@pytest.mark.parametrize("path", FILES, ids=str)
def test_imports_go_down(path):
    tree = ast.parse((HOUSE / path).read_text(encoding="utf-8"))
    room = path.with_suffix("").parts[0]
    assert {other for other in rooms(imports(tree)) if floor(other) > floor(room)} == set()
    outside = {name.split(".")[0] for name in imports(tree, inside=False)}
    assert "numpy" not in outside or room == "engine"
    assert "rich" not in outside
    if room == "render":
        assert rooms(imports(tree)).isdisjoint({"kinds"})
