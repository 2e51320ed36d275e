"""Depthwise convolutions: each element of the window is a factor for a shifted view, summed in the cache."""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import as_strided

from cnncalc.engine.arrays import Array
from cnncalc.engine.job import Job, pieces

ROOM = 150_000  # numbers of a piece; smaller ones would have the workers wait for the interpreter more often


class Depthwise:
    """``y`` from ``x`` with its border; multiplier 1."""

    def __init__(self, job: Job) -> None:
        self.y, self.finish = job.y, job.finish
        examples, rows, width, channels = job.y.shape
        first, second = job.windows
        kernel = job.weights["kernel"].reshape(first.kernel, second.kernel, channels)
        n, h, w, c = job.xs[0].strides
        sizes, strides = [examples, rows, first.kernel, second.kernel], [n, h * first.stride]
        self.wide = second.stride == 1 and w == c * channels
        # where neighbours lie behind each other a row is one long run, and so are its factors
        if self.wide:
            self.kernel, self.form = np.tile(kernel, width), "nhijc,ijc->nhc"
        else:
            self.kernel, self.form = kernel, "nhwijc,ijc->nhwc"
            sizes.insert(2, width)
            strides.append(w * second.stride)
        sizes.append(self.kernel.shape[-1])
        self.windows = as_strided(job.xs[0], sizes, (*strides, h * first.dilation, w * second.dilation, c))
        self.parts = pieces(examples, rows, max(1, ROOM // (width * channels)), job.workers)
        self.blocks = len(self.parts)
        self.scratch = max((n.stop - n.start) * (r.stop - r.start) for n, r in self.parts) * width * channels

    def run(self, block: int, scratch: Array) -> None:
        examples, rows = self.parts[block]
        target = self.y[examples, rows]
        total = scratch[: target.size].reshape(target.shape)
        out = total.reshape(*target.shape[:2], -1) if self.wide else total
        np.einsum(self.form, self.windows[examples, rows], self.kernel, out=out)
        self.finish(total, target, (examples, rows, slice(None), slice(None)))
