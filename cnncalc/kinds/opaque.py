"""A layer whose counts alone are known."""

from __future__ import annotations

from cnncalc.kinds.base.fields import Count, Sizes, Text
from cnncalc.kinds.base.kind import Kind, Reach, Weights
from cnncalc.shape import Shape, read
from cnncalc.symbolic.expr import Number, value


class Opaque(Kind):
    """A layer that no kind describes: its output, parameters and multiply-accumulates are given. It cannot be run."""

    target = Sizes("O", name="output", doc="output sizes, in the spec's layout")
    learned = Count("n", 0, least=0, silent=0, name="params", doc="learned numbers")
    products = Count("m", 0, least=0, silent=0, name="macs", doc="multiply-accumulates of one example")
    label = Text("", None, doc="what the layer is called in its source")
    operands = (1, 1000)

    def output(self, *xs: Shape) -> Shape:
        return read(self.target, self.layout)

    def weights(self, *xs: Shape) -> Weights:
        return {} if value(self.learned) == 0 else {"parameters": (self.learned,)}

    def macs(self, y: Shape, *xs: Shape) -> Number:
        return self.products

    def reach(self, *xs: Shape) -> tuple[Reach, ...] | None:
        return None
