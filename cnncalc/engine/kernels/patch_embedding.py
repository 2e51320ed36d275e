"""Cuts an image into patches, each a token."""

from __future__ import annotations

import math

import numpy as np

from cnncalc.engine.arrays import Array, Weights
from cnncalc.engine.kernels import Gradients, backward
from cnncalc.engine.kernels.conv import biased, dbias, grouped_backward
from cnncalc.engine.kernels.window import shape_of
from cnncalc.kinds.base.kind import per_axis
from cnncalc.kinds.patch_embedding import PatchEmbedding


def patch_embedding(kind: PatchEmbedding, weights: Weights, x: Array) -> Array:
    """``[batch, spatial..., C]`` to ``[batch, T, dim]``: patches do not overlap, so one product is enough."""
    tokens, _ = _tokens(kind, x)
    kernel = weights["kernel"].reshape(-1, weights["kernel"].shape[-1])
    return biased(tokens.reshape(len(x), math.prod(kind.positions(shape_of(x))), -1) @ kernel, weights)


def _tokens(kind: PatchEmbedding, x: Array) -> tuple[Array, list[int]]:
    """``[batch, counts..., patch..., C]``, and the order of the axes of ``[batch, count, patch, ..., C]`` in it."""
    shape = shape_of(x)
    sizes, counts = per_axis(kind.patch, shape, "patch"), kind.positions(shape)
    rank = len(sizes)
    whole = x[(slice(None), *(slice(n * size) for n, size in zip(counts, sizes, strict=True)))]
    split = whole.reshape(len(x), *(n for pair in zip(counts, sizes, strict=True) for n in pair), x.shape[-1])
    order = [0, *range(1, 2 * rank, 2), *range(2, 2 * rank + 1, 2), 2 * rank + 1]
    return split.transpose(order), order


@backward(PatchEmbedding)
def patch_embedding_backward(kind: PatchEmbedding, weights: Weights, xs: list[Array], y: Array, dy: Array) -> Gradients:
    (x,), kernel = xs, weights["kernel"]
    tokens, order = _tokens(kind, x)
    dtokens, dkernel = grouped_backward(tokens.reshape(*dy.shape[:-1], -1), kernel.reshape(-1, kernel.shape[-1]), 1, dy)
    dx, whole = np.zeros_like(x), dtokens.reshape(tokens.shape).transpose(np.argsort(order))
    shape: tuple[int, ...] = whole.shape
    sizes = [n * size for n, size in zip(shape[1:-1:2], shape[2:-1:2], strict=True)]
    dx[(slice(None), *map(slice, sizes))] = whole.reshape(len(x), *sizes, -1)
    return [dx], {"kernel": dkernel.reshape(kernel.shape), **dbias(weights, dy)}
