"""Windows whose weights are not shared between positions."""

from __future__ import annotations

from cnncalc.kinds.base.activated import Activated
from cnncalc.kinds.base.fields import Count, Flag, Padding, PerAxis
from cnncalc.kinds.base.kind import Weights, per_axis
from cnncalc.kinds.base.padding import WORDS
from cnncalc.kinds.base.window import Sliding
from cnncalc.shape import Shape
from cnncalc.symbolic.arithmetic import product
from cnncalc.symbolic.expr import Number


class LocallyConnected(Sliding, Activated):
    """A convolution with different filters at every position."""

    family = "convolution"
    filters = Count("K", doc="output channels")
    kernel = PerAxis("F", doc="window size")
    stride = PerAxis("S", 1, doc="step of the window")
    padding = Padding("P", 0, words=WORDS, doc="zeros around the input")
    bias = Flag(default=True, doc="one number per filter and position")
    reference = "Taigman et al., DeepFace (2014)"

    def output(self, *xs: Shape) -> Shape:
        return Shape(self.positions(xs[0]), self.filters)

    def weights(self, *xs: Shape) -> Weights:
        (x,) = xs
        places = self.positions(x)
        kernel = {"kernel": (*places, *per_axis(self.kernel, x, "kernel"), x.channels, self.filters)}
        return {**kernel, "bias": (*places, self.filters)} if self.bias else kernel

    def macs(self, y: Shape, *xs: Shape) -> Number:
        return product(self.weights(*xs)["kernel"])
