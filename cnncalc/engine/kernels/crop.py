"""Cuts positions off the spatial axes."""

from __future__ import annotations

from cnncalc.engine.arrays import Array, Weights
from cnncalc.engine.kernels.window import shape_of
from cnncalc.kinds.crop import Crop
from cnncalc.kinds.pad import ends


def crop(kind: Crop, weights: Weights, x: Array) -> Array:
    shape = shape_of(x)
    kept = [slice(begin, w - end) for w, (begin, end) in zip(shape.spatial, ends(kind.amount, shape), strict=True)]
    return x[(slice(None), *kept)]
