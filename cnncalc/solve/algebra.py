"""The algebra of one unknown as a student writes it: what surrounds the unknown is removed step by step.

The expression is the one that the rule gave; each step is one operation of it turned round.
"""

from __future__ import annotations

from typing import NamedTuple

from cnncalc.solve.propagation import intervals
from cnncalc.solve.propagation.intervals import BOUND, Interval
from cnncalc.symbolic.expr import Extreme, Letter, Number, Product, Quotient, Sum, quotient, value, write
from cnncalc.symbolic.tree import parts

_SIGNS = {
    "latex": {"≤": r"\leq", "≥": r"\geq"},
    "ascii": {"≤": "<=", "≥": ">="},
    "plain": {"≤": "<=", "≥": ">="},
}
_DEEPEST = 40  # operations that are inverted in writing


class Line(NamedTuple):
    """``parts[0] signs[0] parts[1] ...``, such as ``222 ≤ W − 1 ≤ 223``."""

    parts: tuple[Number, ...]
    signs: tuple[str, ...]

    def written(self, style: str = "text") -> str:
        """The line in a style of ``formula``."""
        text = write(self.parts[0], style)
        for sign, part in zip(self.signs, self.parts[1:], strict=True):
            text += f" {_SIGNS.get(style, {}).get(sign, sign)} {write(part, style)}"
        return text


def equation(number: Number, wanted: Interval) -> Line:
    """``number = wanted``, or between its ends."""
    return _line(_plain(number), wanted, 0)


def turned(number: Number, wanted: Interval) -> list[Line]:
    """The lines from ``number`` in ``wanted`` down to the unknown; only the first if it appears more than once."""
    number = _plain(number)
    lines = [equation(number, wanted)]
    if _single(number):
        while not isinstance(number, Letter) and wanted[0] <= wanted[1]:
            number, wanted = _step(number, wanted, lines)
    return lines


def _single(number: Number) -> bool:
    """Whether ``number`` has one unknown, once, under a few operations that can be inverted."""
    for _ in range(_DEEPEST):
        if isinstance(number, Letter):
            return True
        unknown = [part for part in parts(number) if value(part) is None]
        if len(unknown) != 1 or isinstance(number, Extreme):
            return False
        if isinstance(number, Product) and any(value(factor) == 0 for factor in number.factors):
            return False
        number = unknown[0]
    return False


def _plain(number: Number) -> Number:
    """A quotient by 1 is not rounded: written as one would by hand."""
    if isinstance(number, Quotient) and value(number.lower) == 1:
        return Quotient(number.upper, number.lower, "exact")
    if isinstance(number, Sum):
        return Sum(tuple((c, _plain(t)) for c, t in number.terms), number.constant)
    return number


def _line(number: Number, wanted: Interval, minus: int) -> Line:
    """``number`` lies in ``wanted``, whose ends show what was subtracted from them."""
    low, high = (Letter("", end) - minus if minus else end for end in wanted)
    if wanted[0] == wanted[1]:
        return Line((number, low), ("=",))
    if wanted[1] >= BOUND:
        return Line((number, low), ("≥",))
    return Line((number, high), ("≤",)) if wanted[0] <= -BOUND else Line((low, number, high), ("≤", "≤"))


def _step(number: Number, wanted: Interval, lines: list[Line]) -> tuple[Number, Interval]:
    """One operation removed: what is left, and its interval."""
    if isinstance(number, Sum):
        return _subtract(number, wanted, lines)
    if isinstance(number, Product):
        known = intervals.product((value(f), value(f)) for f in number.factors if value(f) is not None)[0]
        (unknown,) = (f for f in number.factors if value(f) is None)
        return _divide(unknown, known, wanted, lines)
    if value(number.lower) is None:
        return _turn_over(number, wanted, lines)
    wanted = intervals.undivided(wanted, (value(number.lower),) * 2, number.rounding)
    upper = _plain(number.upper)
    lines.append(_line(upper, wanted, 0))
    return upper, wanted


def _subtract(number: Sum, wanted: Interval, lines: list[Line]) -> tuple[Number, Interval]:
    """The known part of a sum goes to the other side."""
    ((factor, term),) = [(c, t) for c, t in number.terms if t.value is None]
    known = number.constant + sum(c * value(t) for c, t in number.terms if t.value is not None)
    moved = wanted[0] - known, wanted[1] - known
    in_the_head = isinstance(term, Quotient) and factor == 1
    over_one = isinstance(term, Quotient) and value(term.lower) == 1
    if known and not in_the_head:
        lines.append(_line(factor * term, wanted, known))
    if known and not (in_the_head and over_one):
        lines.append(_line(factor * term, moved, 0))
    return (term, moved) if factor == 1 else _divide(term, factor, moved, lines)


def _divide(unknown: Number, factor: int, wanted: Interval, lines: list[Line]) -> tuple[Number, Interval]:
    """A known factor goes to the other side; if that leaves no whole number, the fraction is the last line."""
    found = intervals.unscaled(factor, wanted)
    if found[0] <= found[1]:
        lines.append(_line(unknown, found, 0))
    elif wanted[0] == wanted[1]:
        upper = -wanted[0] if factor < 0 else wanted[0]
        lines.append(Line((unknown, Quotient(Letter("", upper), abs(factor), "exact")), ("=",)))
    return unknown, found


def _turn_over(number: Quotient, wanted: Interval, lines: list[Line]) -> tuple[Number, Interval]:
    """The unknown is the divisor."""
    upper, lower, (low, high) = value(number.upper), number.lower, wanted
    if number.rounding != "exact" and low > 0:
        over, top = quotient(number.upper, lower, "exact"), Letter("", upper)
        if number.rounding == "floor":
            lines.append(Line((low, over, high + 1), ("≤", "<")))
            lines.append(Line((quotient(top, high + 1, "exact"), lower, quotient(top, low, "exact")), ("<", "≤")))
        else:
            lines.append(Line((low - 1, over, high), ("<", "≤")))
            if low > 1:
                ends = quotient(top, high, "exact"), quotient(top, low - 1, "exact")
                lines.append(Line((ends[0], lower, ends[1]), ("≤", "<")))
    found = intervals.divisors(wanted, (upper, upper), number.rounding)
    if found[0] <= found[1]:
        lines.append(_line(lower, found, 0))
    return lower, found
