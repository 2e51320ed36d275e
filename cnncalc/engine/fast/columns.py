"""Convolutions in training.

The windows are the rows of one matrix (im2col), so that the forward pass and each gradient are one product. The way
back to the input adds each column where it came from (col2im).
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.lib.stride_tricks import as_strided

from cnncalc.engine.arrays import Array
from cnncalc.kinds.base.window import Window

#: (dL/d(sums), wanted: whether to return the first) -> dL/d(input with its border), dL/d(kernel).
Back = Callable[..., tuple[Array | None, Array]]


def convolve(x: Array, kernel: Array, windows: list[Window], counts: tuple[int, ...]) -> tuple[Array, Back]:
    """The sums of a convolution without groups, and the way back; ``x`` has its border."""
    matrix, columns = kernel.reshape(-1, kernel.shape[-1]), _columns(x, windows, counts)
    sums = (columns @ matrix).reshape(len(x), *counts, -1)

    def back(dy: Array, *, wanted: bool) -> tuple[Array | None, Array]:
        flat = dy.reshape(-1, dy.shape[-1])
        dkernel = (columns.T @ flat).reshape(kernel.shape)
        if not wanted:
            return None, dkernel
        dcolumns = (matrix @ flat.T).reshape(-1, x.shape[-1], len(x), *counts)
        return _joined(dcolumns, x.shape, windows, counts), dkernel

    return sums, back


def _columns(x: Array, windows: list[Window], counts: tuple[int, ...]) -> Array:
    """``[batch · positions, window · C]``."""
    batch, *strides, channel = x.strides
    steps = [stride * w.stride for stride, w in zip(strides, windows, strict=True)]
    apart = [stride * w.dilation for stride, w in zip(strides, windows, strict=True)]
    sizes = [w.kernel for w in windows]
    seen = as_strided(x, (len(x), *counts, *sizes, x.shape[-1]), (batch, *steps, *apart, channel), writeable=False)
    return seen.reshape(len(x) * math.prod(counts), -1)


def _joined(dcolumns: Array, shape: tuple[int, ...], windows: list[Window], counts: tuple[int, ...]) -> Array:
    """The columns ``[window, C, batch, positions...]``, each added where it was read, as ``[batch, spatial..., C]``."""
    total = np.zeros((shape[-1], shape[0], *shape[1:-1]), dcolumns.dtype)
    for number, tap in enumerate(np.ndindex(*(w.kernel for w in windows))):
        cuts = [
            slice(t * w.dilation, t * w.dilation + (n - 1) * w.stride + 1, w.stride)
            for t, w, n in zip(tap, windows, counts, strict=True)
        ]
        total[(slice(None), slice(None), *cuts)] += dcolumns[number]
    return np.moveaxis(total, 0, -1)
