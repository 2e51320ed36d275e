"""Moves numbers between channels and positions without changing them."""

from __future__ import annotations

from cnncalc.kinds.base.fields import Count
from cnncalc.kinds.base.groups import check_groups
from cnncalc.kinds.base.kind import Inverse, Misfit, Pointwise, Reach, Weightless, axis_letters, finer, need_spatial
from cnncalc.shape import Shape
from cnncalc.symbolic.arithmetic import anywhere, exact_div, product
from cnncalc.symbolic.expr import Number, value


class PixelShuffle(Weightless):
    """Channels become positions: channel ``c·r² + i·r + j`` goes to row i, column j of its r×r block."""

    factor = Count("r", doc="how many times larger each spatial axis becomes")
    reference = "Shi et al., Real-time single image super-resolution (2016); PyTorch's order of channels"

    def output(self, *xs: Shape) -> Shape:
        (x,) = xs
        need_spatial(x, self)
        block = product(self.factor for _ in x.spatial)
        channels, places = value(x.channels), value(block)
        if channels is not None and places is not None and anywhere(channels % places != 0):
            raise Misfit(
                f"{channels} channels do not fill blocks of {places} positions",
                help=f"a number of channels divisible by {places}, or another factor",
                field="factor",
            )
        return Shape(tuple(w * self.factor for w in x.spatial), exact_div(x.channels, block))

    def undone(self, x: Shape, y: Shape) -> list[Inverse]:
        return [("pixel_unshuffle", {"factor": self.factor})]

    def reach(self, *xs: Shape) -> tuple[Reach, ...] | None:
        return (finer(self.factor),) * len(xs[0].spatial)


class PixelUnshuffle(Weightless):
    """Positions become channels: the inverse of pixel_shuffle."""

    factor = Count("r", doc="how many times smaller each spatial axis becomes")
    reference = "Shi et al., Real-time single image super-resolution (2016); PyTorch's order of channels"

    def output(self, *xs: Shape) -> Shape:
        (x,) = xs
        need_spatial(x, self)
        for letter, w in zip(axis_letters(x), x.spatial, strict=True):
            size, factor = value(w), value(self.factor)
            if size is not None and factor is not None and anywhere(size % factor != 0):
                raise Misfit(f"{letter} = {size} is not divisible by the factor {factor}", field="factor")
        sizes = tuple(exact_div(w, self.factor) for w in x.spatial)
        return Shape(sizes, x.channels * product(self.factor for _ in x.spatial))

    def undone(self, x: Shape, y: Shape) -> list[Inverse]:
        return [("pixel_shuffle", {"factor": self.factor})]

    def reach(self, *xs: Shape) -> tuple[Reach, ...] | None:
        return (Reach(self.factor, self.factor, 0),) * len(xs[0].spatial)


class ChannelShuffle(Pointwise):
    """Channels ``[g, C/g]`` are read as ``[C/g, g]``, so that groups mix."""

    groups = Count("G", doc="groups of channels")
    reference = "Zhang et al., ShuffleNet (2018)"

    def output(self, *xs: Shape) -> Shape:
        check_groups(xs[0].channels, self.groups, "channels")
        return xs[0]

    def margins(self, *xs: Shape) -> list[Number]:
        return [exact_div(xs[0].channels, self.groups) - 1]
