"""Normalisation: biased variance, eps inside the root; gamma scales and beta shifts."""

from __future__ import annotations

from cnncalc.kinds.base.fields import Count, Flag, Real, Word
from cnncalc.kinds.base.groups import check_groups
from cnncalc.kinds.base.kind import Pointwise, Weights
from cnncalc.shape import Shape
from cnncalc.symbolic.arithmetic import exact_div
from cnncalc.symbolic.expr import Number


class _Norm(Pointwise):
    """The sizes stay the same; gamma and beta have one number per channel."""

    rescales = True
    family = "norm"
    restates = True

    eps = Real(1e-5, doc="added to the variance inside the root")

    def learned(self, sizes: tuple[Number, ...]) -> Weights:
        """gamma and beta of ``sizes``, unless the kind has them switched off."""
        names = {"gamma": getattr(self, "scale", True), "beta": getattr(self, "center", False)}
        return {name: sizes for name, wanted in names.items() if wanted}

    def weights(self, *xs: Shape) -> Weights:
        return self.learned((xs[0].channels,))


class Batchnorm(_Norm):
    """Normalises each channel by its mean and variance over the batch; the moving mean and variance are not trained."""

    scale = Flag(default=True, doc="learn gamma")
    center = Flag(default=True, doc="learn beta")
    counter = Flag(default=False, special=True, doc="one number more: how many were averaged (Keras's Normalization)")
    reference = "Ioffe & Szegedy, Batch normalization (2015)"

    def weights(self, *xs: Shape) -> Weights:
        sizes = (xs[0].channels,)
        count: Weights = {"moving_count": (1,)} if self.counter else {}
        return {**self.learned(sizes), "moving_mean": sizes, "moving_variance": sizes, **count}


class _OverExample(_Norm):
    """Normalises within one example, over the channels at each position or over all of it."""

    axes = Word(("features", "all"), default="features", doc="over the channels at each position, or over all")

    def weights(self, *xs: Shape) -> Weights:
        (x,) = xs
        return self.learned(tuple(x.written(self.layout)) if self.axes == "all" else (x.channels,))


class Layernorm(_OverExample):
    """(x − mean) / √(variance + eps), scaled by gamma and shifted by beta."""

    scale = Flag(default=True, doc="learn gamma")
    center = Flag(default=True, doc="learn beta")
    reference = "Ba, Kiros & Hinton, Layer normalization (2016)"


class Rmsnorm(_OverExample):
    """x / √(mean of squares + eps), scaled by gamma; no shift."""

    scale = Flag(default=True, doc="learn gamma")
    reference = "Zhang & Sennrich, Root mean square layer normalization (2019)"


class Groupnorm(_Norm):
    """Normalises each group of channels over all positions."""

    restates = False
    groups = Count("G", doc="groups of channels")
    scale = Flag(default=True, doc="learn gamma")
    center = Flag(default=True, doc="learn beta")
    reference = "Wu & He, Group normalization (2018)"

    def output(self, *xs: Shape) -> Shape:
        check_groups(xs[0].channels, self.groups, "channels")
        return xs[0]

    def margins(self, *xs: Shape) -> list[Number]:
        return [exact_div(xs[0].channels, self.groups) - 1]


class Instancenorm(_Norm):
    """Normalises each channel of each example over its positions."""

    scale = Flag(default=False, doc="learn gamma")
    center = Flag(default=False, doc="learn beta")
    reference = "Ulyanov, Vedaldi & Lempitsky, Instance normalization (2016)"
