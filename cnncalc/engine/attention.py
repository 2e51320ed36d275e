"""Multi-head attention: four products for the projections, two for each head."""

from __future__ import annotations

import numpy as np

from cnncalc.engine.activation import softmax
from cnncalc.engine.arrays import Array, Weights
from cnncalc.kinds.attention import Attention

BLOCK = 1 << 21  # scores that are held at one time


def attention(kind: Attention, weights: Weights, query: Array, memory: Array | None = None) -> Array:
    """``[batch, T, F]`` and ``[batch, S, F_memory]`` (the query itself where there is none) to ``[batch, T, F]``."""
    read = query if memory is None else memory
    q, k, v = (
        _heads(kind, _projected(weights, name, x)) for name, x in (("query", query), ("key", read), ("value", read))
    )
    q = q * q.dtype.type(q.shape[-1] ** -0.5)
    mixed = np.empty((*query.shape[:2], kind.heads, q.shape[-1]), q.dtype)
    rows = max(1, BLOCK // (len(query) * kind.heads * k.shape[2]))
    for start in range(0, query.shape[1], rows):
        scores = q[:, :, start : start + rows] @ k.swapaxes(-1, -2)
        if kind.causal:
            scores[..., ~np.tri(scores.shape[-2], scores.shape[-1], start, dtype=bool)] = -np.inf
        mixed[:, start : start + rows] = (softmax(kind, {}, scores) @ v).swapaxes(1, 2)
    return _projected(weights, "output", mixed.reshape(*query.shape[:2], -1))


def _projected(weights: Weights, name: str, x: Array) -> Array:
    y = x @ weights[f"{name}_kernel"]
    if f"{name}_bias" in weights:
        y += weights[f"{name}_bias"]
    return y


def _heads(kind: Attention, x: Array) -> Array:
    """``[batch, T, heads·key_dim]`` as ``[batch, heads, T, key_dim]``."""
    return x.reshape(*x.shape[:2], kind.heads, -1).swapaxes(1, 2)
