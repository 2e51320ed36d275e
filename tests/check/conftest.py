"""Problem files and answer sheets, written and checked."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cnncalc.check.papers.paper import Paper, of_files
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


EXAM = r"""
title: "Exam & more: 50% of $x_1$ \\ {~#^} <b>"
problems:
  - id: Q1
    text: "A 28×28×1 image <script>, a_b & 100% of #1 {1:SA:=x} \\alpha ~ :: = // -> 李 é"
    marks: 4
    input: 28x28x1
    layers: [{conv: {name: c1, filters: 10, kernel: 5, padding: 2}}]
    answers: {c1.output: 28x28x10, c1.params: 260}
  - id: "Q/2"
    text: A bare ReLU. How many parameters does it have?
    input: 4x4x2
    layers: [relu]
    answers: {relu1.params: 0}
  - id: Q3
    text: Which padding keeps the size?
    input: 28x28x3
    layers: [{conv: {filters: 1, kernel: 5, padding: p}}]
    given: {conv1.output: 28x28}
    answers: {p: 2}
    options: {p: [0, "50% {a} = ~ # \"q\" }", 2]}
  - id: Q4
    text: What is the spatial size?
    input: 9x9x3
    layers: [{maxpool: {size: 2, name: "pool"}}]
    answers: {pool.output: 4x4}
    options: {pool.output: [5x5, 4x4, 9x9]}
  - id: Q5
    input: {image: 8x8x3, tag: 10}
    layers:
      - conv: {filters: f, kernel: 3, from: image}
      - dense: 4
      - dense: {units: 4, from: tag, bias: false}
      - add: [dense1, dense2]
    answers: {conv1.params: 28*f, dense2.params: 40, total.macs: null}
    tolerance: 0.01
  - id: Q6
    text: Which sizes of the input give 7×7?
    input: HxHx1
    layers: [{maxpool: {size: 2}}]
    given: {maxpool1.output: 7x7}
    answers: {H: 14}
"""


@pytest.fixture
def exam(tmp_path: Path) -> Path:
    file = tmp_path / "exam.yaml"
    file.write_text(EXAM, encoding="utf-8")
    return file


@pytest.fixture
def paper(exam: Path) -> Paper:
    return of_files([str(exam)], Limits())[0]
