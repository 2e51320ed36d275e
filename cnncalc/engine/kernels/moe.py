"""The outputs of experts, weighted by a router."""

from __future__ import annotations

import numpy as np

from cnncalc.engine.arrays import Array, Weights
from cnncalc.engine.kernels.activation import softmax
from cnncalc.kinds.moe import Moe


def moe(kind: Moe, weights: Weights, router: Array, *experts: Array) -> Array:
    """``[..., E]`` of the router and ``[..., C]`` of each expert to ``[..., C]``; ties go to the first."""
    chosen = np.argsort(-router, axis=-1, kind="stable")[..., : kind.top]
    shares = np.zeros_like(router)
    np.put_along_axis(shares, chosen, softmax(kind, {}, np.take_along_axis(router, chosen, -1)), -1)
    mixed = np.zeros_like(experts[0])
    for number, expert in enumerate(experts):
        mixed += shares[..., number, None] * expert
    return mixed
