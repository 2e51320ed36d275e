"""A part of the channels."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cnncalc.kinds.base.fields import Count, Counts
from cnncalc.kinds.base.groups import check_groups
from cnncalc.kinds.base.kind import Misfit, Pointwise
from cnncalc.shape import Shape
from cnncalc.symbolic.arithmetic import anywhere, differ, exact_div
from cnncalc.symbolic.expr import Number, total, value


class _Place(Count):
    """A number that may be an unknown, but stands for itself in a formula: it picks one of several sizes."""

    def mapped(self, value: Any, change: Callable[[Number, str], Number], axes: tuple[str, ...]) -> Any:
        return value if isinstance(value, int) else super().mapped(value, change, axes)


class Split(Pointwise):
    """Cuts the channels into equal parts, or into parts of the given sizes, and keeps one of them."""

    parts = Count("n", None, doc="how many equal parts")
    part = _Place("i", 1, doc="which part to keep, from 1")
    sizes: Any = Counts("s", None, doc="channels of each part, instead of parts")
    reference = "PyTorch, torch.chunk and torch.split"

    def output(self, *xs: Shape) -> Shape:
        (x,) = xs
        if (self.parts is None) == (self.sizes is None):
            text = "takes either parts or sizes" if self.parts is not None else "needs parts or sizes"
            raise Misfit(f"split {text}", help="parts: 2 for equal parts, or sizes: [64, 16, 64]", field="sizes")
        if self.sizes is None:
            check_groups(x.channels, self.parts, "channels", "parts", "parts")
        elif differ(total(self.sizes), x.channels):
            text = f"the sizes add up to {total(self.sizes)}, and the input has {x.channels} channels"
            raise Misfit(text, field="sizes")
        count = value(self.parts) if self.sizes is None else len(self.sizes)
        part = value(self.part)
        if part is None and self.sizes is not None:
            raise Misfit("which of the sizes comes out depends on part", help="give part a number", field="part")
        if count is not None and part is not None and anywhere(part > count):
            raise Misfit(f"part {part} of {count} parts does not exist", field="part")
        start, stop = self.span(x)
        return Shape(x.spatial, stop - start)

    def span(self, x: Shape) -> tuple[Number, Number]:
        """The first channel kept, counted from 0, and the first one after them."""
        if self.sizes is None:
            size = exact_div(x.channels, self.parts)
            return (self.part - 1) * size, self.part * size
        before = value(self.part) - 1
        start = total(self.sizes[:before])
        return start, start + self.sizes[before]

    def margins(self, *xs: Shape) -> list[Number]:
        return [self.parts - self.part] if self.sizes is None else []

    def matches(self, *xs: Shape) -> list[tuple[Number, Number]]:
        return [] if self.sizes is None else [(xs[0].channels, total(self.sizes))]
