"""3×3 convolutions of stride 1 by Winograd's minimal filtering F(4×4, 3×3): 36 products for 16 outputs, not 144.

A tile of 6×6 inputs, the kernel and the products are each moved through a small fixed matrix along both sides:
``Y = Aᵀ[(G g Gᵀ) ⊙ (Bᵀ d B)]A``. Over all channels and tiles the products are 36 products of matrices.
Source: Lavin & Gray, Fast algorithms for convolutional neural networks (2016), section 4.1, with the interpolation
points 0, 1, −1, 2, −2, ∞. The sums are rounded more than those of a plain convolution, to about 1e-5.
"""

from __future__ import annotations

from functools import partial

import numpy as np
from numpy.lib.stride_tricks import as_strided

from cnncalc.engine.arrays import Array
from cnncalc.engine.job import TILE, Job, spans
from cnncalc.engine.workers import Common, Phase, Work

INPUT = np.array([[4, 0, -5, 0, 1, 0], [0, -4, -4, 1, 1, 0], [0, 4, -4, -1, 1, 0], [0, -2, -1, 2, 1, 0],
                  [0, 2, -1, -2, 1, 0], [0, 4, 0, -5, 0, 1]], np.float32)  # fmt: skip
KERNEL = np.array([[6, 0, 0], [-4, -4, -4], [-4, 4, -4], [1, 2, 4], [1, -2, 4], [0, 0, 24]], np.float64) / 24
OUTPUT = np.array([[1, 1, 1, 1, 1, 0], [0, 1, -1, 2, -2, 0], [0, 1, 1, 4, 4, 0], [0, 1, -1, 8, -8, 1]], np.float32)

CHANNELS = 32  # channels below which moving the tiles costs more than the products save
TILES = 32  # tiles below which the kernels, four times as large, take longer to read than they save
SIDE = TILE
ROOM = 450_000  # numbers of a piece: its tiles in both arrays that they move between
FEW = 64  # tiles a thread below which workers share the 36 products instead


def transformed(kernel: Array) -> Array:
    """``[3, 3, C, filters]`` as ``[36, C, filters]``."""
    both = np.kron(KERNEL, KERNEL).astype(np.float32)
    return (both @ kernel.reshape(9, -1)).reshape(36, *kernel.shape[2:])


def border(size: int) -> int:
    """Positions beyond the input that whole tiles see, besides those that the windows see."""
    return -size % SIDE


def tiles(counts: tuple[int, ...]) -> int:
    """How many tiles cover ``counts`` examples, rows and columns."""
    return counts[0] * -(-counts[1] // SIDE) * -(-counts[2] // SIDE)


class Winograd:
    """A 3×3 convolution of stride 1, whose operand has a border that holds whole tiles.

    A line is the row of tiles over four rows of the output. The numbers of some lines go back and forth between two
    arrays: tiles, tiles moved by ``Bᵀ``, their products, and those moved by ``Aᵀ``.
    """

    def __init__(self, job: Job) -> None:
        self.x, self.y, self.finish = job.xs[0], job.y, job.finish
        self.kernel = transformed(job.weights["kernel"])
        examples, height, width, self.filters = job.y.shape
        self.channels = self.x.shape[3]
        self.across = -(-width // SIDE)
        self.lines = [(n, row) for n in range(examples) for row in range(0, height, SIDE)]
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
            tiles = as_strided(self.x[n, row:], (6, 6, self.across, channels), (h, w, SIDE * w, c))
            np.copyto(gathered[:, :, line], tiles)
        half = second[:size].reshape(6, -1)
        np.matmul(INPUT, gathered.reshape(6, -1), out=half)
        np.matmul(INPUT, half.reshape(6, 6, -1), out=_rows(seen))

    def _spread(self, part: slice, products: Array, first: Array, second: Array) -> None:
        """The outputs of some lines from ``products`` ``[6, 6, tiles, filters]``, moved by ``Aᵀ`` on both sides."""
        lines, filters = self.lines[part], self.filters
        size = len(lines) * self.across * filters
        half = first[: 24 * size].reshape(6, 4, size)
        np.matmul(OUTPUT, _rows(products), out=half)
        made = second[: 16 * size].reshape(4, 4 * size)
        np.matmul(OUTPUT, half.reshape(6, -1), out=made)
        made = made.reshape(SIDE, SIDE, len(lines), self.across, filters)
        for line, (n, row) in enumerate(lines):
            self._write(made[:, :, line], n, row)

    def _write(self, made: Array, n: int, row: int) -> None:
        """One line ``[SIDE, SIDE, across, filters]``; tiles that go beyond the output are cut."""
        height, width = self.y.shape[1:3]
        rows, full = min(SIDE, height - row), width // SIDE
        target = self.y[n, row : row + rows]
        whole = made[:rows].transpose(0, 2, 1, 3)  # [rows, across, SIDE, filters]
        np.copyto(target[:, : full * SIDE].reshape(rows, full, SIDE, -1), whole[:, :full])
        if full < self.across:
            np.copyto(target[:, full * SIDE :], whole[:, full, : width - full * SIDE])
        self.finish(target, target, (n, slice(row, row + rows), slice(None), slice(None)))


def _rows(array: Array) -> Array:
    """``[6, 6, tiles, C]`` as ``[6, 6, tiles·C]``; a view, also of some of the tiles."""
    return as_strided(array, (6, 6, array.shape[2] * array.shape[3]), (*array.strides[:2], array.itemsize))
