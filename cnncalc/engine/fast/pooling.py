"""Pools that run along rows first and then along columns: h + w steps for a window of h·w."""

from __future__ import annotations

from typing import Any

import numpy as np

from cnncalc.engine.arrays import Array
from cnncalc.engine.fast.job import Job, largest, pieces
from cnncalc.rules import reached

ROOM = 400_000  # numbers of a piece


class Running:
    """``y`` from ``x`` with its border: the largest (``np.maximum``) or the sum (``np.add``) of each window, times
    ``factor``.
    """

    def __init__(self, job: Job, join: Any, factor: float = 1.0) -> None:
        self.x, self.y, self.finish, self.windows = job.xs[0], job.y, job.finish, job.windows
        self.join, self.factor = join, np.float32(factor)
        examples, rows, width, channels = job.y.shape
        second = job.windows[1]
        self.seen = reached(width, second.kernel, second.stride, second.dilation)
        self.parts = pieces(examples, rows, max(1, ROOM // (self.seen * channels)), job.workers)
        self.blocks = len(self.parts)
        most = largest(self.parts)
        self.size = most * self.seen * channels
        self.scratch = self.size + most * width * channels

    def run(self, block: int, scratch: Array) -> None:
        examples, rows = self.parts[block]
        first, second = self.windows
        target = self.y[examples, rows]
        n, count, width, channels = target.shape
        tall = scratch[: n * count * self.seen * channels].reshape(n, count, self.seen, channels)
        top = rows.start * first.stride
        views = [
            self.x[examples, t : t + (count - 1) * first.stride + 1 : first.stride, : self.seen]
            for t in range(top, top + first.dilation * first.kernel, first.dilation)
        ]
        tall = self._joined(views, tall)
        columns = [
            tall[:, :, left : left + (width - 1) * second.stride + 1 : second.stride]
            for left in range(0, second.dilation * second.kernel, second.dilation)
        ]
        total = self._joined(columns, scratch[self.size : self.size + target.size].reshape(target.shape))
        if self.factor != 1:
            total = np.multiply(
                total, self.factor, out=scratch[self.size : self.size + target.size].reshape(total.shape)
            )
        self.finish(total, target, (examples, rows, slice(None), slice(None)))

    def _joined(self, views: list[Array], out: Array) -> Array:
        if len(views) == 1:
            return views[0]
        self.join(views[0], views[1], out=out)
        for view in views[2:]:
            self.join(out, view, out=out)
        return out
