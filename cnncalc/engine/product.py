"""Convolutions and dense layers as products of matrices.

The windows of a piece of the output are laid out as rows of a matrix, small enough to stay in the cache, and
multiplied with the kernel. Where a window is one pixel the input itself is that matrix.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.lib.stride_tricks import as_strided

from cnncalc.engine.arrays import Array
from cnncalc.engine.job import CACHE, Finish, Job, flat, pieces, spans

FEW = 96  # rows of a product below which workers share its columns instead


class Product:
    """``y = windows of x · kernel``, pieces of examples, rows and filters."""

    def __init__(self, x: Array, step: tuple[int, int], kernel: Array, window: tuple[int, int, int, int], y: Array,
                 finish: Finish, workers: int) -> None:  # fmt: skip
        """``window`` is its height, width and dilations; ``step`` its strides; ``kernel`` ``[h·w·C, filters]``."""
        self.y, self.kernel, self.finish = y, kernel, finish
        self.windows = _windows(x, step, window, y.shape)
        self.direct = window[:2] == (1, 1) and flat(self.windows[:1, :1]) is not None
        examples, rows, width, filters = y.shape
        depth = len(kernel)
        room = max(1, CACHE // (width * (depth + filters)))
        if examples * rows * width < FEW * workers and filters >= 64 * workers and not finish.whole:
            parts, columns = [(slice(0, examples), slice(0, rows))], spans(filters, -(-filters // workers))
        else:
            parts, columns = pieces(examples, rows, max(room, -(-FEW // width)), workers), [slice(0, filters)]
        self.parts = [(*part, slice(None), column) for part in parts for column in columns]
        self.blocks = len(self.parts)
        pixels = max((n.stop - n.start) * (r.stop - r.start) for n, r, *_ in self.parts) * width
        self.pixels_scratch = 0 if self._all_direct() else pixels * depth
        self.scratch = self.pixels_scratch + pixels * filters

    def _all_direct(self) -> bool:
        return self.direct and all(flat(self.windows[n, r]) is not None for n, r, *_ in self.parts)

    def run(self, block: int, scratch: Array) -> None:
        examples, rows, _, columns = piece = self.parts[block]
        source, target = self.windows[examples, rows], self.y[piece]
        matrix = flat(source) if self.direct else None
        if matrix is None:
            matrix = scratch[: source.size].reshape(source.shape)
            np.copyto(matrix, source)
            matrix = matrix.reshape(-1, len(self.kernel))
        kernel = self.kernel[:, columns]
        straight = flat(target)
        if straight is not None:
            np.matmul(matrix, kernel, out=straight)
            self.finish(target, target, piece)
        else:
            rest = scratch[self.pixels_scratch : self.pixels_scratch + target.size]
            np.matmul(matrix, kernel, out=rest.reshape(len(matrix), -1))
            self.finish(rest.reshape(target.shape), target, piece)


def _windows(x: Array, step: tuple[int, int], window: tuple[int, int, int, int], sizes: Any) -> Array:
    """The windows of ``x`` as a view ``[batch, H_out, W_out, ...]``; neighbours in a row lie behind each other."""
    height, width, down, across = window
    n, h, w, c = x.strides
    outer, apart = (*sizes[:3],), (n, h * step[0], w * step[1])
    if (height, width) == (1, 1):
        return as_strided(x, (*outer, x.shape[3]), (*apart, c))
    if across == 1 and w == c * x.shape[3]:
        return as_strided(x, (*outer, height, width * x.shape[3]), (*apart, h * down, c))
    return as_strided(x, (*outer, height, width, x.shape[3]), (*apart, h * down, w * across, c))


def convolution(job: Job) -> Product:
    """A convolution without groups."""
    (first, second), kernel = job.windows, job.weights["kernel"]
    return Product(
        job.xs[0], (first.stride, second.stride), kernel.reshape(-1, kernel.shape[-1]),
        (first.kernel, second.kernel, first.dilation, second.dilation), job.y, job.finish, job.workers,
    )  # fmt: skip
