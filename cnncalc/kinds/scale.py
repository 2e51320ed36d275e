"""Learned factors."""

from __future__ import annotations

from cnncalc.kinds.base.fields import Real, Word
from cnncalc.kinds.base.kind import Pointwise, Weights
from cnncalc.shape import Shape


class Scale(Pointwise):
    """gamma · x, gamma learned for each channel (the layer scale of ConvNeXt), for all at once (ReZero), or for each
    number of the example.
    """

    rescales = True
    initial = Real(1.0, least=-float("inf"), doc="gamma before training")
    over = Word(
        ("channels", "one", "all"),
        default="channels",
        doc="one factor per channel, one for all, or one for each number",
    )
    reference = (
        "Touvron et al., Going deeper with image transformers (2021); Bachlechner et al., ReZero is all you need (2020)"
    )

    def weights(self, *xs: Shape) -> Weights:
        (x,) = xs
        sizes = {"channels": (x.channels,), "one": (1,), "all": tuple(x.written(self.layout))}
        return {"gamma": sizes[self.over]}
