"""A layer to run fast: its operands and output as views into buffers, and its finishing steps."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from cnncalc.engine.arrays import Array, Weights
from cnncalc.engine.parallel.work import Common
from cnncalc.errors import EngineError
from cnncalc.kinds.base.window import Window
from cnncalc.rules import reached
from cnncalc.shape import Shape

Activate = Callable[[Array, Array], Any]  # from the first array into the second, which may be the same

SHORT = 128  # channels
CACHE = 800_000  # numbers that a piece of work may touch: more leave the caches, fewer pack the kernel anew too often
POINT = Window(1, 1, 1, 0, 0, 1)  # the window along an axis that does not exist


class Finish:
    """The finishing steps of each piece of an output while it is in the cache: bias, activation, sum, activation.

    ``whole`` if a piece must have all channels of its positions (softmax).
    """

    def __init__(
        self,
        bias: Array | None,
        before: Activate | None,
        residual: Array | None,
        after: Activate | None,
        *,
        whole: bool,
    ) -> None:
        self.bias, self.before, self.residual, self.after, self.whole = bias, before, residual, after, whole

    def widened(self, width: int) -> None:
        """Repeat a short bias for ``width`` positions: one long run is added faster than many short ones."""
        if self.bias is not None and self.bias.size <= SHORT:
            self.bias = np.tile(self.bias, (width, 1))

    def part(self, place: Any, across: slice = slice(None), channels: slice = slice(None)) -> Finish:
        """The steps for the part of the output at ``place``, for these positions along its last axis and channels."""
        bias = self.bias if self.bias is None else self.bias[..., channels]
        bias = bias if bias is None or bias.ndim == 1 else bias[across]
        residual = None if self.residual is None else self.residual[place][..., channels]
        return Finish(bias, self.before, residual, self.after, whole=self.whole)

    def __call__(self, source: Array, target: Array, piece: Any) -> None:
        """``target``, the ``piece`` of the output, from ``source`` (which may be the target itself)."""
        if self.bias is not None:
            source = np.add(source, self.bias[..., piece[-1]], out=target)
        if self.before:
            self.before(source, target)
        elif source is not target:
            np.copyto(target, source)
        if self.residual is not None:
            np.add(target, self.residual[piece], out=target)
            if self.after:
                self.after(target, target)


class Job(NamedTuple):
    """``xs`` and ``y`` are ``[batch, H, W, C]`` (of a sequence W is 1), of a volume ``[batch, D, H, W, C]``; ``xs[0]``
    has the border that ``windows`` need.

    ``shape`` is that of one example of it. ``tile``: inputs along a tile of Winograd's form, or 0 if it runs in
    another; ``pooled``: the output is the largest of each 2×2.
    """

    kind: Any
    weights: Weights
    windows: list[Window]
    shape: Shape
    xs: list[Array]
    y: Array
    finish: Finish
    tile: int
    pooled: bool
    workers: int
    common: Common


def pieces(examples: int, rows: int, most: int, workers: int) -> list[tuple[slice, slice]]:
    """Examples and rows in pieces of at most ``most`` rows (at least one), as even as possible, and the same number for
    each worker if there are enough rows.
    """
    most = max(1, min(most, -(-examples * rows // workers)))
    if most >= rows:
        return [(part, slice(0, rows)) for part in spans(examples, most // rows, workers)]
    parts = spans(rows, most, 1 if examples % workers == 0 else workers)
    return [(slice(n, n + 1), part) for n in range(examples) for part in parts]


def spans(total: int, most: int, workers: int = 1) -> list[slice]:
    """``total`` in slices of at most ``most``, as even as possible, and the same number for each worker."""
    count = -(-total // max(1, most))
    count = min(total, -(-count // workers) * workers)
    return [slice(total * i // count, total * (i + 1) // count) for i in range(count)]


def largest(parts: Sequence[tuple[slice, ...]]) -> int:
    """Rows of all examples in the largest of :func:`pieces`."""
    return max((n.stop - n.start) * (rows.stop - rows.start) for n, rows, *_ in parts)


def side(tile: int, kernel: int) -> int:
    """Outputs along each axis of one of Winograd's tiles, which has ``tile`` inputs."""
    return tile - kernel + 1


def flat(x: Array) -> Array | None:
    """``[..., C]`` as ``[pixels, C]`` without a copy, or None if its pixels are not evenly spaced."""
    y = x.reshape(-1, x.shape[-1])
    return y if np.may_share_memory(y, x) else None


def check_reach(job: Job) -> None:
    """Raise EngineError if a window of the output would lie outside the buffer of its operand."""
    for axis, w in enumerate(job.windows, start=1):
        positions = job.y.shape[axis] * (2 if job.pooled else 1)
        positions += -positions % side(job.tile, w.kernel) if job.tile else 0
        check_fits(w, positions, job.xs[0].shape[axis])


def check_fits(w: Window, positions: int, size: int) -> None:
    """Raise EngineError if windows at ``positions`` places read more than ``size`` numbers along an axis."""
    needed = reached(positions, w.kernel, w.stride, w.dilation)
    if needed > size:
        raise EngineError(
            f"a window reads {needed} positions, but there are {size}: this is a bug in cnncalc",
            help="please report it with the spec",
        )
