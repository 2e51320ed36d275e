"""A range of an axis."""

from __future__ import annotations

from cnncalc.kinds.base.axis import AXES, position
from cnncalc.kinds.base.fields import Count, Word
from cnncalc.kinds.base.kind import POINT, Misfit, Reach, Weightless
from cnncalc.shape import Shape
from cnncalc.symbolic.arithmetic import anywhere
from cnncalc.symbolic.expr import Number


class Slice(Weightless):
    """Keeps positions ``start`` to ``stop`` of an axis, both inclusive, counted from 1."""

    stop = Count("b", doc="the last position to keep, from 1")
    axis = Word(AXES, default="channels", doc="the axis to cut")
    start = Count("a", 1, doc="the first position to keep, from 1")

    def output(self, *xs: Shape) -> Shape:
        (x,) = xs
        place = position(x, self.axis, self)
        size = x.sizes[place]
        if anywhere(self.stop > size):
            raise Misfit(f"position {self.stop} of {size} {self.axis} does not exist", field="stop")
        if anywhere(self.start > self.stop):
            raise Misfit(f"start {self.start} is after stop {self.stop}: nothing is left", field="start")
        sizes = (*x.sizes[:place], self.stop - self.start + 1, *x.sizes[place + 1 :])
        return Shape(sizes[:-1], sizes[-1])

    def margins(self, *xs: Shape) -> list[Number]:
        (x,) = xs
        return [x.sizes[position(x, self.axis, self)] - self.stop, self.stop - self.start]

    def reach(self, *xs: Shape) -> tuple[Reach, ...] | None:
        return tuple(POINT._replace(begin=1 - self.start) if axis == self.axis else POINT for axis in xs[0].axes[:-1])
