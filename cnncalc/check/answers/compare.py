"""When two numbers, or two expressions for all values of their letters, are the same."""

from __future__ import annotations

from random import Random
from typing import Any

from cnncalc.symbolic.expr import Expr, Number, value
from cnncalc.symbolic.tree import substitute, unknowns

_POINTS = 60  # values tried for the letters of two expressions


def same(first: Any, second: Any, tolerance: float = 0.0) -> bool:
    """Whether two numbers are equal, or two expressions are equal for all values of their letters.

    ``tolerance`` is relative to ``second``. Whole numbers and fractions are compared exactly.
    """
    if first is None or second is None:
        return False
    if isinstance(first, Expr) or isinstance(second, Expr):
        return bool(first == second) or _same_everywhere(first, second)
    if isinstance(second, float):
        return bool(abs(float(first) - second) <= max(tolerance, 1e-9) * abs(second))
    return bool(first == second or (tolerance and abs(first - second) <= tolerance * abs(second)))


def _same_everywhere(first: Any, second: Any) -> bool:
    """Whether two expressions agree at many points: they are made of sums, products and roundings only."""
    if not all(isinstance(number, int | Expr) for number in (first, second)):
        return False
    names = unknowns(first) | unknowns(second)
    draw = Random(0)
    for point in range(_POINTS):
        numbers: dict[str, Number] = {name: draw.randint(1, 30 if point % 2 else 3000) for name in sorted(names)}
        try:
            if value(substitute(first, numbers)) != value(substitute(second, numbers)):
                return False
        except ZeroDivisionError:
            continue
    return True
