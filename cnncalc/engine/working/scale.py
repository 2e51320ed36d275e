"""Learned factors, number by number."""

from __future__ import annotations

import numpy as np

from cnncalc.engine.arrays import Array, Weights, inward
from cnncalc.engine.kernels import Formula, Place, by_hand
from cnncalc.kinds.scale import Scale


@by_hand(Scale)
def scale_by_hand(kind: Scale, weights: Weights, x: Array) -> Place:
    """``x·γ``."""
    factors = np.broadcast_to(inward(weights["gamma"][None], kind.layout)[0], x.shape[1:])
    return lambda place: Formula("{}·{}", (x[0][place], factors[place]))
