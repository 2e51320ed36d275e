"""Operands one after the other along an axis."""

from __future__ import annotations

from cnncalc.kinds.base.fields import Word
from cnncalc.kinds.base.kind import POINT, Misfit, Reach, Weightless
from cnncalc.kinds.base.merge import listed
from cnncalc.shape import Shape
from cnncalc.symbolic.arithmetic import differ
from cnncalc.symbolic.expr import Number


class Concat(Weightless):
    """Puts the operands one after the other along an axis; the other sizes are the same."""

    axis = Word(("channels", "height", "width", "depth", "time"), default="channels", doc="the axis they follow along")
    operands = (1, 1000)
    joins = True

    def output(self, *xs: Shape) -> Shape:
        axes = xs[0].axes
        if self.axis not in axes:
            raise Misfit(f"an array of {' and '.join(axes)} has no axis {self.axis}", field="axis")
        if any(x.axes != axes for x in xs):
            raise Misfit(f"operands of {listed(xs, self)} have different numbers of axes")
        sizes = tuple(self._joined(name, [x.sizes[i] for x in xs], xs) for i, name in enumerate(axes))
        return Shape(sizes[:-1], sizes[-1])

    def _joined(self, name: str, sizes: list[Number], xs: tuple[Shape, ...]) -> Number:
        if name == self.axis:
            total = sizes[0]
            for size in sizes[1:]:
                total = total + size
            return total
        for size in sizes[1:]:
            if differ(size, sizes[0]):
                raise Misfit(f"operands of {listed(xs, self)} differ in {name}: {sizes[0]} and {size}")
        return sizes[0]

    def matches(self, *xs: Shape) -> list[tuple[Number, Number]]:
        axes = zip(xs[0].axes, *(x.sizes for x in xs), strict=True)
        return [(sizes[0], size) for name, *sizes in axes if name != self.axis for size in sizes[1:]]

    def reach(self, *xs: Shape) -> tuple[Reach, ...] | None:
        return (POINT,) * len(xs[0].spatial) if self.axis == "channels" and xs[0].spatial else None
