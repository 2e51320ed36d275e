"""Convolutions whose windows adapt to what they see."""

from __future__ import annotations

from itertools import product

import numpy as np

from cnncalc.engine.arrays import Array, Weights
from cnncalc.engine.kernels.conv import biased, conv, grouped
from cnncalc.engine.kernels.recurrent import sigmoid
from cnncalc.engine.kernels.window import shape_of
from cnncalc.kinds.deformable_conv import DeformableConv


def deformable_conv(kind: DeformableConv, weights: Weights, x: Array) -> Array:
    """Element by element of the window: the input where its offset says, times the kernel of the element."""
    shape = shape_of(x)
    windows, groups = kind.windows(shape), kind.offset_groups
    made = conv(kind.offsets(shape), {name: weights[f"offset_{name}"] for name in ("kernel", "bias")}, x)
    batch, height, width, _ = made.shape
    taps = list(product(*(range(w.kernel) for w in windows)))
    offsets = made[..., : 2 * groups * len(taps)].reshape(batch, height, width, groups, len(taps), 2)
    shares = made[..., 2 * groups * len(taps) :].reshape(batch, height, width, groups, -1)
    sigmoid(shares)
    rows, columns = (np.arange(n) * w.stride - w.begin for n, w in zip((height, width), windows, strict=True))
    parts = x.reshape(*x.shape[:-1], groups, -1)
    y = np.zeros((batch, height, width, kind.filters), x.dtype)
    for number, (down, right) in enumerate(taps):
        places = (
            (rows + down * windows[0].dilation)[:, None, None] + offsets[..., number, 0],
            (columns + right * windows[1].dilation)[:, None] + offsets[..., number, 1],
        )
        seen = _between(parts, *places)
        if kind.modulated:
            seen *= shares[..., number, None]
        y += grouped(seen.reshape(batch, height, width, -1), weights["kernel"][down, right], kind.groups)
    return biased(y, weights)


def _between(x: Array, row: Array, column: Array) -> Array:
    """``x`` ``[batch, H, W, groups, C/groups]`` at the places ``[batch, h, w, groups]``: a mixture of the four
    positions around each, with zeros beyond the edges.
    """
    batch, height, width, groups, _ = x.shape
    example, group = np.arange(batch)[:, None, None, None], np.arange(groups)
    top, left = np.floor(row), np.floor(column)
    total = np.zeros((*row.shape, x.shape[-1]), x.dtype)
    for i, j in product((0, 1), (0, 1)):
        at_row, at_column = top + i, left + j
        inside = (at_row >= 0) & (at_row < height) & (at_column >= 0) & (at_column < width)
        share = (1 - np.abs(row - at_row)) * (1 - np.abs(column - at_column)) * inside
        index = [np.where(inside, at, 0).astype(np.intp) for at in (at_row, at_column)]
        total += share[..., None].astype(x.dtype) * x[example, index[0], index[1], group]
    return total
