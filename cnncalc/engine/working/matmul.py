"""The matrix product, sum by sum."""

from __future__ import annotations

from cnncalc.engine.arrays import Array, Weights
from cnncalc.engine.kernels import Place, Terms, by_hand
from cnncalc.kinds.matmul import Matmul


@by_hand(Matmul)
def matmul_by_hand(kind: Matmul, weights: Weights, first: Array, second: Array) -> Place:
    """A row of the first times a column of the second."""
    columns = second[0].T if kind.transpose else second[0]
    return lambda place: Terms(first[0][place[0]], columns[:, place[1]])
