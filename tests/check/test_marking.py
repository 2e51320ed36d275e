"""Marks: what is right, and what follows from an own earlier answer."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Mark = Callable[..., list[dict[str, Any]]]
Call = Callable[..., tuple[int, str, str]]

EXAM = (Path(__file__).parent / "exam.yaml").read_text(encoding="utf-8")
STRICT = EXAM.replace("id: Q", "id: Q\n    follow_through: false")
FIELDS = (Path(__file__).parent / "fields.yaml").read_text(encoding="utf-8")
LETTER = """
problems:
  - id: P
    input: 28x28x1
    layers: [{conv: {name: c, filters: 2, kernel: 5, padding: p}}]
    given: {c.output: 28x28}
    answers: {p: 2, c.macs: 39200}
"""


def by_key(answers: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {answer["key"]: answer for answer in answers}


def followed(answers: list[dict[str, Any]]) -> list[str]:
    return [answer["key"] for answer in answers if answer["follow_through"]]


def test_all_right_in_the_forms_that_people_write(mark: Mark) -> None:
    answers = mark(
        EXAM, ("Q", "c1.output", "64×64×32"), ("Q", "c1.params", "8.96e2"), ("Q", "p1.output", "(32, 32, 32)"),
        ("Q", "c2.output", "[32 32 64]"), ("Q", "c2.macs", "18,874,368"), ("Q", "c2.flops", "37'748'736"),
        ("Q", "d.params", "655370"), ("Q", "total.params", " 674762 "), ("Q", "total.weight_bytes", "2699048"),
    )  # fmt: skip
    assert all(answer["ok"] and answer["marks"] == 1 and answer["slip"] is None for answer in answers)


def test_later_answers_follow_from_an_own_earlier_one(mark: Mark) -> None:
    """62 for 64: the pool then gives 31, the layers after it 31 too; the dense layer reads 31·31·64 numbers."""
    own = [
        ("Q", "c1.output", "62x62x32"), ("Q", "c1.params", "896"), ("Q", "p1.output", "31x31x32"),
        ("Q", "c2.output", "31x31x64"), ("Q", "c2.macs", str(31 * 31 * 9 * 32 * 64)),
        ("Q", "c2.flops", str(2 * 31 * 31 * 9 * 32 * 64)), ("Q", "d.params", str(31 * 31 * 640 + 10)),
        ("Q", "total.params", str(896 + 18496 + 31 * 31 * 640 + 10)),
        ("Q", "total.weight_bytes", str(4 * (896 + 18496 + 31 * 31 * 640 + 10))),
    ]  # fmt: skip
    answers = mark(EXAM, *own)
    assert followed(answers) == [
        "p1.output", "c2.output", "c2.macs", "c2.flops", "d.params", "total.params", "total.weight_bytes"
    ]  # fmt: skip
    assert [answer["marks"] for answer in answers] == [0, 1, 1, 1, 1, 1, 1, 1, 1]
    assert [answer["ok"] for answer in answers] == [False, True] + [False] * 7
    assert "without the padding" in answers[0]["slip"]
    assert [answer["marks"] for answer in mark(STRICT, *own)] == [0, 1, 0, 0, 0, 0, 0, 0, 0]


def test_own_parameters_go_into_the_sum(mark: Mark) -> None:
    answers = by_key(mark(EXAM, ("Q", "c1.params", "864"), ("Q", "total.params", "674730")))
    assert (answers["total.params"]["ok"], answers["total.params"]["follow_through"]) == (False, True)
    assert answers["c1.params"]["slip"] == "896 without its 32 biases: params = F·F·C·K = 3·3·3·32 = 864"
    without = by_key(mark(EXAM, ("Q", "c1.params", "896"), ("Q", "total.params", "674730")))
    assert (without["total.params"]["marks"], without["total.params"]["follow_through"]) == (0, False)


def test_no_marks_follow_from_what_is_not_wrong_or_does_not_follow(mark: Mark) -> None:
    answers = by_key(mark(EXAM, ("Q", "c1.output", "62x62x32"), ("Q", "p1.output", "30x30x32"), ("Q", "d.params", "7")))
    assert followed(list(answers.values())) == []


def test_receptive_fields_and_parts_of_parameters_follow(mark: Mark) -> None:
    answers = mark(
        FIELDS, ("R", "a.receptive_field", "4x4"), ("R", "b.receptive_field", "5"), ("R", "b.effective_stride", "3"),
        ("R", "c.receptive_field", "11"), ("R", "a.weight_params", "36"), ("R", "a.bias_params", "4"),
        ("R", "a.params", "40"),
    )  # fmt: skip
    assert followed(answers) == ["b.receptive_field", "c.receptive_field", "a.params"]  # 5 + 2·3 = 11


def test_right_answers_are_own_ones_too(mark: Mark) -> None:
    """Parameters that were answered rightly go into the sum as they are, whatever sizes were answered before."""
    answers = mark(
        EXAM, ("Q", "c2.output", "30x30x64"), ("Q", "c1.params", "864"), ("Q", "d.params", "655370"),
        ("Q", "total.params", "674730"),
    )  # fmt: skip
    assert followed(answers) == ["total.params"]


def test_own_parameters_do_not_change_the_products_but_own_weights_do(mark: Mark) -> None:
    network = "problems:\n  - {id: Q, input: 16x16x4, layers: [conv: {filters: 4, kernel: 3}, dense: 3], answers: {"
    params = network + "conv1.output: 14x14x4, dense1.params: 2355, dense1.macs: 2352}}"
    answers = mark(
        params, ("Q", "conv1.output", "15x15x4"), ("Q", "dense1.params", "2703"), ("Q", "dense1.macs", "2700")
    )
    assert followed(answers) == ["dense1.params", "dense1.macs"]
    weights = network + "conv1.weight_params: 144, conv1.macs: 28224}}"
    assert followed(mark(weights, ("Q", "conv1.weight_params", "36"), ("Q", "conv1.macs", "7056"))) == ["conv1.macs"]


@pytest.mark.parametrize(
    ("input", "layer"),
    [("9x9x2", "separable_conv: {name: a, filters: 2, kernel: 3}"), ("5x4", "attention: {name: a, heads: 2}"),
     ("5x4", "lstm: {name: a, units: 3, return_sequences: true}"), ("9x9x2", "conv: {name: a, filters: 2, kernel: 3}"),
     ("9x9x2", "relu: {name: a}"),
     ("9x9x2", "conv: {filters: 2, kernel: 3, padding: p}}, {maxpool: {name: a, size: 2}")],
)  # fmt: skip
@pytest.mark.parametrize("junk", ["7", "0", "-3", "5x5", "2.5", "H", "many", "NxN"])
def test_no_earlier_answer_breaks_what_follows(mark: Mark, input: str, layer: str, junk: str) -> None:
    keys = ("weight_params", "bias_params", "params", "macs", "flops", "output", "effective_stride", "receptive_field",
            "effective_padding")  # fmt: skip
    asked = [*(f"a.{key}" for key in keys), "total.params"]
    network = f"input: {input}, layers: [{{{layer}}}, dense: 1]"
    text = f"problems:\n  - {{id: Q, {network}, answers: {{{': 1, '.join(asked)}: 1}}}}"
    answers = mark(text, *(("Q", key, junk) for key in asked[:-1]), ("Q", "total.params", "11111"))
    assert (len(answers), answers[-1]["ok"]) == (len(asked), False)


def test_a_number_follows_from_an_own_letter(mark: Mark) -> None:
    answers = mark(LETTER, ("P", "p", "4"), ("P", "c.macs", str(32 * 32 * 25 * 2)))
    assert answers[0]["slip"] == "2 with the padding on one side only, P for 2P"
    assert followed(answers) == ["c.macs"]
    assert [a["ok"] for a in mark(LETTER, ("P", "p", "2"), ("P", "c.macs", "39200"))] == [True, True]


@pytest.mark.parametrize(
    "answer", ["", "NaN", "9" * 1_000_000, "not a shape", "=1+1", "-1", "1e99", "\x1b[31m", "\ufffd"]
)
def test_what_cannot_be_read_is_listed_and_the_rest_is_marked(mark: Mark, answer: str) -> None:
    answers = by_key(mark(EXAM, ("Q", "c1.output", answer), ("Q", "c1.params", answer), ("Q", "p1.output", "32x32x32")))
    verdicts = [answers[key]["verdict"] for key in ("c1.output", "c1.params", "p1.output")]
    assert verdicts == (["wrong", "wrong", "right"] if answer in ("", "=1+1", "-1") else ["unread", "unread", "right"])
    assert [answers[key]["ok"] for key in ("c1.output", "c1.params")] == [{"wrong": False}.get(verdicts[0])] * 2
    assert [answers[key]["marks"] for key in ("c1.output", "c1.params")] == [0, 0]
    assert answers["d.params"] == {
        "problem": "Q", "key": "d.params", "answer": None, "expected": 655370, "ok": False,
        "verdict": "wrong", "marks": 0, "slip": None, "follow_through": False, "read_as": None,
        "remark": "no answer", "slip_names": None,
    }  # fmt: skip
    assert len(answers["c1.params"]["answer"] or "") < 300


def test_marks(mark: Mark) -> None:
    answers = mark(EXAM.replace("id: Q", "id: Q\n    marks: 6"), ("Q", "c1.params", "896"))
    assert [answer["marks"] for answer in answers if answer["ok"]] == [0.6667]
    each = mark(
        EXAM.replace("id: Q", "id: Q\n    marks: {c1.params: 2.5}"),
        ("Q", "c1.params", "896"),
        ("Q", "c1.output", "64x64x32"),
    )
    assert [answer["marks"] for answer in each if answer["ok"]] == [1, 2.5]


def test_shared_weights_follow_too(mark: Mark) -> None:
    exam = """
problems:
  - id: S
    input: 8x8x4
    layers: [{conv: {name: a, filters: 4, kernel: 3, padding: 1}}, {use: {layer: a}}]
    answers: {a.params: 148, total.params: 148}
"""
    answers = mark(exam, ("S", "a.params", "144"), ("S", "total.params", "144"))
    assert [answer["marks"] for answer in answers] == [0, 1]


JOINT = """
problems:
  - id: J
    input: 63x63x1
    layers: [{conv: {name: c, filters: 1, kernel: k, padding: p}}]
    given: {c.output: 63x63}
    answers: {k: 3, p: 1}
"""
UNIQUE = """
problems:
  - id: J
    input: 20x20x1
    layers: [{conv: {name: a, filters: 1, kernel: k}}, {conv: {name: b, filters: 1, kernel: 3, padding: p}}]
    given: {a.output: 16x16, b.output: 16x16}
    answers: {k: 5, p: 1}
"""


JOINT_ANSWERS = [
    ({"k": "3", "p": "1"}, [True, True]),
    ({"k": "61", "p": "30"}, [True, True]),
    ({"k": "3", "p": "2"}, [True, False]),
    ({"k": "2", "p": "0"}, [False, False]),  # no whole padding fits an even kernel
    ({"k": "2", "p": "1"}, [False, False]),
    ({"k": "2"}, [False, False]),
    ({"p": "4"}, [False, True]),
    ({"k": "1 or 3", "p": "1"}, [True, True]),
    ({"k": "2001", "p": "1000"}, [True, True]),  # more than are listed
    ({"k": "2000", "p": "1000"}, [False, False]),
]
UNIQUE_ANSWERS = [
    ({"k": "5", "p": "1"}, [True, True]),
    ({"k": "4", "p": "1"}, [False, True]),  # whatever the kernel before it
    ({"k": "4", "p": "2"}, [False, False]),
]


@pytest.mark.parametrize(("problem", "given"), [(JOINT, JOINT_ANSWERS), (UNIQUE, UNIQUE_ANSWERS)])
def test_letters_are_judged_together(
    call: Call, tmp_path: Path, problem: str, given: list[tuple[dict[str, str], list[bool]]]
) -> None:
    (tmp_path / "exam.yaml").write_text(problem)
    rows = [f"{n},{own.get('k', '')},{own.get('p', '')}\n" for n, (own, _) in enumerate(given)]
    (tmp_path / "sheet.csv").write_text("student,k,p\n" + "".join(rows))
    _, out, _ = call("check", tmp_path / "exam.yaml", "--answers", tmp_path / "sheet.csv", "--format", "json")
    students = json.loads(out)["students"]
    assert [[a["ok"] for a in row["answers"]] for row in students] == [right for _, right in given]
    told = [a["remark"] for row in students for a in row["answers"] if a["remark"] not in (None, "no answer")]
    assert bool(told) == (problem == JOINT)
    assert all("does not fit together with k = " in remark for remark in told)
