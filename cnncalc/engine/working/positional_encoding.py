"""Positions: each sine and cosine."""

from __future__ import annotations

import numpy as np

from cnncalc.engine.arrays import Array, Weights
from cnncalc.engine.kernels import Formula, Place, by_hand
from cnncalc.kinds.positional_encoding import PositionalEncoding


@by_hand(PositionalEncoding)
def positional_encoding_by_hand(kind: PositionalEncoding, weights: Weights, x: Array) -> Place:
    """``x + sin(t/10000^(2i/F))``, t and i from 0; of an image each axis has its share of the channels."""
    sizes = x.shape[1:-1]
    features = x.shape[-1] // len(sizes)

    def place(index: tuple[int, ...]) -> Formula:
        number = x[0][index]
        if kind.style == "learned":
            row = weights["embeddings"][np.ravel_multi_index(index[:-1], sizes)]
            return Formula("{} + {}", (number, row[index[-1]]))
        axis, column = divmod(index[-1], features)
        function = "cos" if column % 2 else "sin"
        return Formula(f"{{}} + {function}({index[axis]}/10000^({column - column % 2}/{features}))", (number,))

    return place
