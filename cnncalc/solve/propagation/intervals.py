"""Arithmetic on intervals of whole numbers, forwards and backwards. Both ends belong to an interval."""

from __future__ import annotations

from collections.abc import Iterable

Interval = tuple[int, int]

#: Stands for "no bound": no unknown is looked for beyond it.
FAR = 10**24
#: A bound beyond this one does not exist for a user: a number in a file has up to 19 digits.
BOUND = 10**19
#: Outside everything that can be computed from unknowns up to FAR.
INFINITY = 1 << 8000


def ceil_div(upper: int, lower: int) -> int:
    """``⌈upper / lower⌉``."""
    return -(-upper // lower)


def scaled(factor: int, x: Interval) -> Interval:
    """``factor · x``."""
    return (factor * x[0], factor * x[1]) if factor >= 0 else (factor * x[1], factor * x[0])


def unscaled(factor: int, x: Interval) -> Interval:
    """The whole numbers whose product with ``factor`` (not 0) lies in ``x``; empty (low > high) if there is none."""
    low, high = x if factor > 0 else (-x[1], -x[0])
    return ceil_div(low, abs(factor)), high // abs(factor)


def times(x: Interval, y: Interval) -> Interval:
    """``x · y``."""
    corners = (x[0] * y[0], x[0] * y[1], x[1] * y[0], x[1] * y[1])
    return min(corners), max(corners)


def product(factors: Iterable[Interval]) -> Interval:
    """The product of all; 1 for none."""
    result = (1, 1)
    for factor in factors:
        result = times(result, factor)
    return result


def divided(upper: Interval, lower: Interval, rounding: str) -> Interval:
    """``upper / lower``, rounded; ``lower`` is 1 or more. ``exact``: the whole quotients, which may be none."""
    (a, b), (c, d) = upper, lower
    first, last = (c if a < 0 else d), (d if b < 0 else c)
    low = a // first if rounding == "floor" else ceil_div(a, first)
    high = ceil_div(b, last) if rounding == "ceil" else b // last
    return low, high


def upper_of(quotient: Interval, rounding: str) -> tuple[Interval, Interval]:
    """``(m, k), (n, l)`` such that ``u/v`` rounds into ``quotient`` exactly where ``m·v + k ≤ u ≤ n·v + l``."""
    low, high = quotient
    if rounding == "floor":
        return (low, 0), (high + 1, -1)
    if rounding == "ceil":
        return (low - 1, 1), (high, 0)
    return (low, 0), (high, 0)


def undivided(quotient: Interval, lower: Interval, rounding: str) -> Interval:
    """The dividends that give ``quotient`` for some divisor in ``lower``."""
    (m, k), (n, shift) = upper_of(quotient, rounding)
    return min(m * lower[0], m * lower[1]) + k, max(n * lower[0], n * lower[1]) + shift


def divisors(quotient: Interval, upper: Interval, rounding: str) -> Interval:
    """The divisors (1 or more) that give ``quotient`` for some dividend in ``upper``."""
    (m, k), (n, shift) = upper_of(quotient, rounding)
    low, high = 1, INFINITY
    if m > 0:  # m·v + k ≤ u
        high = (upper[1] - k) // m
    if n > 0:  # u ≤ n·v + shift
        low = max(low, ceil_div(upper[0] - shift, n))
    elif n < 0:
        high = min(high, (upper[0] - shift) // n)
    return low, high


def factors(result: Interval, other: Interval) -> Interval:
    """The numbers whose product with some number of ``other`` lies in ``result``."""
    low, high = other
    if result[0] > 0 or result[1] < 0:  # then neither factor is 0
        low, high = (1 if low == 0 else low), (-1 if high == 0 else high)
    if low <= 0 <= high:
        return -INFINITY, INFINITY
    if high < 0:
        return factors((-result[1], -result[0]), (-high, -low))
    a, b = result
    return ceil_div(a, high if a > 0 else low), b // (low if b > 0 else high)
