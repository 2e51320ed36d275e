"""The floors of the house: a room imports rooms of lower floors only, whatever the import is for."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

#: From the ground up. Rooms of one floor do not import each other.
FLOORS = (
    {"errors", "shape", "symbolic", "units"},
    {"limits", "rules"},
    {"spec"},
    {"kinds"},
    {"network"},
    {"summary"},
    {"engine", "explain"},
    {"models", "solve"},
    {"check", "export"},
    {"guide", "render"},
    {"api"},
    {"__init__"},
    {"cli"},
    {"__main__"},
)
HOUSE = Path(__file__).parents[1] / "cnncalc"
FILES = sorted(HOUSE.rglob("*.py"))
LONGEST = 350  # lines of a file


def module(path: Path) -> str:
    """The dotted name of a file of the house."""
    return ".".join(path.relative_to(HOUSE.parent).with_suffix("").parts).removesuffix(".__init__")


MODULES = {module(path): path for path in FILES}


def nodes(path: Path, loaded: bool = False) -> Iterator[ast.AST]:
    """The imports of a file; with ``loaded`` those alone that importing the file itself carries out."""
    waiting: list[ast.AST] = [ast.parse(path.read_text(encoding="utf-8"))]
    while waiting:
        node = waiting.pop()
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            yield node
        elif not loaded or not (isinstance(node, ast.FunctionDef) or "TYPE_CHECKING" in ast.unparse(node)[:30]):
            waiting.extend(ast.iter_child_nodes(node))


def imports(path: Path, loaded: bool = False) -> set[str]:
    """The modules that a file imports: for type checkers and inside functions too, unless ``loaded``."""
    found = set()
    for node in nodes(path, loaded):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            parts = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= (parts & MODULES.keys()) or {node.module or ""}
    return found


def room(name: str) -> str:
    """The room at the package's root that a module belongs to."""
    return name.split(".")[1] if "." in name else "__init__"


def floor(name: str) -> int:
    """The floor that a room is on."""
    found = [number for number, rooms in enumerate(FLOORS) if name in rooms]
    assert found, f"{name} has no floor yet: give it one in FLOORS"
    return found[0]


def in_house(path: Path) -> set[str]:
    """The modules of the house that a file imports."""
    return {name for name in imports(path) if name.partition(".")[0] == "cnncalc"}


@pytest.mark.parametrize("path", FILES, ids=module)
def test_imports_go_down(path: Path) -> None:
    own = room(module(path))
    others = {other for name in in_house(path) if (other := room(name)) != own}
    assert {other for other in others if floor(other) >= floor(own)} == set()


@pytest.mark.parametrize("path", FILES, ids=module)
def test_heavy_packages_stay_in_the_room_that_needs_them(path: Path) -> None:
    outside = {name.split(".")[0] for name in imports(path, loaded=True)}
    assert "numpy" not in outside or room(module(path)) == "engine"
    assert "rich" not in outside


def test_rendering_reads_results_alone() -> None:
    """No text is made by working something out again: no kind is imported there, nor the walk over the layers."""
    for path in (HOUSE / "render").rglob("*.py"):
        found = {name for name in in_house(path) if name.startswith(("cnncalc.kinds", "cnncalc.summary.infer"))}
        assert {name for name in found if not name.startswith("cnncalc.kinds.base")} == set()


@pytest.mark.parametrize("path", FILES, ids=module)
def test_the_library_names_no_flag(path: Path) -> None:
    """Somebody who calls it from Python has none: a message names a limit or an argument, the command line its flag."""
    if room(module(path)) in ("cli", "render", "solve", "check"):
        return
    tree = ast.parse(path.read_text(encoding="utf-8"))
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef)
    docs = {ast.get_docstring(node, clean=False) for node in ast.walk(tree) if isinstance(node, documented)}
    texts = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    assert [text for text in texts - docs if re.search(r"--[a-z]", text)] == []


def test_no_file_is_in_a_circle() -> None:
    """Each way round would say that two files are one thought."""
    graph = {name: in_house(path) & MODULES.keys() - {"cnncalc"} for name, path in MODULES.items()}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(f"a circle of imports: {' -> '.join(error.args[1])}")


@pytest.mark.parametrize("path", FILES, ids=module)
def test_a_file_is_no_longer_than_a_few_screens(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= LONGEST


def test_every_floor_is_lived_on() -> None:
    assert set().union(*FLOORS) == {room(name) for name in MODULES}


def test_the_developers_readme_has_the_same_floors() -> None:
    """Its table lists them from the top: ``| floor | rooms | ...``."""
    told: dict[int, set[str]] = {}
    for line in (HOUSE / "README.md").read_text(encoding="utf-8").splitlines():
        if found := re.match(r"\| (\d+) \| (.*?) \|", line):
            told.setdefault(int(found[1]), set()).update(re.findall(r"`(\w+)`", found[2]))
    assert told == dict(enumerate(FLOORS, 1))


def test_the_root_holds_rooms_and_a_few_files() -> None:
    loose = {path.name for path in HOUSE.iterdir() if path.is_file()}
    files = ("__init__", "__main__", "api", "errors", "limits", "rules", "shape", "units")
    assert loose == {"README.md", "py.typed", *(f"{name}.py" for name in files)}
