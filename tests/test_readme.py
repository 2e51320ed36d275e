"""The README says what is true: its commands are run and its output compared."""

from __future__ import annotations

import contextlib
import io
import re
import shlex
from pathlib import Path

import pytest

from cnncalc import parse
from cnncalc.cli.app import run

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.M | re.S)


def commands() -> list[tuple[str, str]]:
    """Each command of a console block, with the output shown below it (empty: none shown)."""
    found = []
    for block in blocks("console"):
        for part in re.split(r"^\$ ", block, flags=re.M)[1:]:
            command, _, output = part.partition("\n")
            found.append((command, output.strip()))
    return found


@pytest.mark.parametrize(("command", "output"), commands(), ids=[command for command, _ in commands()])
def test_command(command: str, output: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(ROOT)
    arguments = [word.replace("OUT/", f"{tmp_path}/") for word in shlex.split(command, comments=True)]
    assert arguments[0] == "cnncalc"
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        code = run(arguments[1:])
    assert code == 0
    assert output in printed.getvalue()


def test_spec_is_read() -> None:
    (spec,) = blocks("yaml")
    net = parse(spec)
    assert net.summary().totals.params == 183242
    assert net.findings() == []


def test_library(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a line of the library's example ends in a comment, its value is that."""
    monkeypatch.chdir(ROOT)
    names: dict[str, object] = {}
    compared = 0
    (code,) = blocks("python")
    for line in code.splitlines():
        statement, _, shown = line.partition("#")
        value = shown.partition(":")[0].strip()
        if re.fullmatch(r"[\d(].*", value):
            assert str(eval(statement, names)) == value
            compared += 1
        else:
            exec(line, names)
    assert compared


def test_setup_is_two_commands() -> None:
    """What .ci/run executes: one command for the main job, one for the tests."""
    (setup,) = blocks("sh setup")
    assert len(setup.strip().splitlines()) == 2
    assert "worked-example" in setup
    assert "pytest" in setup
