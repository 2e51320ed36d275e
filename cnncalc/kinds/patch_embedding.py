"""Cuts an image into patches, each a token."""

from __future__ import annotations

from cnncalc.kinds.base.fields import Count, Flag, PerAxis
from cnncalc.kinds.base.kind import Reach, Weights, per_axis
from cnncalc.kinds.base.window import Sliding
from cnncalc.shape import Shape
from cnncalc.symbolic.arithmetic import product
from cnncalc.symbolic.expr import Number


class PatchEmbedding(Sliding):
    """A convolution whose stride is its kernel; its positions, row by row, become the tokens of a sequence."""

    family = "convolution"
    dim = Count("K", doc="numbers for each token")
    patch = PerAxis("P", doc="patch size")
    bias = Flag(default=True, doc="one number for each of dim")
    reference = "Dosovitskiy et al., An image is worth 16×16 words (2020)"
    kernel_field = "patch"
    padding = 0

    @property
    def kernel(self) -> object:
        return self.patch

    @property
    def stride(self) -> object:
        return self.patch

    def output(self, *xs: Shape) -> Shape:
        return Shape((product(self.positions(xs[0])),), self.dim)

    def margins(self, *xs: Shape) -> list[Number]:
        """A patch must fit along every axis; the number of tokens alone says so only for all axes together."""
        return [count - 1 for count in self.positions(xs[0])]

    def weights(self, *xs: Shape) -> Weights:
        (x,) = xs
        kernel = {"kernel": (*per_axis(self.patch, x, "patch"), x.channels, self.dim)}
        return {**kernel, "bias": (self.dim,)} if self.bias else kernel

    def macs(self, y: Shape, *xs: Shape) -> Number:
        return product((*y.spatial, *self.weights(*xs)["kernel"]))

    def reach(self, *xs: Shape) -> tuple[Reach, ...] | None:
        """None: one axis of tokens stands for all axes of the image."""
        return None
