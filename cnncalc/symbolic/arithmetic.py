"""Arithmetic for which Python has no operator: on whole numbers, expressions and arrays alike."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from cnncalc.symbolic.expr import (
    Expr,
    Extreme,
    Number,
    quotient,
    value,
)


def ceil_div(upper: Number, lower: Number) -> Number:
    """``⌈upper / lower⌉``."""
    return quotient(upper, lower, "ceil")


def exact_div(upper: Number, lower: Number) -> Number:
    """``upper / lower`` where the rule ensures that it divides."""
    return quotient(upper, lower, "exact")


def larger(first: Number, second: Number) -> Number:
    """The larger of two; for arrays, element by element."""
    return _extreme("max", first, second)


def smaller(first: Number, second: Number) -> Number:
    """The smaller of two; for arrays, element by element."""
    return _extreme("min", first, second)


def _extreme(which: str, first: Number, second: Number) -> Number:
    if type(first) is int and type(second) is int:
        return max(first, second) if which == "max" else min(first, second)
    if isinstance(first, Expr) or isinstance(second, Expr):
        gap = first - second
        if type(gap) is int:
            return first if (gap >= 0) == (which == "max") else second
        return Extreme(which, first, second)
    first_wins = first > second if which == "max" else first < second
    return second + (first - second) * first_wins


def largest(numbers: Iterable[Number]) -> Number:
    """The largest of all; 0 for none. Joined in pairs, so that the tree stays low however many letters there are."""
    known: list[int] = []
    unknown: dict[Expr, None] = {}
    for number in numbers:
        if isinstance(number, Expr):
            unknown[number] = None
        else:
            known.append(number)
    waiting: list[Number] = [*([max(known)] if known else []), *unknown] or [0]
    while len(waiting) > 1:
        pairs = zip(waiting[::2], waiting[1::2], strict=False)
        waiting = [larger(*pair) for pair in pairs] + waiting[len(waiting) // 2 * 2 :]
    return waiting[0]


def anywhere(verdict: Any) -> bool:
    """Whether a comparison holds; for arrays, whether it holds for any element."""
    return verdict if type(verdict) is bool else bool(verdict.any())


def everywhere(verdict: Any) -> bool:
    """Whether a comparison holds; for arrays, whether it holds for every element."""
    return verdict if type(verdict) is bool else bool(verdict.all())


def product(numbers: Iterable[Number]) -> Number:
    """The product of all; 1 for none."""
    result: Number = 1
    for number in numbers:
        result = result * number
    return result


def differ(first: Number, second: Number) -> bool:
    """Whether two sizes are known to be different (``H`` and ``H - 1`` are, ``H`` and 5 may be equal)."""
    if type(first) is int and type(second) is int:
        return first != second
    gap = value(first - second)
    return gap is not None and anywhere(gap != 0)
