"""Elementwise layers, on pieces that stay in the cache."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from cnncalc.engine.arrays import Array
from cnncalc.engine.fast.job import Job, pieces

ROOM = 400_000  # numbers of a piece


class Rowwise:
    """``compute(*operands, piece)`` for each piece of the output; operands with sizes of 1 are spread."""

    scratch = 0

    def __init__(self, job: Job, compute: Callable[..., Any]) -> None:
        self.xs, self.y, self.finish, self.compute = job.xs, job.y, job.finish, compute
        examples, rows, width, channels = job.y.shape
        self.parts = pieces(examples, rows, max(1, ROOM // (width * channels)), job.workers)
        self.blocks = len(self.parts)

    def run(self, block: int, scratch: Array) -> None:
        examples, rows = self.parts[block]
        target = self.y[examples, rows]
        self.compute(*(x[examples, rows if x.shape[1] > 1 else slice(None)] for x in self.xs), target)
        self.finish(target, target, (examples, rows, slice(None), slice(None)))


class Joined:
    """Operands copied to their place in the output; most are already there."""

    scratch = 0

    def __init__(self, job: Job) -> None:
        self.moves = []
        offset = 0
        for x in job.xs:
            target = job.y[..., offset : offset + x.shape[-1]]
            offset += x.shape[-1]
            if x.__array_interface__["data"][0] != target.__array_interface__["data"][0]:
                self.moves += [(x[n : n + 1], target[n : n + 1]) for n in range(len(x))]
        self.blocks = len(self.moves)

    def run(self, block: int, scratch: Array) -> None:
        source, target = self.moves[block]
        np.copyto(target, source)
