"""A leaky ReLU with a learned slope."""

from __future__ import annotations

from cnncalc.kinds.base.fields import Flag
from cnncalc.kinds.base.kind import Pointwise, Weights
from cnncalc.shape import Shape


class Prelu(Pointwise):
    """x where x > 0, else alpha · x, with alpha learned for each channel."""

    rectifies = True
    shared = Flag(default=False, doc="one slope for all channels")
    reference = "He et al., Delving deep into rectifiers (2015)"

    def weights(self, *xs: Shape) -> Weights:
        return {"alpha": (1 if self.shared else xs[0].channels,)}
