"""One step of a sequence."""

from __future__ import annotations

from cnncalc.engine.arrays import Array, Weights
from cnncalc.kinds.select import Select


def select(kind: Select, weights: Weights, x: Array) -> Array:
    """``[batch, T, F]`` to ``[batch, F]``."""
    return x[:, kind.index - 1]
