"""The outputs of experts, weighted by a router."""

from __future__ import annotations

import numpy as np

from cnncalc.engine.arrays import Array, Weights
from cnncalc.engine.kernels import Gradients, backward
from cnncalc.engine.kernels.activation import softmax, softmax_backward
from cnncalc.kinds.moe import Moe


def moe(kind: Moe, weights: Weights, router: Array, *experts: Array) -> Array:
    """``[..., E]`` of the router and ``[..., C]`` of each expert to ``[..., C]``; ties go to the first."""
    _, shares = _shares(kind, router)
    mixed = np.zeros_like(experts[0])
    for number, expert in enumerate(experts):
        mixed += shares[..., number, None] * expert
    return mixed


def _shares(kind: Moe, router: Array) -> tuple[Array, Array]:
    """Which experts are chosen, ``[..., top]``, and the share of each expert, ``[..., E]``."""
    chosen = np.argsort(-router, axis=-1, kind="stable")[..., : kind.top]
    shares = np.zeros_like(router)
    np.put_along_axis(shares, chosen, softmax(kind, {}, np.take_along_axis(router, chosen, -1)), -1)
    return chosen, shares


@backward(Moe)
def moe_backward(kind: Moe, weights: Weights, xs: list[Array], y: Array, dy: Array) -> Gradients:
    """Each expert gets its share of dy; the router the product of dy with each chosen expert, through the softmax."""
    router, *experts = xs
    chosen, shares = _shares(kind, router)
    worth = np.stack([(dy * expert).sum(axis=-1) for expert in experts], axis=-1)
    dshares = softmax_backward(kind, {}, [], *(np.take_along_axis(each, chosen, -1) for each in (shares, worth)))[0][0]
    drouter = np.zeros_like(router)
    np.put_along_axis(drouter, chosen, dshares, -1)
    return [drouter, *(shares[..., number, None] * dy for number in range(len(experts)))], {}
