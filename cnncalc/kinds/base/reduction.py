"""All numbers along an axis reduced to one."""

from __future__ import annotations

from cnncalc.kinds.base.axis import AXES, position
from cnncalc.kinds.base.fields import Flag, Word
from cnncalc.kinds.base.kind import POINT, Misfit, Reach, Weightless
from cnncalc.shape import Shape


class Reduction(Weightless):
    """One number for each position on the other axes. The axis is dropped, or kept with size 1 (``keepdims``)."""

    axis = Word(AXES, doc="the axis to reduce")
    keepdims = Flag(default=False, doc="keep the axis with size 1")

    def output(self, *xs: Shape) -> Shape:
        (x,) = xs
        place = position(x, self.axis, self)
        if self.keepdims:
            sizes = (*x.sizes[:place], 1, *x.sizes[place + 1 :])
        else:
            sizes = (*x.sizes[:place], *x.sizes[place + 1 :])
        if not sizes:
            raise Misfit(f"{self.word()} leaves no axis of {x.channels} features", help="keepdims: true")
        return Shape(sizes[:-1], sizes[-1])

    def reach(self, *xs: Shape) -> tuple[Reach, ...] | None:
        """Reducing the channels leaves the positions unchanged."""
        alone = self.axis == "channels" and self.keepdims
        return (POINT,) * len(xs[0].spatial) if alone and xs[0].spatial else None
