"""Convolutions whose windows adapt to what they see."""

from __future__ import annotations

from cnncalc.kinds.base.activated import Activated
from cnncalc.kinds.base.fields import Count, Flag, Padding, PerAxis
from cnncalc.kinds.base.groups import check_groups
from cnncalc.kinds.base.kind import Misfit, Note, Reach, Weights, described, per_axis
from cnncalc.kinds.base.padding import WORDS
from cnncalc.kinds.base.window import Sliding
from cnncalc.kinds.conv import Conv
from cnncalc.shape import Shape
from cnncalc.symbolic.arithmetic import exact_div, product
from cnncalc.symbolic.expr import Number


class DeformableConv(Sliding, Activated):
    """A convolution that reads each element of its window at a learned offset, interpolating between positions.

    A convolution of the same window makes the offsets: for each position, offset group and element two numbers (down,
    then right), and where ``modulated`` one more, the weight of the element after a sigmoid. Its channels are first
    the offsets, group by group and element by element, then the weights.
    """

    filters = Count("K", doc="output channels")
    kernel = PerAxis("F", doc="window size")
    stride = PerAxis("S", 1, doc="step of the window")
    padding = Padding("P", 0, words=WORDS, doc="zeros around the input")
    dilation = PerAxis("D", 1, silent=1, doc="distance between the window's elements")
    groups = Count("G", 1, silent=1, doc="groups of channels that do not mix")
    bias = Flag(default=True, doc="one number per filter; the offsets always have biases")
    modulated = Flag(default=True, doc="a weight for each element too (version 2)")
    offset_groups = Count("G_o", 1, silent=1, doc="groups of channels, each with its own offsets")
    reference = (
        "Dai et al., Deformable convolutional networks (2017); Zhu et al., Deformable ConvNets v2 (2019); "
        "torchvision.ops.DeformConv2d for the order of the offsets"
    )

    def offsets(self, x: Shape) -> Conv:
        """The convolution that computes the offsets and, if modulated, the weights of the elements."""
        elements = product(per_axis(self.kernel, x, "kernel"))
        filters = self.offset_groups * (3 if self.modulated else 2) * elements
        return Conv(
            filters=filters, kernel=self.kernel, stride=self.stride, padding=self.padding, dilation=self.dilation
        )

    def main(self) -> Conv:
        """The convolution itself."""
        names = ("filters", "kernel", "stride", "padding", "dilation", "groups", "bias")
        return Conv(**{name: getattr(self, name) for name in names})

    def output(self, *xs: Shape) -> Shape:
        (x,) = xs
        if x.rank != 3:
            raise Misfit(f"deformable_conv needs an image [H, W, C]; its input is {described(x, self)}")
        check_groups(x.channels, self.offset_groups, "input channels", "offset_groups", "offset groups")
        return self.main().output(x)

    def margins(self, *xs: Shape) -> list[Number]:
        return [*self.main().margins(*xs), exact_div(xs[0].channels, self.offset_groups) - 1]

    def weights(self, *xs: Shape) -> Weights:
        offsets = self.offsets(xs[0]).weights(*xs)
        return {**{f"offset_{name}": sizes for name, sizes in offsets.items()}, **self.main().weights(*xs)}

    def macs(self, y: Shape, *xs: Shape) -> Number:
        """Those of the two convolutions; the interpolation is not counted."""
        weights = self.weights(*xs)
        return product(y.spatial) * (product(weights["offset_kernel"]) + product(weights["kernel"]))

    def reach(self, *xs: Shape) -> tuple[Reach, ...] | None:
        """The window without its offsets; the offsets are computed from the same window."""
        return self.main().reach(*xs)

    def notes(self, *xs: Shape) -> list[Note]:
        text = "the receptive field is that of the window before the offsets, which may reach beyond it"
        return [*super().notes(*xs), Note(text)]
