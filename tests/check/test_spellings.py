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
OTHERS = {
    "c.output": ("filters: 96", "filters: 97"), "c.params": ("filters: 96", "filters: 97"),
    "p.receptive_field": ("size: 3", "size: 2"), "r.activation_bytes": ("55x55x96", "55x55x48"),
    "p": ("kernel: 5", "kernel: 7"), "c.macs": ("filters: 64", "filters: 65"),
}  # fmt: skip


@pytest.fixture(params=CASES, ids=[f"{case['key']}{number}" for number, case in enumerate(CASES)])
def case(request: pytest.FixtureRequest) -> dict[str, Any]:
    found: dict[str, Any] = request.param
    return found


def test_fair_spellings_are_right(case: dict[str, Any]) -> None:
    truth, key = Truth(parse(case["network"]).network), parse_key(case["key"])
    assert len(case["right"]) >= 50
    assert [text for text in case["right"] if not truth.judge(Answer(str(text), key)).right] == []


def test_what_is_wrong_is_never_right(case: dict[str, Any]) -> None:
    truth, key = Truth(parse(case["network"]).network), parse_key(case["key"])
    assert [text for text in case["wrong"] if truth.judge(Answer(str(text), key)).right] == []


def test_a_spelling_of_one_number_is_right_for_no_other(case: dict[str, Any]) -> None:
    """Whatever the words around it, another number is asked for."""
    old, new = ("kernel: F", "kernel: G") if "HxW" in case["network"] else OTHERS[case["key"]]
    other = case["network"].replace(old, new)
    assert other != case["network"]
    truth, key = Truth(parse(other).network), parse_key(case["key"])
    assert [text for text in case["right"] if truth.judge(Answer(str(text), key)).right] == []
