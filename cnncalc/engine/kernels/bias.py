"""Adds learned numbers."""

from __future__ import annotations

from cnncalc.engine.arrays import Array, Weights, inward
from cnncalc.kinds.bias import Bias


def bias(kind: Bias, weights: Weights, x: Array) -> Array:
    """bias ``[C]``, or ``[sizes of an example in the spec's layout]``."""
    return x + inward(weights["bias"][None], kind.layout)
