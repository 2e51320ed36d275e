"""All numbers in one row."""

from __future__ import annotations

from cnncalc.kinds.base.kind import Inverse, Reach, Weightless
from cnncalc.shape import Shape
from cnncalc.symbolic.arithmetic import product


class Flatten(Weightless):
    """All numbers of the example in one row, in the order that the spec's layout writes them."""

    def output(self, *xs: Shape) -> Shape:
        return Shape((), product(xs[0].sizes))

    def undone(self, x: Shape, y: Shape) -> list[Inverse]:
        return [("reshape", {"shape": tuple(x.written(self.layout))})]

    def reach(self, *xs: Shape) -> tuple[Reach, ...] | None:
        return None
