"""Facts that nobody on this project wrote (``tests/facts``), each a test's argument.

They are read with PyYAML, not with our reader: what a test expects never goes through what it tests.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

HERE = Path(__file__).parent
REPOSITORY = HERE.parents[1]
FACTS = HERE.parent / "facts"


def read_yaml(path: Path) -> Any:
    with path.open(encoding="utf-8") as stream:
        return yaml.load(stream, getattr(yaml, "CSafeLoader", yaml.SafeLoader))


def files(folder: Path) -> dict[str, Path]:
    return {path.stem: path for path in sorted(folder.glob("*.yaml"))}


def problems(name: str) -> dict[str, Any]:
    return {problem["id"]: problem for problem in read_yaml(FACTS / name)["problems"]}


#: What a test is run with for each argument of that name: facts by id. The files of the first two are ours.
CASES = {
    "spec_file": lambda: {k: p for k, p in files(REPOSITORY / "specs").items() if "problems" not in read_yaml(p)},
    "zoo_row": lambda: {f"{row['model']} {row['input']}": row for row in read_yaml(HERE / "zoo.yaml")},
    "network_file": lambda: files(FACTS / "networks"),
    "exercise": lambda: {k: p for k, p in problems("exercises.yaml").items() if "given" not in p},
    "open_exercise": lambda: {k: p for k, p in problems("exercises.yaml").items() if "given" in p},
    "wrong_exercise": lambda: problems("exercises-wrong.yaml"),
    "slim_table": lambda: read_yaml(FACTS / "receptive_fields.yaml")["networks"],
    "field_list": lambda: {f["id"]: f for f in read_yaml(FACTS / "receptive_fields.yaml")["other_published"]},
}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    for argument in metafunc.fixturenames:
        if argument in CASES:
            cases = CASES[argument]()
            assert cases, f"there is no {argument}"
            metafunc.parametrize(argument, [pytest.param(case, id=key) for key, case in cases.items()])


@pytest.fixture(scope="session")
def solve() -> Callable[[Path], dict[str, Any]]:
    """Solves the letters of a spec with the command, as SPEC fixes its JSON."""

    def solved(path: Path) -> dict[str, Any]:
        command = [sys.executable, "-m", "cnncalc", "solve", "network", str(path), "--format", "json"]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
        assert (done.returncode, done.stderr) == (0, "")
        return dict(json.loads(done.stdout)["unknowns"])

    return solved


@pytest.fixture(scope="session")
def published(facts: Path) -> dict[tuple[str, str], dict[str, Any]]:
    """The rows of models.yaml by model and input size; the size is "" where the row gives none."""
    rows = read_yaml(facts / "models.yaml")["models"]
    return {(row["model"], size(row)): row for row in rows}


def size(row: dict[str, Any]) -> str:
    """The input of a published row, channels first: ``3x224x224``; Keras writes the channels last."""
    given = row.get("input") or row.get("recomputed", {}).get("input") or []
    if isinstance(given, str):
        return f"3x{given}"
    channels_first = [given[2], *given[:2]] if given[2:] == [3] else given
    return "x".join(map(str, channels_first))


@pytest.fixture(scope="session")
def table(facts: Path) -> Callable[[str], Any]:
    """Reads one published table of ``tables/``."""
    return lambda name: read_yaml(facts / "tables" / f"{name}.yaml")
