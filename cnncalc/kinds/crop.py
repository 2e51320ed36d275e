"""Cuts positions off the spatial axes."""

from __future__ import annotations

from cnncalc.kinds.base.fields import REQUIRED, Padding
from cnncalc.kinds.base.kind import POINT, Inverse, Misfit, Reach, Weightless, axis_letters, need_spatial
from cnncalc.kinds.pad import both, ends
from cnncalc.shape import Shape
from cnncalc.symbolic.arithmetic import anywhere


class Crop(Weightless):
    """Cuts positions off the ends of the input."""

    amount = Padding("P", REQUIRED, doc="how many, as padding: one number, one for each axis, or [begin, end] pairs")

    def output(self, *xs: Shape) -> Shape:
        (x,) = xs
        need_spatial(x, self)
        sizes = tuple(w - p for w, p in zip(x.spatial, both(self.amount, x), strict=True))
        for letter, size in zip(axis_letters(x), sizes, strict=True):
            if anywhere(size < 1):
                raise Misfit("nothing is left after the crop", field="amount", number=size, letter=letter)
        return Shape(sizes, x.channels)

    def undone(self, x: Shape, y: Shape) -> list[Inverse]:
        return [("pad", {"amount": self.amount})]

    def reach(self, *xs: Shape) -> tuple[Reach, ...] | None:
        return tuple(POINT._replace(begin=-begin) for begin, _ in ends(self.amount, xs[0]))
