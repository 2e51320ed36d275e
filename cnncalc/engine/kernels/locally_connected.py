"""Windows with weights of their own at every position."""

from __future__ import annotations

from typing import Any

import numpy as np

from cnncalc.engine.arrays import Array, Weights
from cnncalc.engine.kernels import Gradients, backward
from cnncalc.engine.kernels.conv import biased, dbias
from cnncalc.engine.kernels.window import landing, sliding
from cnncalc.kinds.locally_connected import LocallyConnected


def locally_connected(kind: LocallyConnected, weights: Weights, x: Array) -> Array:
    """Kernel ``[out spatial..., spatial..., C, filters]``."""
    counts, taps = sliding(kind, x)
    y = np.zeros((len(x), *counts, kind.filters), x.dtype)
    everywhere: tuple[Any, ...] = (slice(None),) * len(counts)
    for tap, view in taps:
        y += (view[..., None, :] @ weights["kernel"][(*everywhere, *tap)])[..., 0, :]
    return biased(y, weights)


@backward(LocallyConnected)
def locally_connected_backward(
    kind: LocallyConnected, weights: Weights, xs: list[Array], y: Array, dy: Array
) -> Gradients:
    """As for a convolution, position by position."""
    (x,), kernel = xs, weights["kernel"]
    dkernel = np.empty_like(kernel)
    everywhere: tuple[Any, ...] = (slice(None),) * (x.ndim - 2)
    (_, taps), (dx, places) = sliding(kind, x), landing(kind, x)
    for (tap, view), (_, place) in zip(taps, places, strict=True):
        own = (*everywhere, *tap)
        place += np.einsum("n...k,...ck->n...c", dy, kernel[own])
        dkernel[own] = np.einsum("n...c,n...k->...ck", view, dy)
    return [dx], {"kernel": dkernel, **dbias(weights, dy)}
