"""Adds a border around the spatial axes."""

from __future__ import annotations

import numpy as np

from cnncalc.engine.arrays import Array, Weights
from cnncalc.engine.kernels import Gradients, backward
from cnncalc.engine.kernels.window import shape_of
from cnncalc.kinds.pad import Pad, ends


def pad(kind: Pad, weights: Weights, x: Array) -> Array:
    widths = ends(kind.amount, shape_of(x))
    return np.pad(x, [(0, 0), *widths, (0, 0)], constant_values=kind.value)


@backward(Pad)
def pad_backward(kind: Pad, weights: Weights, xs: list[Array], y: Array, dy: Array) -> Gradients:
    widths = ends(kind.amount, shape_of(xs[0]))
    return [dy[(slice(None), *(slice(b, b + n) for n, (b, _) in zip(xs[0].shape[1:-1], widths, strict=True)))]], {}
