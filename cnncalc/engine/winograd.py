"""3×3 and 5×5 convolutions of stride 1 by Winograd's minimal filtering.

F(4×4, 3×3) takes 36 products for 16 outputs, not 144; F(2×2, 5×5) takes 36 for 4, not 100. A tile of 6×6 inputs, the
kernel and the products are each moved through a small fixed matrix along both sides:
``Y = Aᵀ[(G g Gᵀ) ⊙ (Bᵀ d B)]A``. Over all channels and tiles the products are 36 products of matrices.
Source: Lavin & Gray, Fast algorithms for convolutional neural networks (2016), section 4.1, with the interpolation
points 0, 1, −1, 2, −2, ∞. The sums are rounded more than those of a plain convolution, to about 1e-5.
"""

from __future__ import annotations

import math
from functools import partial

import numpy as np
from numpy.lib.stride_tricks import as_strided

from cnncalc.engine.arrays import Array
from cnncalc.engine.job import Job, side, spans
from cnncalc.engine.workers import Common, Phase, Work

INPUT = np.array([[4, 0, -5, 0, 1, 0], [0, -4, -4, 1, 1, 0], [0, 4, -4, -1, 1, 0], [0, -2, -1, 2, 1, 0],
                  [0, 2, -1, -2, 1, 0], [0, 4, 0, -5, 0, 1]], np.float32)  # fmt: skip
POINTS = np.array([0, 1, -1, 2, -2], np.float64)  # and ∞
WEIGHTS = np.array([6, -4, -4, 1, 1], np.float64) / 24  # 1 over the product of a point's distances from the others

KERNELS = (3, 5)
MOVED = 48  # products that must be saved for each number of a tile that is moved to and fro
TILES = 32  # tiles below which the kernels, larger than before, take longer to read than they save
ROOM = 450_000  # numbers of a piece: its tiles in both arrays that they move between
FEW = 64  # tiles a worker below which workers share the 36 products instead


def powers(count: int) -> Array:
    """``[6, count]``: the powers of each point from 0 on; of ∞ the highest alone."""
    return np.vstack([np.vander(POINTS, count, increasing=True), np.eye(count)[-1]])


def transformed(kernel: Array) -> Array:
    """``[r, r, C, filters]`` as ``[36, C, filters]``."""
    moved = powers(len(kernel)) * np.append(WEIGHTS, 1)[:, None]
    both = np.kron(moved, moved).astype(np.float32)
    return (both @ kernel.reshape(len(kernel) ** 2, -1)).reshape(36, *kernel.shape[2:])


def tiles(counts: tuple[int, ...], kernel: int) -> int:
    """How many tiles cover ``counts`` examples, rows and columns."""
    return counts[0] * math.prod(-(-count // side(kernel)) for count in counts[1:])


def pays(kernel: int, channels: int, filters: int) -> bool:
    """Whether the products that are saved outweigh the moving of tiles."""
    saved = (kernel * side(kernel)) ** 2 - 36
    return saved * channels * filters >= 36 * MOVED * (channels + filters)


class Winograd:
    """A convolution of stride 1, whose operand has a border that holds whole tiles.

    A line is the row of tiles over as many rows of the output as a tile has. The numbers of some lines go back and
    forth between two arrays: tiles, tiles moved by ``Bᵀ``, their products, and those moved by ``Aᵀ``.
    """

    def __init__(self, job: Job) -> None:
        self.x, self.y, self.finish = job.xs[0], job.y, job.finish
        self.kernel = transformed(job.weights["kernel"])
        self.step = 2 if job.pooled else 1
        examples, height, width, self.filters = job.y.shape
        height, width = height * self.step, width * self.step
        self.channels = self.x.shape[3]
        self.side = side(job.windows[0].kernel)
        self.output = np.ascontiguousarray(powers(self.side).T, np.float32)
        self.across = -(-width // self.side)
        self.lines = [(n, row) for n in range(examples) for row in range(0, height, self.side)]
        self.most = max(self.channels, self.filters)
        lines = max(1, ROOM // (72 * self.across * self.most), -(-32 // self.across))
        self.parts = spans(len(self.lines), min(lines, -(-len(self.lines) // job.workers)), job.workers)

    def works(self, workers: int, common: Common) -> list[Work]:
        """Pieces of lines by themselves; where those have few tiles, all lines in three phases that workers share."""
        count = len(self.lines) * self.across
        size = 36 * self.most * self.across * max(part.stop - part.start for part in self.parts)
        if count >= FEW * workers or workers == 1:
            return [Phase(len(self.parts), partial(self._piece, size), 2 * size)]
        common.take(36 * count * (self.channels + self.filters))
        shares = spans(36, -(-36 // (2 * workers)))

        def arrays() -> tuple[Array, Array]:
            seen, products = np.split(
                common.array[: 36 * count * (self.channels + self.filters)], [36 * count * self.channels]
            )
            return seen.reshape(6, 6, count, -1), products.reshape(6, 6, count, -1)

        def of(part: slice) -> slice:
            return slice(part.start * self.across, part.stop * self.across)

        def see(block: int, scratch: Array) -> None:
            part = self.parts[block]
            self._see(part, arrays()[0][:, :, of(part)], scratch[:size], scratch[size:])

        def multiply(block: int, scratch: Array) -> None:
            seen, products = (array.reshape(36, count, -1)[shares[block]] for array in arrays())
            np.matmul(seen, self.kernel[shares[block]], out=products)

        def spread(block: int, scratch: Array) -> None:
            part = self.parts[block]
            self._spread(part, arrays()[1][:, :, of(part)], scratch[:size], scratch[size:])

        return [Phase(len(self.parts), see, 2 * size), Phase(len(shares), multiply), Phase(len(self.parts), spread)]

    def _piece(self, size: int, block: int, scratch: Array) -> None:
        """Some lines from the tiles to the output."""
        part = self.parts[block]
        count = (part.stop - part.start) * self.across
        first, second = scratch[:size], scratch[size:]
        seen = first[: 36 * count * self.channels].reshape(6, 6, count, -1)
        products = second[: 36 * count * self.filters].reshape(6, 6, count, -1)
        self._see(part, seen, first, second)
        np.matmul(seen.reshape(36, count, -1), self.kernel, out=products.reshape(36, count, -1))
        self._spread(part, products, first, second)

    def _see(self, part: slice, seen: Array, first: Array, second: Array) -> None:
        """The tiles of some lines, moved by ``Bᵀ`` on both sides, into ``seen`` ``[6, 6, tiles, C]``."""
        lines, channels = self.lines[part], self.channels
        size = 36 * len(lines) * self.across * channels
        gathered = first[:size].reshape(6, 6, len(lines), self.across, channels)
        _, h, w, c = self.x.strides
        for line, (n, row) in enumerate(lines):
            tiles = as_strided(self.x[n, row:], (6, 6, self.across, channels), (h, w, self.side * w, c))
            np.copyto(gathered[:, :, line], tiles)
        half = second[:size].reshape(6, -1)
        np.matmul(INPUT, gathered.reshape(6, -1), out=half)
        np.matmul(INPUT, half.reshape(6, 6, -1), out=_rows(seen))

    def _spread(self, part: slice, products: Array, first: Array, second: Array) -> None:
        """The outputs of some lines from ``products`` ``[6, 6, tiles, filters]``, moved by ``Aᵀ`` on both sides."""
        lines, filters, side = self.lines[part], self.filters, self.side
        size = len(lines) * self.across * filters
        half = first[: 6 * side * size].reshape(6, side, size)
        np.matmul(self.output, _rows(products), out=half)
        made = second[: side * side * size].reshape(side, side * size)
        np.matmul(self.output, half.reshape(6, -1), out=made)
        made = made.reshape(side, side, len(lines), self.across, filters)
        for line, (n, row) in enumerate(lines):
            self._write(made[:, :, line], n, row)

    def _write(self, made: Array, n: int, row: int) -> None:
        """One line ``[side, side, across, filters]``; tiles that go beyond the output are cut."""
        if self.step == 2:
            for of in (made, made.swapaxes(0, 1)):
                np.maximum(of[::2], of[1::2], out=of[::2])
            made, row = made[::2, ::2], row // 2
        side, (height, width) = len(made), self.y.shape[1:3]
        rows, full = min(side, height - row), width // side
        target = self.y[n, row : row + rows]
        whole = made[:rows].transpose(0, 2, 1, 3)  # [rows, across, side, filters]
        np.copyto(target[:, : full * side].reshape(rows, full, side, self.filters), whole[:, :full])
        if full < self.across:
            np.copyto(target[:, full * side :], whole[:, full, : width - full * side])
        self.finish(target, target, (n, slice(row, row + rows), slice(None), slice(None)))


def _rows(array: Array) -> Array:
    """``[6, 6, tiles, C]`` as ``[6, 6, tiles·C]``; a view, also of some of the tiles."""
    return as_strided(array, (6, 6, array.shape[2] * array.shape[3]), (*array.strides[:2], array.itemsize))
