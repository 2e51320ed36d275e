"""Cuts an image into patches, each a token."""

from __future__ import annotations

import numpy as np

from cnncalc.engine.arrays import Array, Weights
from cnncalc.engine.kernels.conv import biased
from cnncalc.engine.kernels.window import shape_of
from cnncalc.kinds.base.kind import per_axis
from cnncalc.kinds.patch_embedding import PatchEmbedding


def patch_embedding(kind: PatchEmbedding, weights: Weights, x: Array) -> Array:
    """``[batch, spatial..., C]`` to ``[batch, T, dim]``: patches do not overlap, so one product does."""
    shape = shape_of(x)
    sizes = per_axis(kind.patch, shape, "patch")
    counts = kind.positions(shape)
    rank = len(sizes)
    whole = x[(slice(None), *(slice(n * size) for n, size in zip(counts, sizes, strict=True)))]
    split = whole.reshape(len(x), *(n for pair in zip(counts, sizes, strict=True) for n in pair), x.shape[-1])
    tokens = split.transpose(0, *range(1, 2 * rank, 2), *range(2, 2 * rank + 1, 2), 2 * rank + 1)
    kernel = weights["kernel"].reshape(-1, weights["kernel"].shape[-1])
    return biased(tokens.reshape(len(x), int(np.prod(counts)), -1) @ kernel, weights)
