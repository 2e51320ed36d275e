"""Windows with weights of their own, one sum each."""

from __future__ import annotations

from cnncalc.engine.arrays import Array, Weights
from cnncalc.engine.kernels import Place, Terms, by_hand
from cnncalc.engine.kernels.window import seen
from cnncalc.kinds.locally_connected import LocallyConnected


@by_hand(LocallyConnected)
def locally_connected_by_hand(kind: LocallyConnected, weights: Weights, x: Array) -> Place:
    """Each number of the window, times the weight that this position has for it."""
    window = seen(kind, x)
    return lambda place: Terms(window(place), weights["kernel"][place[:-1]][..., place[-1]])
