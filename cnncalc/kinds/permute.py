"""Axes in another order."""

from __future__ import annotations

from typing import Any

from cnncalc.kinds.base.fields import Sizes
from cnncalc.kinds.base.kind import Inverse, Misfit, Reach, Weightless
from cnncalc.shape import Shape, read
from cnncalc.symbolic.expr import value


class _Order(Sizes):
    """Numbers of axes, from 1."""

    def mapped(self, value: Any, *_: Any) -> Any:
        return value


class Permute(Weightless):
    """Puts the axes in another order: ``order: [2, 1]`` swaps the two axes of a sequence. As in Keras, from 1."""

    order = _Order(doc="for each axis of the output, which axis of the input; as the spec's layout writes them")
    reference = "Keras, keras.layers.Permute"

    def output(self, *xs: Shape) -> Shape:
        (x,) = xs
        if sorted(map(str, self.order)) != [str(i + 1) for i in range(x.rank)]:
            numbers = ", ".join(str(i + 1) for i in range(x.rank))
            raise Misfit(f"order must name each axis of its input once: {numbers} in some order", field="order")
        sizes = x.written(self.layout)
        return read([sizes[axis - 1] for axis in self.order], self.layout)

    def undone(self, x: Shape, y: Shape) -> list[Inverse]:
        order = [value(place) for place in self.order]
        return [("permute", {"order": tuple(order.index(place) + 1 for place in range(1, len(order) + 1))})]

    def reach(self, *xs: Shape) -> tuple[Reach, ...] | None:
        return None
