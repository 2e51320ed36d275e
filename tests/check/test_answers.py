"""Answers in the forms that people write."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnncalc.check.answers import as_number, as_sizes, same
from cnncalc.symbolic.arithmetic import ceil_div
from cnncalc.symbolic.expr import Letter

H, W = Letter("H"), Letter("W")


@pytest.mark.parametrize(
    "text",
    ["28x28x10", "28×28×10", "(28, 28, 10)", "[28 28 10]", "[28, 28, 10]", "28 x 28 x 10", "28 X 28 X 10", "28*28*10",
     "28,28,10", "28;28;10", "28 28 10", "{28, 28, 10}", "２８×28×10", "(28)x(28)x(10)",
     "28x28x10 = 7840", "H×W×K = 28×28×10"],
)  # fmt: skip
def test_sizes(text: str) -> None:
    assert as_sizes(text) == [28, 28, 10]


@pytest.mark.parametrize(
    ("text", "number"),
    [("183242", 183242), ("183,242", 183242), ("1.83e5", 183000), ("183'242", 183242), ("183 242", 183242),
     ("1.83242e5", 183242), ("+5", 5), ("-5", -5), ("−5", -5), ("260.0", 260), ("5*5*10 + 10", 260),
     ("(5·5·1 + 1)·10 = 260", 260), ("p = 2", 2), ("=7", 7), ("6/3", 2)],
)  # fmt: skip
def test_numbers(text: str, number: int) -> None:
    assert as_number(text) == number


@pytest.mark.parametrize(
    "text", ["", " ", "NaN", "nan", "inf", "-inf", "28x", "x28", "28xx28", "ten", "()", "((((", "]",
             "1,2,", "9" * 1_000_000, "(" * 100_000, "1/0", "1_0_0", "true", "null", "28x28x28x28x28x28x28",
             "\x00", "\u202e28", "٣٤x٥٦x"]
)  # fmt: skip
def test_what_is_no_answer(text: str) -> None:
    assert as_number(text) is None
    assert as_sizes(text) is None


@pytest.mark.parametrize("text", ["1e5e5", "1e999", "e5", "0x1F"])
def test_what_looks_like_a_number_is_an_expression_that_nothing_equals(text: str) -> None:
    assert not same(as_number(text), 5)
    assert as_sizes(text) != [5]


@pytest.mark.parametrize(
    ("text", "number"),
    [("⌊(H - 1)/2⌋ + 1", (H - 1) // 2 + 1), ("floor((H-1)/2)+1", (H - 1) // 2 + 1), ("(H+1)//2", (H - 1) // 2 + 1),
     ("⌈H/2⌉", ceil_div(H, 2)), ("10(H - 4)(W - 4)", 10 * (H - 4) * (W - 4)), ("H*W*10", 10 * H * W), ("2H", H + H)],
)  # fmt: skip
def test_expressions_that_are_the_same(text: str, number: object) -> None:
    assert same(as_number(text), number)


@pytest.mark.parametrize("text", ["H/2", "⌈(H - 1)/2⌉ + 1", "H - 4", "W", "5", "(H - 1)/2"])
def test_expressions_that_are_not(text: str) -> None:
    assert not same(as_number(text), (H - 1) // 2 + 1)


def test_symbolic_sizes() -> None:
    sizes = as_sizes("(H - 4)x(W - 4)x10")
    assert sizes is not None
    assert all(map(same, sizes, (H - 4, W - 4, 10)))


@given(st.text(max_size=60) | st.text("0123456789xX×*,;.()[]{}+-/ eEHWp⌊⌋⌈⌉", max_size=300))
def test_nothing_breaks_the_reading(text: str) -> None:
    number, sizes = as_number(text), as_sizes(text)
    assert number is None or not isinstance(number, float | bool | str)
    assert sizes is None or 1 <= len(sizes) <= 6


@given(st.lists(st.integers(0, 10**6), min_size=2, max_size=4))
def test_what_is_written_is_read(sizes: list[int]) -> None:
    for text in ("x".join(map(str, sizes)), str(sizes), str(tuple(sizes)), " × ".join(map(str, sizes))):
        assert as_sizes(text) == sizes


def test_tolerance_is_relative_and_whole_numbers_are_exact_without() -> None:
    assert not same(541_988, 542_230)
    assert same(541_988, 542_230, 0.01)
    assert not same(541_988, 542_230, 0.0001)
    assert same(as_number("0.5"), 0.5)
    assert same(as_number("1/3"), 1 / 3)
