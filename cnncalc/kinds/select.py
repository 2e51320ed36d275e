"""One step of a sequence."""

from __future__ import annotations

from cnncalc.kinds.base.fields import Count
from cnncalc.kinds.base.kind import Misfit, Reach, Weightless
from cnncalc.kinds.base.sequence import need_sequence
from cnncalc.shape import Shape
from cnncalc.symbolic.arithmetic import anywhere
from cnncalc.symbolic.expr import Number


class Select(Weightless):
    """The features at one position, counted from 1, such as the class token."""

    sequence = True

    index = Count("i", doc="which position, from 1")

    def output(self, *xs: Shape) -> Shape:
        (x,) = xs
        need_sequence(x, self)
        if anywhere(self.index > x.spatial[0]):
            raise Misfit(f"position {self.index} of a sequence of {x.spatial[0]} does not exist", field="index")
        return Shape((), x.channels)

    def margins(self, *xs: Shape) -> list[Number]:
        return [xs[0].spatial[0] - self.index]

    def reach(self, *xs: Shape) -> tuple[Reach, ...] | None:
        return None
