"""Turns token ids into vectors."""

from __future__ import annotations

import numpy as np

from cnncalc.engine.arrays import Array, Weights
from cnncalc.engine.kernels import Gradients, backward
from cnncalc.errors import SpecError
from cnncalc.kinds.embedding import Embedding


def embedding(kind: Embedding, weights: Weights, x: Array) -> Array:
    """``[batch, T]`` of ids to ``[batch, T, dim]``. Raises SpecError for an id without a row."""
    ids = x.astype(np.intp)
    wrong = (ids != x) | (ids < 0) | (ids >= kind.vocab)
    if wrong.any():
        raise SpecError(f"{x[wrong][0]} is not a token id: these are whole numbers from 0 to {kind.vocab - 1}")
    return weights["embeddings"][ids]


@backward(Embedding)
def embedding_backward(kind: Embedding, weights: Weights, xs: list[Array], y: Array, dy: Array) -> Gradients:
    """Each row of the table gets the sum of the gradients at its uses; ids have no gradient."""
    table = np.zeros_like(weights["embeddings"])
    np.add.at(table, xs[0].astype(np.intp), dy)
    return [None], {"embeddings": table}
