"""Adds learned numbers."""

from __future__ import annotations

from cnncalc.kinds.base.fields import Word
from cnncalc.kinds.base.kind import Pointwise, Weights
from cnncalc.shape import Shape


class Bias(Pointwise):
    """x + b, b learned for each channel or for each number of the example."""

    over = Word(("channels", "all"), default="channels", doc="one number per channel, or one for each number")

    def weights(self, *xs: Shape) -> Weights:
        (x,) = xs
        return {"bias": tuple(x.written(self.layout)) if self.over == "all" else (x.channels,)}
