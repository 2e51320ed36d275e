"""Joins operands along an axis."""

from __future__ import annotations

from cnncalc.kinds.base.fields import Word
from cnncalc.kinds.base.kind import POINT, Misfit, Reach, Weightless
from cnncalc.kinds.base.merge import listed
from cnncalc.shape import Shape
from cnncalc.symbolic.arithmetic import differ
from cnncalc.symbolic.expr import Number, value


class Concat(Weightless):
    """Joins the operands along an axis; their other sizes must be equal."""

    axis = Word(
        ("channels", "height", "width", "depth", "time"), default="channels", doc="the axis along which they are joined"
    )
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
                text = f"operands of {listed(xs, self)} differ in {name}: {sizes[0]} and {size}"
                raise Misfit(text, help=_crop(xs))
        return sizes[0]

    def matches(self, *xs: Shape) -> list[tuple[Number, Number]]:
        axes = zip(xs[0].axes, *(x.sizes for x in xs), strict=True)
        return [(sizes[0], size) for name, *sizes in axes if name != self.axis for size in sizes[1:]]

    def reach(self, *xs: Shape) -> tuple[Reach, ...] | None:
        return (POINT,) * len(xs[0].spatial) if self.axis == "channels" and xs[0].spatial else None


def _crop(xs: tuple[Shape, ...]) -> str | None:
    """What to crop from the larger of two operands; None if neither is larger along every axis."""
    if len(xs) != 2:
        return None
    pairs = [(value(a), value(b)) for a, b in zip(xs[0].spatial, xs[1].spatial, strict=True)]
    if not all(isinstance(a, int) and isinstance(b, int) for a, b in pairs):
        return None
    more = [a - b for a, b in pairs]
    if min(more, default=0) < 0 < max(more, default=0):
        return None
    amounts = ", ".join(f"[{abs(n) // 2}, {abs(n) - abs(n) // 2}]" for n in more)
    return f"crop the {'first' if max(more) > 0 else 'second'}: crop: {{amount: [{amounts}]}}"
