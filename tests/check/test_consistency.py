"""Slips are held against all that the same student wrote, and numbers follow from the student's own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

Mark = Callable[..., list[dict[str, Any]]]

EXAM = """
problems:
  - id: Q
    input: 32x32x3
    layers:
      - conv: {name: conv1, filters: 16, kernel: 3, padding: 1}
      - maxpool: {name: pool1, size: 2}
      - conv: {name: conv2, filters: 32, kernel: 5, padding: 2}
      - maxpool: {name: pool2, size: 2}
      - dense: {name: fc1, units: 64}
      - dense: {name: fc2, units: 10}
    answers:
      conv1.output: 32x32x16
      pool1.output: 16x16x16
      conv2.output: 16x16x32
      pool2.output: 8x8x32
      conv1.params: 448
      conv2.params: 12832
      fc1.params: 131136
      fc2.params: 650
      total.params: 145066
"""
RIGHT = {
    "conv1.output": "32x32x16", "pool1.output": "16x16x16", "conv2.output": "16x16x32", "pool2.output": "8x8x32",
    "conv1.params": "448", "conv2.params": "12832", "fc1.params": "131136", "fc2.params": "650",
    "total.params": "145066",
}  # fmt: skip


@pytest.fixture
def slips(mark: Mark) -> Callable[[dict[str, str]], dict[str, str | None]]:
    """What each wrong answer is explained by, in words."""

    def named(own: dict[str, str]) -> dict[str, str | None]:
        answers = mark(EXAM, *(("Q", key, answer) for key, answer in own.items()))
        wrong = [a for a in answers if a["verdict"] == "wrong" and a["answer"]]
        return {a["key"]: a["slip"] and a["slip"].partition(":")[0] for a in wrong}

    return named


Slips = Callable[[dict[str, str]], dict[str, str | None]]


def test_a_slip_that_a_right_answer_contradicts_is_not_named(slips: Slips) -> None:
    """5×5 comes out of pool2 without any padding, but the student had both convolutions right."""
    without = {"pool2.output": "5x5x32"}
    assert slips(without) == {"pool2.output": "8×8×32 without the padding"}
    assert slips({**RIGHT, **without}) == {"pool2.output": None}
    forgotten = {"conv1.output": "30x30x16", "conv2.output": "11x11x32", **without}
    forgotten["pool1.output"] = "15x15x16"
    assert slips(forgotten)["conv1.output"] == "32×32×16 without the padding"
    assert slips(forgotten)["conv2.output"] == "16×16×32 without the padding"


def test_a_sum_is_not_explained_by_a_part_that_was_right(slips: Slips) -> None:
    alone = {"total.params": "145056"}
    assert slips(alone) == {"total.params": "145,066 without its 10 biases in fc2"}
    assert slips({**RIGHT, **alone}) == {"total.params": "145,066 with a slip of one in the sum"}
    some = {**RIGHT, **alone}
    del some["fc2.params"]
    assert slips(some) == slips(alone)


def test_a_part_may_be_wrong_though_the_sum_is_right(slips: Slips) -> None:
    assert slips({**RIGHT, "conv1.params": "432"}) == {"conv1.params": "448 without its 16 biases"}
    assert slips({**RIGHT, "conv1.params": "28"}) == {"conv1.params": "448 for one filter only"}


def test_a_slip_does_not_work_from_numbers_that_the_student_did_not_have(slips: Slips) -> None:
    """7×7 is pool2's 8×8 without the + 1, but of an own 15×15 it would be something else."""
    assert slips({"pool2.output": "7x7x32"}) == {"pool2.output": "8×8×32 without the + 1"}
    assert slips({"conv2.output": "20x20x32", "pool2.output": "7x7x32"})["pool2.output"] is None


def test_a_slip_in_an_own_sum_is_named(slips: Slips) -> None:
    own = {**RIGHT, "conv1.params": "999", "total.params": str(145066 - 448 + 999 + 100)}
    assert slips(own)["total.params"] == "145,617 by your own numbers, with a slip of one in the sum"


MACS = """
problems:
  - id: Q
    input: 32x32x3
    layers: [{conv: {name: a, filters: 16, kernel: 3, padding: 1}}, {conv: {name: b, filters: 4, kernel: 3}}]
    answers: {a.output: 32x32, a.params: 448, a.macs: 442368, a.flops: 884736, total.macs: 960768}
"""


@pytest.mark.parametrize(
    ("own", "followed"),
    [
        ({"a.params": "160", "a.macs": str(1024 * 144)}, ["a.macs"]),  # without the channels: 9·16 + 16
        ({"a.params": "144", "a.macs": str(1024 * 144)}, ["a.macs"]),  # without channels and biases
        ({"a.params": "160", "a.macs": str(1024 * 145)}, []),
        ({"a.params": "160", "a.flops": str(2 * 1024 * 144)}, ["a.flops"]),
        ({"a.params": "160", "total.macs": str(1024 * 144 + 900 * 9 * 16 * 4)}, ["total.macs"]),
        ({"a.params": "448", "a.output": "30x30", "a.macs": str(900 * 448)}, []),  # biases counted: no right numbers
        ({"a.params": "160", "a.output": "30x30", "a.macs": str(900 * 144)}, ["a.macs"]),
        ({"a.output": "30x30x16", "a.macs": str(900 * 432)}, ["a.macs"]),  # the key has spatial sizes only
        ({"a.output": "30x30", "total.macs": str(900 * 432 + 28 * 28 * 9 * 16 * 4)}, ["total.macs"]),
    ],
)  # fmt: skip
def test_macs_follow_from_own_parameters_and_from_spatial_sizes(
    mark: Mark, own: dict[str, str], followed: list[str]
) -> None:
    answers = mark(MACS, *(("Q", key, answer) for key, answer in own.items()))
    assert [answer["key"] for answer in answers if answer["follow_through"]] == followed
