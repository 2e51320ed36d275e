"""A part of the channels."""

from __future__ import annotations

import numpy as np

from cnncalc.engine.arrays import Array, Weights
from cnncalc.engine.kernels import Gradients, backward
from cnncalc.engine.kernels.window import shape_of
from cnncalc.kinds.split import Split


def split(kind: Split, weights: Weights, x: Array) -> Array:
    """``[batch, ..., C]`` to the channels of the part."""
    start, stop = kind.span(shape_of(x))
    return x[..., start:stop]


@backward(Split)
def split_backward(kind: Split, weights: Weights, xs: list[Array], y: Array, dy: Array) -> Gradients:
    dx = np.zeros_like(xs[0])
    split(kind, weights, dx)[...] = dy
    return [dx], {}
