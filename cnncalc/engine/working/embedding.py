"""Token ids looked up."""

from __future__ import annotations

from collections.abc import Iterator

from cnncalc.engine.arrays import Array, Weights
from cnncalc.engine.kernels import Shown, by_hand
from cnncalc.kinds.embedding import Embedding


@by_hand(Embedding)
def embedding_by_hand(kind: Embedding, weights: Weights, x: Array) -> Iterator[Shown]:
    """The row of the table that each id names."""
    ids = [int(token) for token in x[0].ravel()]
    for number, token in enumerate(ids, 1):
        yield Shown(f"y[{number}]", f"row {token} of the table, counted from 0", weights["embeddings"][token])
    yield Shown("y", "these rows", weights["embeddings"][ids])
