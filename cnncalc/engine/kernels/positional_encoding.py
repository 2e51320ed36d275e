"""Adds the place of each token, or of each position of an image."""

from __future__ import annotations

import numpy as np

from cnncalc.engine.arrays import Array, Weights
from cnncalc.engine.kernels import Gradients, backward
from cnncalc.kinds.positional_encoding import PositionalEncoding


def positional_encoding(kind: PositionalEncoding, weights: Weights, x: Array) -> Array:
    """The vectors of the first positions, those of an image row by row, are added to each example."""
    sizes = x.shape[1:-1]
    if kind.style == "learned":
        return x + weights["embeddings"][: np.prod(sizes)].reshape(*sizes, -1)
    features = x.shape[-1] // len(sizes)
    parts = []
    for axis, size in enumerate(sizes):
        own = sinusoidal(size, features, x.dtype).reshape(size, *(1,) * (len(sizes) - axis - 1), features)
        parts.append(np.broadcast_to(own, (*sizes, features)))
    return x + np.concatenate(parts, axis=-1)


def sinusoidal(steps: int, features: int, dtype: np.dtype[np.floating]) -> Array:
    """``[T, F]``: column 2i is sin(t / 10000^(2i/F)), column 2i + 1 its cosine, t from 0."""
    columns = np.arange(features)
    angles = np.arange(steps)[:, None] / 10000.0 ** ((columns - columns % 2) / features)
    return np.where(columns % 2, np.cos(angles), np.sin(angles)).astype(dtype)


@backward(PositionalEncoding)
def positional_encoding_backward(
    kind: PositionalEncoding, weights: Weights, xs: list[Array], y: Array, dy: Array
) -> Gradients:
    """The vectors of unused positions get zeros."""
    found = {name: np.zeros_like(table) for name, table in weights.items()}
    for table in found.values():
        vectors = dy.sum(axis=0).reshape(-1, dy.shape[-1])
        table[: len(vectors)] = vectors
    return [dy], found
