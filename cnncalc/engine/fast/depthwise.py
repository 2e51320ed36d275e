"""Depthwise convolutions: each element of the window is a factor for a shifted view, summed in the cache."""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import as_strided

from cnncalc.engine.arrays import Array
from cnncalc.engine.fast.job import Job, largest, pieces

ROOM = 150_000  # numbers of a piece


class Depthwise:
    """``y`` from ``x`` with its border; multiplier 1."""

    def __init__(self, job: Job) -> None:
        self.y, self.finish = job.y, job.finish
        self.taps = _Taps(job, job.weights["kernel"])
        self.parts = pieces(len(job.y), job.y.shape[1], max(1, ROOM // self.taps.row), job.workers)
        self.blocks, self.scratch = len(self.parts), largest(self.parts) * self.taps.row

    def run(self, block: int, scratch: Array) -> None:
        examples, rows = self.parts[block]
        total = self.taps.sums(examples, rows, scratch)
        self.finish(total, self.y[examples, rows], (examples, rows, slice(None), slice(None)))


class Separable:
    """A depthwise convolution and the product over the channels, piece by piece."""

    def __init__(self, job: Job) -> None:
        self.y, self.finish = job.y, job.finish
        self.taps = _Taps(job, job.weights["depthwise_kernel"])
        self.kernel = job.weights["pointwise_kernel"].reshape(-1, job.y.shape[3])
        row = job.y.shape[2] * job.y.shape[3]
        self.parts = pieces(len(job.y), job.y.shape[1], max(1, ROOM // (self.taps.row + row)), job.workers)
        self.blocks, self.scratch = len(self.parts), largest(self.parts) * (self.taps.row + row)

    def run(self, block: int, scratch: Array) -> None:
        examples, rows = self.parts[block]
        target = self.y[examples, rows]
        total = self.taps.sums(examples, rows, scratch).reshape(-1, len(self.kernel))
        made = scratch[total.size : total.size + target.size]
        np.matmul(total, self.kernel, out=made.reshape(len(total), -1))
        self.finish(made.reshape(target.shape), target, (examples, rows, slice(None), slice(None)))


class _Taps:
    """The sums of a depthwise convolution; ``row`` is how many there are in a row of the output."""

    def __init__(self, job: Job, kernel: Array) -> None:
        examples, rows, width, _ = job.y.shape
        first, second = job.windows
        self.width, self.channels = width, job.xs[0].shape[3]
        self.row = width * self.channels
        kernel = kernel.reshape(first.kernel, second.kernel, self.channels)
        n, h, w, c = job.xs[0].strides
        sizes, strides = [examples, rows, first.kernel, second.kernel], [n, h * first.stride]
        self.wide = second.stride == 1 and w == c * self.channels
        # where neighbours are contiguous, a row is one long run, and so are its factors
        if self.wide:
            self.kernel, self.form = np.tile(kernel, width), "nhijc,ijc->nhc"
        else:
            self.kernel, self.form = kernel, "nhwijc,ijc->nhwc"
            sizes.insert(2, width)
            strides.append(w * second.stride)
        sizes.append(self.kernel.shape[-1])
        self.windows = as_strided(job.xs[0], sizes, (*strides, h * first.dilation, w * second.dilation, c))

    def sums(self, examples: slice, rows: slice, scratch: Array) -> Array:
        """Those of some rows ``[examples, rows, width, C]``, in ``scratch``."""
        seen = self.windows[examples, rows]
        total = scratch[: seen.shape[0] * seen.shape[1] * self.row].reshape(*seen.shape[:2], self.width, self.channels)
        np.einsum(self.form, seen, self.kernel, out=total.reshape(*seen.shape[:2], -1) if self.wide else total)
        return total
