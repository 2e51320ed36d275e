"""Patches of an image, a sum for each number of a token."""

from __future__ import annotations

import numpy as np

from cnncalc.engine.arrays import Array, Weights
from cnncalc.engine.kernels import Place, Terms, by_hand
from cnncalc.engine.kernels.window import shape_of
from cnncalc.kinds.base.kind import per_axis
from cnncalc.kinds.patch_embedding import PatchEmbedding


@by_hand(PatchEmbedding)
def patch_embedding_by_hand(kind: PatchEmbedding, weights: Weights, x: Array) -> Place:
    """Each number of the patch, times its weight; patches are counted row by row."""
    shape = shape_of(x)
    sizes, counts = per_axis(kind.patch, shape, "patch"), kind.positions(shape)

    def place(index: tuple[int, ...]) -> Terms:
        starts = zip(np.unravel_index(index[0], counts), sizes, strict=True)
        cut = tuple(slice(i * size, (i + 1) * size) for i, size in starts)
        return Terms(x[0][cut], weights["kernel"][..., index[1]])

    return place
