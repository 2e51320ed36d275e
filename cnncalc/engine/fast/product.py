"""Convolutions and dense layers as matrix products.

The windows of a piece of the output are laid out as rows of a matrix, small enough to stay in the cache, and
multiplied with the kernel. If a window is one pixel, the input itself is that matrix.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import as_strided

from cnncalc.engine.arrays import Array
from cnncalc.engine.fast.job import CACHE, POINT, Finish, Job, check_fits, flat, largest, pieces, spans
from cnncalc.engine.parallel.work import Together
from cnncalc.kinds.base.window import Window

FEW = 96  # rows of a product below which workers share its columns instead


class Gemm:
    """``y = windows of x · kernel``, pieces of examples, rows and filters."""

    def __init__(self, x: Array, windows: Sequence[Window], kernel: Array, y: Array, finish: Finish,
                 workers: int) -> None:  # fmt: skip
        """``x`` and ``y`` are ``[examples, H, W, C]``, ``kernel`` is ``[window·C, filters]``.

        ``windows`` are those along H and W, and before them one along the first axis where that is the depth of a
        volume: a batch of images is a volume with windows of 1.
        """
        self.y, self.kernel, self.finish = y, kernel.reshape(-1, kernel.shape[-1]), finish
        self.windows = _windows(x, [*(POINT,) * (3 - len(windows)), *windows], y.shape)
        self.direct = self.windows.ndim == 4 and flat(self.windows[:1, :1]) is not None
        examples, rows, width, filters = y.shape
        depth = len(self.kernel)
        room = max(1, CACHE // (width * (depth + filters)))
        if examples * rows * width < FEW * workers and filters >= 64 * workers and not finish.whole:
            parts, columns = [(slice(0, examples), slice(0, rows))], spans(filters, -(-filters // workers))
        else:
            parts, columns = pieces(examples, rows, max(room, -(-FEW // width)), workers), [slice(0, filters)]
        self.parts = [(*part, slice(None), column) for part in parts for column in columns]
        self.blocks = len(self.parts)
        pixels = largest(self.parts) * width
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


def _windows(x: Array, windows: Sequence[Window], sizes: Any) -> Array:
    """The windows of ``x`` as a view ``[examples, H_out, W_out, ...]``; neighbours in a row are contiguous."""
    for w, positions, size in zip(windows, sizes, x.shape, strict=False):
        check_fits(w, positions, size)
    *strides, c = x.strides
    outer = [(size, stride * w.stride) for size, stride, w in zip(sizes, strides, windows, strict=False)]
    inner = [(w.kernel, stride * w.dilation) for stride, w in zip(strides, windows, strict=True) if w.kernel > 1]
    if windows[-1].kernel > 1 and windows[-1].dilation == 1 and strides[-1] == c * x.shape[-1]:
        inner[-1] = (windows[-1].kernel * x.shape[-1], c)
    else:
        inner.append((x.shape[-1], c))
    axes = [*outer, *inner]
    return as_strided(x, [size for size, _ in axes], [stride for _, stride in axes])


def convolution(job: Job) -> Gemm:
    """A convolution without groups."""
    return Gemm(job.xs[0], job.windows, job.weights["kernel"], job.y, job.finish, job.workers)


def groups(job: Job) -> Together:
    """A convolution in which each group of channels has its own filters."""
    kernel, x, y, count = job.weights["kernel"], job.xs[0], job.y, job.kind.groups
    seen, made = (spans(channels, channels // count) for channels in (x.shape[-1], y.shape[-1]))
    return Together([
        Gemm(x[..., read], job.windows, kernel[..., own], y[..., own], job.finish.part(..., channels=own),
                job.workers)
        for read, own in zip(seen, made, strict=True)
    ])  # fmt: skip


def volumes(job: Job) -> Together:
    """A convolution of volumes without groups: each example is treated as one image per depth position."""
    x, y, kernel = job.xs[0], job.y, job.weights["kernel"]
    return Together([
        Gemm(x[n], job.windows, kernel, y[n], job.finish.part(n), job.workers) for n in range(len(y))
    ])  # fmt: skip
