"""A range of an axis."""

from __future__ import annotations

import numpy as np

from cnncalc.engine.arrays import Array, Weights
from cnncalc.engine.kernels import Gradients, backward
from cnncalc.engine.kernels.window import shape_of
from cnncalc.kinds.base.axis import position
from cnncalc.kinds.slice import Slice


def slice(kind: Slice, weights: Weights, x: Array) -> Array:
    """Positions start to stop, counted from 1, along one axis; a view."""
    axis = 1 + position(shape_of(x), kind.axis, kind)
    return x.swapaxes(0, axis)[kind.start - 1 : kind.stop].swapaxes(0, axis)


@backward(Slice)
def slice_backward(kind: Slice, weights: Weights, xs: list[Array], y: Array, dy: Array) -> Gradients:
    dx = np.zeros_like(xs[0])
    slice(kind, weights, dx)[...] = dy
    return [dx], {}
