"""Where a token stands, added to what it is."""

from __future__ import annotations

import numpy as np

from cnncalc.engine.arrays import Array, Weights
from cnncalc.kinds.positional_encoding import PositionalEncoding


def positional_encoding(kind: PositionalEncoding, weights: Weights, x: Array) -> Array:
    """The vectors of the first T positions are added to each example."""
    steps, features = x.shape[1:]
    return x + (weights["embeddings"][:steps] if kind.style == "learned" else sinusoidal(steps, features, x.dtype))


def sinusoidal(steps: int, features: int, dtype: np.dtype[np.floating]) -> Array:
    """``[T, F]``: column 2i is sin(t / 10000^(2i/F)), column 2i + 1 its cosine, t from 0."""
    columns = np.arange(features)
    angles = np.arange(steps)[:, None] / 10000.0 ** ((columns - columns % 2) / features)
    return np.where(columns % 2, np.cos(angles), np.sin(angles)).astype(dtype)
