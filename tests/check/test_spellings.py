"""How people write answers: every fair spelling is right, and right for nothing but the right answer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from cnncalc import parse
from cnncalc.check.answer_key import Truth
from cnncalc.check.answers.answer import Answer
from cnncalc.spec.demand import parse_key

CASES: list[dict[str, Any]] = yaml.safe_load((Path(__file__).parent / "spellings.yaml").read_text(encoding="utf-8"))
#: The same question about another network, where none of the spellings is right.
OTHERS = (
    ("size: 3", "size: 4"), ("filters: 96", "filters: 97"), ("55x55x96", "55x55x48"),
    ("kernel: 5, padding", "kernel: 7, padding"),
    ("filters: 64", "filters: 65"), ("size: 2", "size: 3"), ("filters: 6,", "filters: 7,"),
    ("kernel: 3, padding: 1}}]", "kernel: 5, padding: 1}}]"), ("stride: S", "stride: T"),
    ("kernel: F", "kernel: G"), ("units: 7", "units: 8"), ("7x7x512", "7x7x256"),
    ("filters: 8", "filters: 9"), ("filters: 4", "filters: 5"), ("filters: 1,", "filters: 2,"),
    ("size: 2", "size: 3"), ("filters: 10", "filters: 11"),
)  # fmt: skip


@pytest.fixture(params=CASES, ids=[f"{case['key']}{number}" for number, case in enumerate(CASES)])
def case(request: pytest.FixtureRequest) -> dict[str, Any]:
    found: dict[str, Any] = request.param
    return found


def test_fair_spellings_are_right(case: dict[str, Any]) -> None:
    truth, key = Truth(parse(case["network"]).network), parse_key(case["key"])
    assert [text for text in case["right"] if not truth.judge(Answer(str(text), key)).right] == []


def test_what_is_wrong_is_never_right(case: dict[str, Any]) -> None:
    truth, key = Truth(parse(case["network"]).network), parse_key(case["key"])
    assert [text for text in case["wrong"] if truth.judge(Answer(str(text), key)).right] == []


def test_a_spelling_of_one_number_is_right_for_no_other(case: dict[str, Any]) -> None:
    """Whatever the words around it, another number is asked for."""
    other = next(found for old, new in OTHERS if (found := case["network"].replace(old, new)) != case["network"])
    truth, key = Truth(parse(other).network), parse_key(case["key"])
    assert [text for text in case["right"] if truth.judge(Answer(str(text), key)).right] == []
