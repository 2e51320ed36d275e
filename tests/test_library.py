"""The library as one meets it at a prompt: what it lists, what it prints, what it takes and what it refuses."""

from __future__ import annotations

import doctest
import io
import pydoc
import subprocess
import sys
from contextlib import redirect_stdout
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import cnncalc
from cnncalc import UsageError, calc, load, parse
from cnncalc.cli.app import run

ROOT = Path(__file__).parents[1]
WORKED = ROOT / "specs/worked-example.yaml"
LENET = {
    "name": "small",
    "input": (28, 28, 1),
    "layers": [
        {"conv": {"filters": 10, "kernel": [5, 5], "padding": "same", "bias": False}},
        "relu",
        {"maxpool": 2},
        {"dense": {"units": 10, "activation": "softmax"}},
    ],
}


def test_everything_public_is_listed_and_has_help() -> None:
    assert {name for name in dir(cnncalc) if not name.startswith("_")} == set(cnncalc.__all__)
    text = pydoc.render_doc(cnncalc, renderer=pydoc.plaintext)
    for name in cnncalc.__all__:
        assert name in text
        assert getattr(cnncalc, name).__doc__, name
    with pytest.raises(AttributeError, match="no attribute 'laod'"):
        cnncalc.laod  # type: ignore[attr-defined]  # noqa: B018


def test_listing_and_loading_need_no_numpy() -> None:
    program = f"import cnncalc, sys; dir(cnncalc); print(cnncalc.load({str(WORKED)!r}).summary()); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT)
    assert "183,242" in done.stdout
    assert "numpy" not in done.stdout.splitlines()[-1].split()


SHOWN = [
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
    for path in sorted((ROOT / "cnncalc").rglob("*.py"))
    if ">>>" in path.read_text(encoding="utf-8")
]


@pytest.mark.parametrize("name", SHOWN)
def test_the_examples_of_the_docstrings(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.chdir(ROOT)
    result = doctest.testmod(import_module(name), extraglobs={"load": load, "parse": parse})
    assert result.attempted
    assert result.failed == 0


def test_a_summary_is_gone_through_like_a_list_and_asked_by_name() -> None:
    summary = load(WORKED).summary()
    assert [row.name for row in summary] == ["Conv1", "maxpool1", "conv2", "maxpool2", "dense1"]
    assert (len(summary), summary["conv2"] in summary, "conv2" in summary, "conv9" in summary) == (5, True, True, False)
    for wrong, right in (("conv1", "Conv1"), ("dense", "dense1"), ("maxpol1", "maxpool1")):
        with pytest.raises(KeyError, match=f'did you mean \\\\?"{right}'):
            summary[wrong]
    with pytest.raises(KeyError, match="layers: Conv1, maxpool1"):
        summary["x"]


def test_print_of_a_summary_is_the_table_of_the_command() -> None:
    printed = io.StringIO()
    with redirect_stdout(printed):
        assert run(["summary", str(WORKED)]) == 0
    assert str(load(WORKED).summary()) == printed.getvalue().rstrip("\n")
    warned = str(calc("3x32x32", "relu").summary())
    assert "warning: " in warned


def test_a_summary_is_worked_out_once_and_keeps_its_layout() -> None:
    net = load(WORKED)
    assert net.summary() is net.summary()
    with redirect_stdout(io.StringIO()):
        run(["summary", str(WORKED), "--layout", "channels_first"])
    assert net.summary().layout == "channels_last"


def test_totals_list_what_they_hold() -> None:
    totals = load(WORKED).summary().totals
    assert {"params", "macs", "flops", "peak_activation_bytes"} <= set(dir(totals))
    assert repr(totals) == "<Totals: 183242 parameters, 22577152 multiply-accumulates>"


def test_load_takes_a_path() -> None:
    assert load(WORKED).summary().totals.params == load(str(WORKED)).summary().totals.params


def test_parse_takes_a_dict_and_points_into_it() -> None:
    found = parse(LENET).summary()
    assert found.totals.params == 250 + 10 * 14 * 14 * 10 + 10
    with pytest.raises(cnncalc.SpecError) as caught:
        parse({**LENET, "layers": [{"conv": {"fitlers": 10, "kernel": 5}}]})
    mark = caught.value.problems[0].mark
    assert mark is not None
    assert '"fitlers": 10' in mark.source.line(mark.line)
    assert parse({"input": np.array([4, 2]), "layers": ["relu"]}).summary().inputs["input"].sizes == (4, 2)
    assert parse({"input": np.int64(4), "layers": [{"dense": np.int32(3)}]}).summary().totals.params == 15


@pytest.mark.parametrize("size", ["28x28x1", (28, 28, 1), [28, 28, 1], np.array([28, 28, 1]), ("28", "28", "1")])
def test_calc_takes_sizes_as_a_text_or_as_numbers(size: Any) -> None:
    assert calc(size, "conv:10,k=5", "dense:10").summary().totals.params == 260 + 57610


def test_calc_takes_one_number() -> None:
    assert calc(4, "dense:3").summary().totals.params == 15


@pytest.mark.parametrize(
    ("call", "word"),
    [
        (lambda: load(LENET), "parse takes"),  # type: ignore[arg-type]
        (lambda: load(None), "path of a file, not None"),  # type: ignore[arg-type]
        (lambda: parse(WORKED), "load takes the path"),  # type: ignore[arg-type]
        (lambda: parse({"input": {3}, "layers": []}), "type set"),
        (lambda: calc(None, "relu"), "28x28x1"),  # type: ignore[arg-type]
        (lambda: calc("28x28x1", {"conv": 3}), "a layer is a text"),  # type: ignore[arg-type]
        (lambda: calc((28, 28, 1, 1, 1), "relu"), "1 to 4"),
        (lambda: calc((28, 28.5, 1), "relu"), "28.5"),  # type: ignore[arg-type]
    ],
)
def test_what_it_cannot_take_it_says(call: Any, word: str) -> None:
    with pytest.raises(UsageError, match=word):
        call()


def test_answers_are_checked_and_marked() -> None:
    verdicts = list(cnncalc.check_answers(ROOT / "specs/quiz.yaml"))
    assert verdicts
    assert all(verdict.ok for verdict in verdicts)
    students = list(cnncalc.mark_answers(ROOT / "specs/quiz-answers.csv", ROOT / "specs/quiz.yaml"))
    assert all(0 <= student.marks <= student.out_of for student in students)
    assert students[0].out_of > 0
    with pytest.raises(UsageError, match="does not exist"):
        list(cnncalc.check_answers("no-such.yaml"))
