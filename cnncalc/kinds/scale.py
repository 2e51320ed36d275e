"""One learned factor for each channel."""

from __future__ import annotations

from cnncalc.kinds.base.fields import Real
from cnncalc.kinds.base.kind import Pointwise, Weights
from cnncalc.shape import Shape


class Scale(Pointwise):
    """gamma · x, gamma learned for each channel (the layer scale of ConvNeXt)."""

    initial = Real(1.0, least=-float("inf"), doc="gamma before training")
    reference = "Touvron et al., Going deeper with image transformers (2021)"

    def weights(self, *xs: Shape) -> Weights:
        return {"gamma": (xs[0].channels,)}
