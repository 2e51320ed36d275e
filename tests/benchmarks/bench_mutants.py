"""Mutants: small changes to the code, each of which some test should notice. Prints the share noticed, by room.

    python tests/benchmarks/bench_mutants.py [--number 20] [--seed 0] [ROOM OR FILE ...]

Draws so many mutants of each room (by default rules, kinds, summary, solve and check), changes one place of a copy of
the package, and runs the room's tests there until one fails. A mutant that survives is listed with its place: a test is
missing, or the change makes no difference to anybody (a faster way to the same number, a bound that is never met).
The aim is 95 % of those that matter.
"""

from __future__ import annotations

import argparse
import ast
import copy
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
#: Rooms, and the tests that answer for them, quickest first.
ROOMS = {
    "rules.py": ["tests/kinds/test_windows.py", "tests/kinds", "tests/summary", "tests/solve"],
    "kinds": ["tests/kinds", "tests/summary", "tests/network", "tests/solve/test_mirror.py", "tests/cases"],
    "summary": ["tests/summary", "tests/cases", "tests/network", "tests/cli/test_summary.py"],
    "solve": ["tests/solve", "tests/kinds/test_defaults_and_bounds.py"],
    "check": ["tests/check"],
}
PATIENCE = 600  # seconds after which a mutant counts as noticed: it does not end
SWAPPED = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Add: ast.Sub, ast.Sub: ast.Add,
    ast.Mult: ast.Add, ast.FloorDiv: ast.Mult, ast.Mod: ast.FloorDiv, ast.And: ast.Or, ast.Or: ast.And,
}  # fmt: skip


class Mutant(NamedTuple):
    """A changed file: where the change is, what was there, and the new text of the file."""

    path: Path
    line: int
    change: str
    text: str


def changed(node: ast.AST) -> ast.AST | None:
    """The node with one small change, or None where there is none to make."""
    other = copy.deepcopy(node)
    if isinstance(other, ast.Compare):
        other.ops[0] = SWAPPED[type(other.ops[0])]()
    elif isinstance(other, (ast.BinOp, ast.BoolOp)) and type(other.op) in SWAPPED:
        other.op = SWAPPED[type(other.op)]()
    elif isinstance(other, ast.Constant) and isinstance(other.value, bool):
        other.value = not other.value
    elif isinstance(other, ast.Constant) and isinstance(other.value, int):
        other.value += 1
    elif isinstance(other, ast.UnaryOp) and isinstance(other.op, ast.Not):
        return other.operand
    elif isinstance(other, ast.Return) and other.value is not None and not isinstance(other.value, ast.Constant):
        other.value = ast.Constant(None)
    else:
        return None
    return other


def mutants(path: Path) -> Iterator[Mutant]:
    """Every mutant of a file."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for parent in ast.walk(tree):
        for name, value in ast.iter_fields(parent):
            for place, node in enumerate(value if isinstance(value, list) else [value]):
                other = changed(node) if isinstance(node, ast.AST) else None
                if other is None or "TYPE_CHECKING" in ast.unparse(parent):
                    continue
                put(parent, name, place, other)
                yield Mutant(
                    path, node.lineno, f"{ast.unparse(node)[:60]}  ->  {ast.unparse(other)[:60]}", ast.unparse(tree)
                )
                put(parent, name, place, node)


def put(parent: ast.AST, name: str, place: int, node: ast.AST) -> None:
    value = getattr(parent, name)
    if isinstance(value, list):
        value[place] = node
    else:
        setattr(parent, name, node)


def noticed(folder: Path, mutant: Mutant, tests: list[str]) -> bool:
    """Whether one of the tests fails in ``folder``, a copy of the project, with the mutant in its place."""
    path = folder / mutant.path.relative_to(ROOT)
    whole = path.read_text(encoding="utf-8")
    path.write_text(mutant.text, encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", "--no-header", *tests]
    environment = {**os.environ, "PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"}
    try:
        done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, timeout=PATIENCE, check=False)
        return done.returncode != 0
    except subprocess.TimeoutExpired:
        return True
    finally:
        path.write_text(whole, encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("rooms", nargs="*", default=list(ROOMS), metavar="ROOM", help=", ".join(ROOMS))
    parser.add_argument("--number", type=int, default=20, help="mutants of each room")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "project"
        shutil.copytree(ROOT, folder, ignore=shutil.ignore_patterns(".git", "__pycache__", ".*_cache"))
        for asked in given.rooms:
            start = ROOT / "cnncalc" / asked
            files = [start] if start.is_file() else sorted(start.rglob("*.py"))
            every = [mutant for file in files for mutant in mutants(file)]
            drawn = random.Random(given.seed).sample(every, min(given.number, len(every)))
            left = [mutant for mutant in drawn if not noticed(folder, mutant, ROOMS[asked.partition("/")[0]])]
            print(
                f"{asked}: {len(drawn) - len(left)} of {len(drawn)} noticed, of {len(every)} that there are", flush=True
            )
            for mutant in left:
                print(f"  {mutant.path.relative_to(ROOT)}:{mutant.line}: {mutant.change}", flush=True)


if __name__ == "__main__":
    main()
