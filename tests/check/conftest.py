"""Problem files and answer sheets, written and checked."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cnncalc.check.verdicts import Verdict, check
from cnncalc.cli.app import run
from cnncalc.limits import Limits

CONV = "input: 28x28x1\n    layers: [{conv: {name: c1, filters: 10, kernel: 5, padding: 2}}]"


@pytest.fixture
def verdicts(tmp_path: Path) -> Callable[[str], list[Verdict]]:
    """The verdicts on a problem file."""

    def checked(text: str) -> list[Verdict]:
        file = tmp_path / "exam.yaml"
        file.write_text(text, encoding="utf-8")
        return list(check(str(file), Limits()))

    return checked


@pytest.fixture
def one(verdicts: Callable[[str], list[Verdict]]) -> Callable[..., Verdict]:
    """The verdict on one answer of one network."""

    def checked(answer: str, network: str = CONV, more: str = "") -> Verdict:
        (verdict,) = verdicts(f"problems:\n  - id: Q\n    {network}\n    answers: {{{answer}}}\n    {more}\n")
        return verdict

    return checked


@pytest.fixture
def call(capfd: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """Runs the command line: exit code, standard output, standard error."""

    def called(*arguments: object) -> tuple[int, str, str]:
        code = run([str(argument) for argument in arguments])
        return code, *capfd.readouterr()

    return called


@pytest.fixture
def mark(call: Callable[..., tuple[int, str, str]], tmp_path: Path) -> Callable[..., list[dict[str, Any]]]:
    """The answers of the first student of a sheet, marked, as in the JSON."""

    def marked(problems: str, *answers: tuple[str, str, str]) -> list[dict[str, Any]]:
        (tmp_path / "exam.yaml").write_text(problems, encoding="utf-8")
        rows = [f'S1,{problem},{key},"{answer}"' for problem, key, answer in answers]
        (tmp_path / "sheet.csv").write_text("\n".join(["student,problem,key,answer", *rows]), encoding="utf-8")
        code, out, err = call("check", tmp_path / "exam.yaml", "--answers", tmp_path / "sheet.csv", "--format", "json")
        assert code == 0, err
        found: list[dict[str, Any]] = json.loads(out)["students"][0]["answers"]
        return found

    return marked
