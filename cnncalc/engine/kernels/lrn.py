"""Local response normalisation."""

from __future__ import annotations

import numpy as np

from cnncalc.engine.arrays import Array, Weights
from cnncalc.engine.fast.job import spans
from cnncalc.engine.kernels import Gradients, backward
from cnncalc.kinds.lrn import Lrn

BLOCK = 1 << 15  # numbers per block of sums


def lrn(kind: Lrn, weights: Weights, x: Array) -> Array:
    """With an even size, the window takes one more channel after than before."""
    # contiguous rows: an array like x could be a view with its axes moved, which cannot be filled this way
    y, channels, number = np.empty(x.shape, x.dtype), x.shape[-1], x.dtype.type
    # a window sees no more than all channels, however large it is
    before, after = (min(beside, channels - 1) for beside in ((kind.size - 1) // 2, kind.size // 2))
    rows, made = x.reshape(-1, channels), y.reshape(-1, channels)
    for part in spans(len(rows), BLOCK // (channels + before + after)):
        squares = np.pad(np.square(rows[part]), ((0, 0), (before, after)))
        root = number(kind.k) + number(kind.alpha / kind.size) * _sums(squares, before + 1 + after)
        np.divide(rows[part], root ** number(kind.beta), out=made[part])
    return y


def _sums(x: Array, count: int) -> Array:
    """The sums of every ``count`` neighbours along the last axis.

    Sums of 1, 2, 4, ... neighbours are made from each other, and those in the binary form of ``count`` are added: about
    2 log₂(count) additions instead of count, and no subtraction, which would lose digits.
    """
    length = x.shape[-1] - count + 1
    total, done = np.zeros((*x.shape[:-1], length), x.dtype), 0
    power = 1  # how many neighbours each number of x is the sum of
    while done < count:
        if count & power:
            total += x[..., done : done + length]
            done += power
        if done < count:
            x = x[..., :-power] + x[..., power:]
            power *= 2
    return total


@backward(Lrn)
def lrn_backward(kind: Lrn, weights: Weights, xs: list[Array], y: Array, dy: Array) -> Gradients:
    """``dx_i = dy_i/r_i^β − 2αβ/size · x_i · Σ_j dy_j·x_j/r_j^(β + 1)``, r the bracket k + alpha/size · Σx², over the j
    whose window has i in it.
    """
    (x,) = xs
    before, after = (min(beside, x.shape[-1] - 1) for beside in ((kind.size - 1) // 2, kind.size // 2))
    still = [(0, 0)] * (x.ndim - 1)
    root = kind.k + kind.alpha / kind.size * _sums(np.pad(x * x, [*still, (before, after)]), before + 1 + after)
    parts = np.pad(dy * x / root ** (kind.beta + 1), [*still, (after, before)])
    slope = 2 * kind.alpha * kind.beta / kind.size
    return [dy / root**kind.beta - slope * x * _sums(parts, before + 1 + after)], {}
