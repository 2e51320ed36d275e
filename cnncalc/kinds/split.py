"""A part of the channels."""

from __future__ import annotations

from cnncalc.kinds.base.fields import Count
from cnncalc.kinds.base.kind import Misfit, Pointwise
from cnncalc.kinds.base.window import check_groups
from cnncalc.shape import Shape
from cnncalc.symbolic.arithmetic import exact_div
from cnncalc.symbolic.expr import Number, value


class Split(Pointwise):
    """Cuts the channels into equal parts and keeps one of them."""

    parts = Count("n", doc="how many parts")
    part = Count("i", 1, doc="which part is kept, from 1")

    def output(self, *xs: Shape) -> Shape:
        (x,) = xs
        check_groups(x.channels, self.parts, "channels", "parts", "parts")
        parts, part = value(self.parts), value(self.part)
        if parts is not None and part is not None and part > parts:
            raise Misfit(f"part {part} of {parts} parts does not exist", field="part")
        return Shape(x.spatial, exact_div(x.channels, self.parts))

    def margins(self, *xs: Shape) -> list[Number]:
        return [self.parts - self.part]
