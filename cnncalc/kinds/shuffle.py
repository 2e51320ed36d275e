"""Numbers moved between channels and positions; none is changed."""

from __future__ import annotations

from fractions import Fraction

from cnncalc.expr import exact_div, product, value
from cnncalc.kinds._window import check_groups
from cnncalc.kinds.base import Misfit, Pointwise, Reach, Weightless, axis_letters, need_spatial
from cnncalc.kinds.fields import Count
from cnncalc.shape import Shape


class PixelShuffle(Weightless):
    """Channels become positions: channel ``c·r² + i·r + j`` goes to row i, column j of its r×r block."""

    factor = Count("r", doc="how many times as large each spatial axis is")
    reference = "Shi et al., Real-time single image super-resolution (2016); PyTorch's order of channels"

    def output(self, *xs: Shape) -> Shape:
        (x,) = xs
        need_spatial(x, self)
        block = product(self.factor for _ in x.spatial)
        check_groups(x.channels, block, "channels", "factor")
        return Shape(tuple(w * self.factor for w in x.spatial), exact_div(x.channels, block))

    def reach(self, *xs: Shape) -> tuple[Reach, ...] | None:
        step = Fraction(1, self.factor) if type(self.factor) is int else self.factor
        return (Reach(1, step, 0),) * len(xs[0].spatial)


class PixelUnshuffle(Weightless):
    """Positions become channels: the inverse of pixel_shuffle."""

    factor = Count("r", doc="how many times as small each spatial axis is")
    reference = "Shi et al., Real-time single image super-resolution (2016); PyTorch's order of channels"

    def output(self, *xs: Shape) -> Shape:
        (x,) = xs
        need_spatial(x, self)
        for letter, w in zip(axis_letters(x), x.spatial, strict=True):
            if value(w) is not None and value(self.factor) is not None and value(w) % value(self.factor):
                raise Misfit(
                    f"{letter} = {value(w)} is not divisible by the factor {value(self.factor)}", field="factor"
                )
        sizes = tuple(exact_div(w, self.factor) for w in x.spatial)
        return Shape(sizes, x.channels * product(self.factor for _ in x.spatial))

    def reach(self, *xs: Shape) -> tuple[Reach, ...] | None:
        return (Reach(self.factor, self.factor, 0),) * len(xs[0].spatial)


class ChannelShuffle(Pointwise):
    """Channels ``[g, C/g]`` are read as ``[C/g, g]``, so that groups mix."""

    groups = Count("G", doc="groups of channels")
    reference = "Zhang et al., ShuffleNet (2018)"

    def output(self, *xs: Shape) -> Shape:
        check_groups(xs[0].channels, self.groups, "channels")
        return xs[0]
