"""What is loaded, and what is not: start-up is most of the time that a command takes."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from cnncalc.cli import app

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


COMPUTING = {"import", "run", "train"}  # its example writes weights
COUNTING = [name for name in app._commands() if name not in COMPUTING]


def assert_no_engine(modules: set[str]) -> None:
    assert "numpy" not in modules
    assert not any(name.startswith("cnncalc.engine.") for name in modules)


@pytest.mark.parametrize(
    "arguments",
    [[*SUMMARY, "--format", "json"], ["summary", "specs/gru.yaml"], ["kinds"], ["--help"],
     *([name, "--help"] for name in app._commands())],
    ids=" ".join,
)  # fmt: skip
def test_no_numpy_is_loaded_by_what_only_counts(root, arguments):
    assert_no_engine(loaded(root, *arguments))


@pytest.mark.parametrize("command", COUNTING)
def test_no_numpy_is_loaded_by_the_examples_of_what_only_counts(command, examples, specs_copied):
    for arguments in examples(command):
        assert_no_engine(loaded(specs_copied, *arguments))


@pytest.mark.parametrize("command", sorted(COMPUTING))
def test_numpy_is_loaded_by_what_computes(command, examples, specs_copied):
    """So the tests above would see it."""
    for arguments in examples(command):
        assert "numpy" in loaded(specs_copied, *arguments)


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
    rooms = {f"cnncalc.cli.{name}" for name in ("app", "files", "io", "options", "commands", "commands.summary")}
    assert modules == rooms
