"""A part of the channels."""

from __future__ import annotations

from cnncalc.engine.arrays import Array, Weights
from cnncalc.engine.kernels.window import shape_of
from cnncalc.kinds.split import Split


def split(kind: Split, weights: Weights, x: Array) -> Array:
    """``[batch, ..., C]`` to the channels of the part."""
    start, stop = kind.span(shape_of(x))
    return x[..., start:stop]
