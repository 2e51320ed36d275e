"""Adds a border around the spatial axes."""

from __future__ import annotations

from typing import Any

from cnncalc.kinds.base.fields import REQUIRED, Padding, Real
from cnncalc.kinds.base.kind import POINT, Inverse, Reach, Weightless, need_spatial, per_axis
from cnncalc.shape import Shape
from cnncalc.symbolic.expr import Number


def ends(amount: Any, x: Shape) -> tuple[tuple[Number, Number], ...]:
    """What is added at the beginning and at the end of each spatial axis of ``x``."""
    return tuple(a if type(a) is tuple else (a, a) for a in per_axis(amount, x, "amount"))


def both(amount: Any, x: Shape) -> tuple[Number, ...]:
    """Both ends of each spatial axis together."""
    return tuple(a[0] + a[1] if type(a) is tuple else 2 * a for a in per_axis(amount, x, "amount"))


class Pad(Weightless):
    """Adds a border around the input, zeros by default."""

    amount = Padding("P", REQUIRED, doc="how many, as padding: one number, one for each axis, or [begin, end] pairs")
    value = Real(0.0, least=-float("inf"), doc="the value of the border")

    def output(self, *xs: Shape) -> Shape:
        (x,) = xs
        need_spatial(x, self)
        return Shape(tuple(w + p for w, p in zip(x.spatial, both(self.amount, x), strict=True)), x.channels)

    def undone(self, x: Shape, y: Shape) -> list[Inverse]:
        return [("crop", {"amount": self.amount})]

    def reach(self, *xs: Shape) -> tuple[Reach, ...] | None:
        return tuple(POINT._replace(begin=begin) for begin, _ in ends(self.amount, xs[0]))
