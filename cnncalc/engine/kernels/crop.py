"""Cuts positions off the spatial axes."""

from __future__ import annotations

import numpy as np

from cnncalc.engine.arrays import Array, Weights
from cnncalc.engine.kernels import Gradients, backward
from cnncalc.engine.kernels.window import shape_of
from cnncalc.kinds.crop import Crop
from cnncalc.kinds.pad import ends


def crop(kind: Crop, weights: Weights, x: Array) -> Array:
    shape = shape_of(x)
    kept = [slice(begin, w - end) for w, (begin, end) in zip(shape.spatial, ends(kind.amount, shape), strict=True)]
    return x[(slice(None), *kept)]


@backward(Crop)
def crop_backward(kind: Crop, weights: Weights, xs: list[Array], y: Array, dy: Array) -> Gradients:
    """Zeros at the positions that were cut off."""
    return [np.pad(dy, [(0, 0), *ends(kind.amount, shape_of(xs[0])), (0, 0)])], {}
