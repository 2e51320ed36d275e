"""Pooling: each window is reduced to one number per channel; nothing is learned."""

from __future__ import annotations

from cnncalc.kinds.base.fields import Count, Flag, Padding, PerAxis
from cnncalc.kinds.base.kind import Inverse, Misfit, Reach, Weightless, need_spatial, per_axis
from cnncalc.kinds.base.padding import WORDS
from cnncalc.kinds.base.window import GUIDE, Sliding
from cnncalc.shape import Shape
from cnncalc.symbolic.arithmetic import anywhere, exact_div, larger
from cnncalc.symbolic.expr import Number, value


class _Pool(Sliding, Weightless):
    """A window slides over each channel separately. Its padding is at most half its size."""

    family = "pool"
    size = PerAxis("F", doc="window size")
    stride = PerAxis("S", same_as="size", doc="step of the window; the default is its size")
    padding = Padding("P", 0, words=WORDS, doc="positions around the input")
    ceil_mode = Flag(default=False, doc="round up; a last window that would start in the end padding is dropped")
    reference = GUIDE
    kernel_field = "size"

    @property
    def kernel(self) -> object:
        return self.size

    def output(self, *xs: Shape) -> Shape:
        (x,) = xs
        if type(self.padding) is not int or self.padding:
            self._check_padding(x)
        return Shape(self.positions(x), x.channels)

    def undone(self, x: Shape, y: Shape) -> list[Inverse]:
        """Repeats positions; adds zeros or cuts positions where the result has another size than before."""
        factors = per_axis(self.stride, x, "stride")
        missing = [size - small * factor for size, small, factor in zip(x.spatial, y.spatial, factors, strict=True)]
        more = tuple((0, n if value(n) is None or value(n) > 0 else 0) for n in missing)
        less = tuple((0, -value(n) if (value(n) or 0) < 0 else 0) for n in missing)
        found: list[Inverse] = [("upsample", {"factor": self.stride})]
        if any(value(end) != 0 for _, end in more):
            found.append(("pad", {"amount": more}))
        if any(end for _, end in less):
            found.append(("crop", {"amount": less}))
        return found

    def margins(self, *xs: Shape) -> list[Number]:
        windows = [] if isinstance(self.padding, str) else self.windows(xs[0])
        return [w.kernel // 2 - larger(w.begin, w.padding - w.begin) for w in windows]

    def _check_padding(self, x: Shape) -> None:
        for window, margin in zip(self.windows(x), self.margins(x), strict=False):
            if anywhere(margin < 0):
                kernel, half = value(window.kernel), value(window.kernel // 2)
                raise Misfit(
                    f"a pool's padding is at most half its window; {half - value(margin)} is over half of {kernel}",
                    help=f"padding of {half} or less, or a pad layer before",
                    field="padding",
                )


class Maxpool(_Pool):
    """The largest number of each window; padding counts as −∞."""

    dilation = PerAxis("D", 1, silent=1, doc="distance between the window's elements")


class Avgpool(_Pool):
    """The mean of each window."""

    count_include_pad = Flag(default=True, doc="padding zeros count in the mean")


class Lppool(_Pool):
    """(Σ|x|^p)^(1/p) of each window."""

    p = Count("p", 2, doc="the exponent")


class _GlobalPool(Weightless):
    """All positions of a channel are reduced to one number."""

    keepdims = Flag(default=False, doc="keep the spatial axes with size 1")
    reference = "Lin, Chen & Yan, Network in network (2013)"

    def output(self, *xs: Shape) -> Shape:
        (x,) = xs
        need_spatial(x, self)
        return Shape((1,) * len(x.spatial) if self.keepdims else (), x.channels)

    def reach(self, *xs: Shape) -> tuple[Reach, ...] | None:
        return None


class GlobalMaxpool(_GlobalPool):
    """The largest number of each channel."""


class GlobalAvgpool(_GlobalPool):
    """The mean of each channel."""


class _AdaptivePool(Weightless):
    """A given number of windows: window i of o runs from ``⌊iW/o⌋`` to ``⌈(i+1)W/o⌉``."""

    target = PerAxis("O", name="output", doc="output sizes")
    reference = "PyTorch, torch.nn.AdaptiveAvgPool2d"

    def output(self, *xs: Shape) -> Shape:
        (x,) = xs
        need_spatial(x, self)
        return Shape(per_axis(self.target, x, "output"), x.channels)

    def reach(self, *xs: Shape) -> tuple[Reach, ...] | None:
        """Where the sizes divide, all windows are alike; else they differ and overlap."""
        (x,) = xs
        pairs = list(zip(x.spatial, per_axis(self.target, x, "output"), strict=True))
        if any(value(w) is None or value(o) is None or value(w) % value(o) for w, o in pairs):
            return None
        return tuple(Reach(exact_div(w, o), exact_div(w, o), 0) for w, o in pairs)


class AdaptiveMaxpool(_AdaptivePool):
    """The largest number of each window, for a given number of windows."""


class AdaptiveAvgpool(_AdaptivePool):
    """The mean of each window, for a given number of windows."""
