"""Fixed factors and offsets, number by number."""

from __future__ import annotations

import numpy as np

from cnncalc.engine.arrays import Array, Weights
from cnncalc.engine.kernels import Formula, Place, by_hand
from cnncalc.kinds.rescale import Rescale


@by_hand(Rescale)
def rescale_by_hand(kind: Rescale, weights: Weights, x: Array) -> Place:
    """``x·scale + offset``."""
    factors, offsets = (np.broadcast_to(np.asarray(each, x.dtype), x.shape[-1:]) for each in (kind.scale, kind.offset))
    return lambda place: Formula("{}·{} + {}", (x[0][place], factors[place[-1]], offsets[place[-1]]))
