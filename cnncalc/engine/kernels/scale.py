"""Learned factors."""

from __future__ import annotations

from cnncalc.engine.arrays import Array, Weights, inward
from cnncalc.kinds.scale import Scale


def scale(kind: Scale, weights: Weights, x: Array) -> Array:
    """gamma ``[C]``, ``[1]``, or ``[sizes of an example in the spec's layout]``."""
    return x * inward(weights["gamma"][None], kind.layout)
