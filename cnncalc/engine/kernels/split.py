"""A part of the channels."""

from __future__ import annotations

from cnncalc.engine.arrays import Array, Weights
from cnncalc.kinds.split import Split


def split(kind: Split, weights: Weights, x: Array) -> Array:
    size = x.shape[-1] // kind.parts
    return x[..., (kind.part - 1) * size : kind.part * size]
