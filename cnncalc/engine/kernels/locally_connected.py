"""Windows with weights of their own at every position."""

from __future__ import annotations

from typing import Any

import numpy as np

from cnncalc.engine.arrays import Array, Weights
from cnncalc.engine.kernels.conv import biased
from cnncalc.engine.kernels.window import sliding
from cnncalc.kinds.locally_connected import LocallyConnected


def locally_connected(kind: LocallyConnected, weights: Weights, x: Array) -> Array:
    """Kernel ``[out spatial..., spatial..., C, filters]``."""
    counts, taps = sliding(kind, x)
    y = np.zeros((len(x), *counts, kind.filters), x.dtype)
    everywhere: tuple[Any, ...] = (slice(None),) * len(counts)
    for tap, view in taps:
        y += (view[..., None, :] @ weights["kernel"][(*everywhere, *tap)])[..., 0, :]
    return biased(y, weights)
