"""Expressions: any tree of them is Python's own arithmetic, whatever it is fed."""

from __future__ import annotations

import math
import re
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from cnncalc.symbolic import arithmetic, expr
from cnncalc.symbolic.arithmetic import ceil_div, exact_div, larger, smaller
from cnncalc.symbolic.expr import Letter, value, write
from cnncalc.symbolic.tree import coefficients, every_part, letters, substitute

NAMES = ("a", "H", "k1", "W_out")
VALUES = st.fixed_dictionaries({name: st.integers(-9, 9) for name in NAMES})

OPERATIONS = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "//": lambda a, b: a // b,
    "ceil": ceil_div,
    "max": larger,
    "min": smaller,
}
PYTHONS = OPERATIONS | {"ceil": lambda a, b: -(-a // b), "max": max, "min": min}

leaves = st.one_of(st.sampled_from(NAMES), st.integers(-6, 6))
trees = st.recursive(leaves, lambda below: st.tuples(st.sampled_from(list(OPERATIONS)), below, below), max_leaves=12)


def grown(tree: Any, fed: dict[str, Any], operations: dict[str, Any] = OPERATIONS) -> Any:
    """The tree worked out with ``fed`` in the place of the letters."""
    if isinstance(tree, tuple):
        sign, first, second = tree
        return operations[sign](grown(first, fed, operations), grown(second, fed, operations))
    return fed.get(tree, tree) if isinstance(tree, str) else tree


def truth(tree: Any, values: dict[str, int]) -> int:
    """Python's own answer; a tree that divides by zero is passed over."""
    try:
        return grown(tree, values, PYTHONS)
    except ZeroDivisionError:
        assume(False)
        raise


UNKNOWN = {name: Letter(name) for name in NAMES}


def symbols(tree: Any) -> Any:
    try:
        return grown(tree, UNKNOWN)
    except ZeroDivisionError:  # H - H is 0, whatever H is
        assume(False)


@given(trees, VALUES)
def test_letters_with_values_have_pythons_value(tree: Any, values: dict[str, int]) -> None:
    wanted = truth(tree, values)
    assert value(grown(tree, {name: Letter(name, number) for name, number in values.items()})) == wanted


@given(trees, VALUES)
def test_values_put_into_symbols_give_pythons_value(tree: Any, values: dict[str, int]) -> None:
    wanted = truth(tree, values)
    assert substitute(symbols(tree), values) == wanted


@given(trees, VALUES, st.sampled_from(NAMES), trees)
def test_substitution_commutes(tree: Any, values: dict[str, int], name: str, other: Any) -> None:
    """An expression put into a symbol, and then numbers, is the numbers put in at once."""
    inner = truth(other, values)
    wanted = truth(tree, {**values, name: inner})
    try:
        replaced = substitute(symbols(tree), {name: symbols(other)})
    except ZeroDivisionError:
        assume(False)
    assert substitute(replaced, values) == wanted


@given(trees, st.lists(VALUES, min_size=2, max_size=5))
def test_arrays_are_numbers_side_by_side(tree: Any, many: list[dict[str, int]]) -> None:
    wanted = [truth(tree, values) for values in many]
    arrays = {name: np.array([values[name] for values in many]) for name in NAMES}
    assert np.broadcast_to(grown(tree, arrays), len(many)).tolist() == wanted


@example(("-", "a", 1), ("-", "a", 2))  # -1 and -2 have the same hash in Python
@given(trees, trees)
def test_the_form_does_not_depend_on_the_order(tree: Any, other: Any) -> None:
    first, second = symbols(tree), symbols(other)
    assert first + second == second + first
    assert first * second == second * first
    assert hash(first + second) == hash(second + first)
    assert first - first == 0
    assert (first + second) - second == first
    assert 0 - (0 - first) == first


@given(trees)
def test_the_form_is_stable(tree: Any) -> None:
    """Working an expression out again from its parts changes nothing."""
    found = symbols(tree)
    assert substitute(found, {}) == found
    assert substitute(found, UNKNOWN) == found
    assert str(substitute(found, {})) == str(found)
    assert set(letters(found)) == {part.name for part in every_part(found) if isinstance(part, Letter)}


def read_back(text: str, values: dict[str, int]) -> Any:
    """What a formula in plain letters and signs says, read by Python: ``2H`` is a product, ``/`` is exact."""
    text = re.sub(r"(?<![A-Za-z0-9_])(\d+)(?=[A-Za-z(])", r"\1*", text)
    text = re.sub(r"(?<![A-Za-z0-9_])(\d+)", r"F(\1)", text)
    names = {"F": Fraction, "floor": math.floor, "ceil": math.ceil, "max": max, "min": min}
    return eval(text, {"__builtins__": {}}, names | {name: Fraction(number) for name, number in values.items()})


@given(trees, VALUES)
def test_the_text_of_symbols_says_the_same(tree: Any, values: dict[str, int]) -> None:
    wanted = truth(tree, values)
    assert read_back(write(symbols(tree), "ascii"), values) == wanted


@given(trees, VALUES)
def test_the_text_with_numbers_and_the_text_in_letters_say_the_same(tree: Any, values: dict[str, int]) -> None:
    wanted = truth(tree, values)
    known = grown(tree, {name: Letter(name, number) for name, number in values.items()})
    assert read_back(write(known, "ascii"), {}) == wanted
    assert read_back(write(known, "ascii", named=True), values) == wanted


@given(trees, VALUES, st.sampled_from(["text", "plain", "latex"]), st.booleans())
def test_every_style_closes_its_brackets(tree: Any, values: dict[str, int], style: str, named: bool) -> None:
    truth(tree, values)
    text = write(grown(tree, {name: Letter(name, number) for name, number in values.items()}), style, named=named)
    for opening, closing in ("()", "{}", "⌊⌋", "⌈⌉"):
        assert text.count(opening) == text.count(closing)
    assert text.count(r"\left") == text.count(r"\right")
    assert "--" not in text.replace(" ", "")
    assert "+-" not in text.replace(" ", "")


@given(st.lists(trees, max_size=6), VALUES)
@settings(max_examples=50)
def test_totals_and_the_largest_of_many(many: list[Any], values: dict[str, int]) -> None:
    numbers = [truth(tree, values) for tree in many]
    found = [symbols(tree) for tree in many]
    assert substitute(expr.total(found), values) == sum(numbers)
    assert substitute(arithmetic.largest(found), values) == max(numbers, default=0)


def test_comparisons_speak_of_what_is_known() -> None:
    unknown, known = Letter("H"), Letter("F", 5)
    for other in (4, known, unknown):
        assert not unknown < other
        assert not unknown > other
        assert not unknown <= other
        assert not unknown >= other
        assert not other < unknown
    assert known < 6
    assert known <= 5
    assert known > 4
    assert known.__gt__(4)
    assert not known > Letter("G", 5)


@pytest.mark.parametrize(("made", "text"), [
    (lambda H, W: H - 1 * (5 - 1) - 1 + 0, "H - 5"),
    (lambda H, W: (H - 5) // 1 + 1, "H - 4"),
    (lambda H, W: (H - 3 + 2) // 2 + 1, "⌊(H - 1)/2⌋ + 1"),
    (lambda H, W: ceil_div(H, 2), "⌈H/2⌉"),
    (lambda H, W: (2 * H + 4) // 2, "H + 2"),
    (lambda H, W: 3 * (H - 2) * W, "(3H - 6)·W"),
    (lambda H, W: 2 * H * W - H * W * 2, "0"),
    (lambda H, W: 5 - H, "5 - H"),
    (lambda H, W: -H - 5, "-H - 5"),
    (lambda H, W: larger(0, H - 5), "max(0, H - 5)"),
    (lambda H, W: larger(H, H - 5), "H"),
    (lambda H, W: smaller(H, H - 5), "H - 5"),
    (lambda H, W: exact_div(H, 4) * W, "(H/4)·W"),
    (lambda H, W: (H // 2) // 2, "⌊⌊H/2⌋/2⌋"),
])  # fmt: skip
def test_the_one_form(made: Any, text: str) -> None:
    assert str(made(Letter("H"), Letter("W"))) == text


def test_the_working_of_a_window() -> None:
    H, F, P, S = Letter("H", 28), Letter("F", 5), Letter("P", 2), Letter("S", 1)
    size = (H - F + 2 * P) // S + 1
    assert write(size) == "⌊(28 − 5 + 2·2)/1⌋ + 1"
    assert write(size, named=True) == "⌊(H − F + 2P)/S⌋ + 1"
    assert write(size, "ascii") == "floor((28 - 5 + 2*2)/1) + 1"
    assert write(size, "latex") == r"\left\lfloor \frac{28 - 5 + 2 \cdot 2}{1} \right\rfloor + 1"
    assert value(size) == 28


def test_a_negative_number_put_in_stands_in_brackets() -> None:
    assert write(3 + 2 * Letter("P", -4)) == "2·(−4) + 3"
    assert write(Letter("a", -1) * Letter("b", -2)) == "(−1)·(−2)"
    assert write(Letter("a") - Letter("b", -2)) == "a − (−2)"


def test_what_a_formula_is_written_with() -> None:
    H = Letter("H")
    nested = (3 * H - 7) // 2
    assert coefficients(3 * H - 7) == (-7, 3)
    assert coefficients(H) == ()
    assert len(list(every_part(nested))) == 4  # the quotient, its sum, the letter, the 2


def test_sums_of_many_terms_are_made_in_one_go() -> None:
    """Twice the terms, twice the work: nothing is added up again and again."""

    class Spy(Letter):
        __slots__ = ()
        looked_at = 0

        def __hash__(self) -> int:
            Spy.looked_at += 1
            return hash(self.name)

    def work(count: int) -> int:
        Spy.looked_at = 0
        expr.total([Spy(f"a{number}") for number in range(count)])
        return Spy.looked_at

    assert 1000 <= work(1000) <= work(2000) <= 2.1 * work(1000)
