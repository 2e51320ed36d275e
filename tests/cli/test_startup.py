"""What is loaded, and what is not: start-up is most of the time that a command takes."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

PROGRAM = """
import json, sys
from cnncalc.cli.app import run
code = run(sys.argv[1:])
print(json.dumps([code, sorted(sys.modules)]), file=sys.stderr)
"""


def loaded(root, *arguments: str) -> set[str]:
    """The modules that a command has loaded in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *arguments], cwd=root, capture_output=True, text=True, timeout=60, check=True
    )
    code, modules = json.loads(done.stderr.splitlines()[-1])
    assert code == 0
    return set(modules)


SUMMARY = ["summary", "specs/worked-example.yaml"]


@pytest.mark.parametrize(
    "arguments",
    [SUMMARY, [*SUMMARY, "--format", "json"], ["calc", "28x28x1", "conv:10,k=5"], ["explain", SUMMARY[1]], ["kinds"],
     ["kinds", "conv"], ["schema"], ["--help"], ["summary", "specs/gru.yaml"]],
    ids=" ".join,
)  # fmt: skip
def test_no_numpy_is_loaded_by_what_only_counts(root, arguments):
    modules = loaded(root, *arguments)
    assert "numpy" not in modules
    assert not any(name.startswith("cnncalc.engine") for name in modules)


def test_importing_the_library_loads_almost_nothing(root):
    program = (
        "import cnncalc, sys; print(*sorted(m for m in sys.modules if m.startswith(('cnncalc', 'numpy', 'typer'))))"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=root, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["cnncalc"]
    program = "from cnncalc import load; import sys; print('numpy' in sys.modules, 'typer' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], cwd=root, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]


@pytest.mark.parametrize("format", ["json", "csv", "markdown", "latex"])
def test_rich_is_loaded_for_tables_only(root, format):
    assert "rich.console" not in loaded(root, *SUMMARY, "--format", format)
    assert not {"rich", "rich.table"} & loaded(root, *SUMMARY, "--format", format)


def test_rich_draws_the_table(root):
    assert "rich.table" in loaded(root, *SUMMARY)


def test_only_the_kinds_that_a_spec_names_are_loaded(root):
    modules = loaded(root, "calc", "28x28x1", "dense:10", "--format", "json")
    kinds = {name.split(".")[2] for name in modules if name.startswith("cnncalc.kinds.")}
    assert "dense" in kinds
    assert not {"conv", "pool", "norm", "lstm", "attention", "locally_connected", "upsample"} & kinds


def test_a_command_does_not_load_the_others(root):
    modules = {name for name in loaded(root, *SUMMARY, "--format", "json") if name.startswith("cnncalc.cli.")}
    rooms = {f"cnncalc.cli.{name}" for name in ("app", "io", "options", "commands", "commands.summary")}
    assert modules == rooms
