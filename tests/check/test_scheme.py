"""Marking rules: marks by slip, one deduction for a slip that is repeated."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cnncalc.check.slips.names import NAMES
from cnncalc.check.slips.numbers import confused, mis_added, mis_written
from cnncalc.check.slips.rules import SLIPS

Mark = Callable[..., list[dict[str, Any]]]
Call = Callable[..., tuple[int, str, str]]

EXAM = """
{shared}
problems:
  - id: A
    {own}
    input: 28x28x3
    layers: [{{conv: {{name: a, filters: 8, kernel: 5, padding: 2}}}}, {{conv: {{name: b, filters: 16, kernel: 3}}}}]
    answers: {{a.params: 608, b.params: 1168, a.output: 28x28x8, total.params: 1776}}
  - id: B
    input: 10x10x3
    layers: [{{conv: {{name: a, filters: 4, kernel: 3, padding: 1}}}}]
    answers: {{a.params: 112, a.output: 10x10x4}}
"""


def marks(mark: Mark, rules: str, own: dict[str, str], shared: str = "") -> list[float]:
    answers = mark(EXAM.format(own=rules, shared=shared), *((*key.split(maxsplit=1), a) for key, a in own.items()))
    found = {f"{a['problem']} {a['key']}": a["marks"] for a in answers}
    return [found[key] for key in own]


BIASES = {"A a.params": "600", "A b.params": "1152", "B a.params": "108"}


def test_marks_by_slip(mark: Mark) -> None:
    assert marks(mark, "", BIASES) == [0, 0, 0]
    assert marks(mark, "partial: {bias: 0.5}", BIASES) == [0.5, 0.5, 0]
    assert marks(mark, "", BIASES, "partial: {bias: 0.25}") == [0.25, 0.25, 0.25]
    assert marks(mark, "marks: {a.params: 4}\n    partial: {bias: 0.75}", BIASES) == [3, 0.75, 0]
    assert marks(mark, "partial: {padding: 1, bias: 0.5}", {"A a.params": "601", "A a.output": "24x24x8"}) == [0, 1]


def test_two_slips_cost_both(mark: Mark) -> None:
    """800 is 25·32, without the channels and the biases."""
    own = {"W a.params": "800"}
    wide = """
problems:
  - id: W
    {own}
    input: 28x28x3
    layers: [{{conv: {{name: a, filters: 32, kernel: 5, padding: 2}}}}]
    answers: {{a.params: 2432}}
"""
    for rule, left in (("partial: {bias: 0.5, channels: 0.8}", 0.4), ("partial: {bias: 0.5}", 0)):
        (answer,) = mark(wide.format(own=rule), *((*key.split(), a) for key, a in own.items()))
        assert (answer["marks"], answer["slip_names"]) == (left, "bias + channels")


def test_a_repeated_slip_takes_off_marks_once(mark: Mark) -> None:
    once = {"A a.params": "600", "A b.params": "1152", "B a.params": "108", "B a.output": "8x8x4"}
    assert marks(mark, "", once, "once: true") == [0, 1, 1, 0]
    assert marks(mark, "once: true", once) == [0, 1, 0, 0]
    assert marks(mark, "", once, "once: true\npartial: {bias: 0.5}") == [0.5, 1, 1, 0]
    assert marks(mark, "once: true", {"A a.params": "600", "A b.params": "1153"}) == [0, 0]


def test_the_verdict_of_a_repeated_slip_is_still_wrong(mark: Mark) -> None:
    answers = mark(EXAM.format(own="once: true", shared=""), *((*k.split(), a) for k, a in BIASES.items()))
    said = {(a["problem"], a["key"]): (a["verdict"], a["remark"], a["slip_names"]) for a in answers}
    assert said["A", "a.params"] == ("wrong", None, "bias")
    assert said["A", "b.params"] == ("wrong", "repeats a slip that has already lost marks", "bias")


@pytest.mark.parametrize(
    ("rule", "told"),
    [("partial: {bais: 0.5}", 'did you mean "bias"?'), ("partial: {bias: 2}", "a number from 0 to 1"),
     ("partial: {bias: -1}", "a number from 0 to 1"), ("partial: 0.5", "slips with a share"),
     ("partial: {bias: half}", "partial"), ("once: 3", "once")],
)  # fmt: skip
def test_rules_that_make_no_sense_are_refused(call: Call, tmp_path: Path, rule: str, told: str) -> None:
    (tmp_path / "exam.yaml").write_text(EXAM.format(own=rule, shared=""))
    code, out, _ = call("check", tmp_path / "exam.yaml", "--format", "json")
    assert code == 1
    assert told in out.replace('\\"', '"')


def test_every_slip_that_is_named_may_be_given_marks() -> None:
    from cnncalc import parse
    from cnncalc.check.answer_key import Truth
    from cnncalc.spec.demand import parse_key

    truth = Truth(parse("input: 9x9x3\nlayers: [{conv: {name: a, filters: 4, kernel: 3}}, {dense: 3}]").network)
    found = set(SLIPS)
    for text in ("a.output", "a.macs", "a.params", "total.weight_bytes", "a.receptive_field", "total.params"):
        key = parse_key(text)
        found |= {name for _, name, _ in confused(truth.summary, key, truth.get(key))}
    found |= {name for _, name, _ in mis_added(truth.summary, "params")} | {n for _, n, _ in mis_written(120)}
    assert found <= set(NAMES)
