"""3×3 and 5×5 convolutions of stride 1 by Winograd's minimal filtering.

A tile of 6×6 inputs gives 4×4 outputs of a 3×3 convolution for 36 products, not 144, or 2×2 of a 5×5 one, not 100; one
of 4×4 inputs gives 2×2 of a 3×3 one for 16, not 36. The tile, the kernel and the products are each moved through a
small fixed matrix along both sides: ``Y = Aᵀ[(G g Gᵀ) ⊙ (Bᵀ d B)]A``. Over all channels and tiles the products are
products of matrices. The three matrices follow from points at which polynomials are multiplied: 0, 1, −1, 2, −2 and ∞,
or 0, 1, −1 and ∞. The sums are rounded more than those of a plain convolution, to about 1e-5. Sources: Lavin & Gray,
Fast algorithms for convolutional neural networks (2016), section 4.1; Winograd, Arithmetic complexity of computations
(1980).
"""

from __future__ import annotations

import math
from functools import partial

import numpy as np
from numpy.lib.stride_tricks import as_strided

from cnncalc.engine.arrays import Array
from cnncalc.engine.fast.job import Job, side, spans
from cnncalc.engine.parallel.work import Common, Phase, Work

POINTS = (0, 1, -1, 2, -2)  # and ∞
SIZES = (4, 6)  # of tiles; larger ones save more if there are enough of them
KERNELS = (3, 5)
MOVED = 48  # products that must be saved for each number of a tile that is moved to and fro
TILES = 32  # with fewer tiles, reading the larger kernels takes longer than they save
ROOM = 450_000  # numbers of a piece: its tiles in both arrays that they move between
FEW = 64  # tiles for each worker; below, workers share the products instead


def powers(tile: int, count: int) -> Array:
    """``[tile, count]``: the powers of each point from 0 on; of ∞ the highest alone. Transposed it is Aᵀ."""
    return np.vstack([np.vander(POINTS[: tile - 1], count, increasing=True), np.eye(count)[-1]])


def inputs(tile: int) -> Array:
    """Bᵀ ``[tile, tile]``: the polynomials that are 0 at all other points; of ∞ at all."""
    points = POINTS[: tile - 1]
    rows = [np.poly([p for p in points if p != point])[::-1] for point in points]
    return np.vstack([*(np.append(row, 0) for row in rows), np.poly(points)[::-1]]).astype(np.float32)


def kernels(tile: int, count: int) -> Array:
    """G ``[tile, count]``: the powers over the product of a point's distances from the others."""
    points = POINTS[: tile - 1]
    apart = [math.prod(point - other for other in points if other != point) for point in points]
    return powers(tile, count) / np.array([*apart, 1])[:, None]


def transformed(kernel: Array, tile: int) -> Array:
    """``[r, r, C, filters]`` as ``[tile², C, filters]``."""
    moved = kernels(tile, len(kernel))
    both = np.kron(moved, moved).astype(np.float32)
    return (both @ kernel.reshape(len(kernel) ** 2, -1)).reshape(-1, *kernel.shape[2:])


def pays(tile: int, counts: tuple[int, ...], kernel: int, channels: int, filters: int) -> bool:
    """Whether the saved products outweigh the cost of transforming tiles, for ``counts`` examples, rows and columns."""
    outputs = side(tile, kernel)
    if outputs < 2:
        return False
    tiles = counts[0] * math.prod(-(-count // outputs) for count in counts[1:])
    saved = (kernel * outputs) ** 2 - tile**2
    return tiles >= TILES and saved * channels * filters >= tile**2 * MOVED * (channels + filters)


class Winograd:
    """A convolution of stride 1, whose operand has a border wide enough for whole tiles.

    A line is one row of tiles across an image. A piece of work takes as many lines as stay in the cache, because each
    number is moved four times (tiles, tiles through ``Bᵀ``, products, products through ``Aᵀ``) and is multiplied in
    between only once for each filter: from main memory the moving would cost more than it saves. The four results go
    back and forth between two arrays of one scratch.
    """

    def __init__(self, job: Job) -> None:
        self.x, self.y, self.finish = job.xs[0], job.y, job.finish
        self.tile, self.area = job.tile, job.tile**2
        self.kernel = transformed(job.weights["kernel"], job.tile)
        self.step = 2 if job.pooled else 1
        examples, height, width, self.filters = job.y.shape
        height, width = height * self.step, width * self.step
        self.channels = self.x.shape[3]
        self.side = side(job.tile, job.windows[0].kernel)
        self.input, self.output = inputs(job.tile), np.ascontiguousarray(powers(job.tile, self.side).T, np.float32)
        self.across = -(-width // self.side)
        self.lines = [(n, row) for n in range(examples) for row in range(0, height, self.side)]
        self.most = max(self.channels, self.filters)
        lines = max(1, ROOM // (2 * self.area * self.across * self.most), -(-32 // self.across))
        self.parts = spans(len(self.lines), min(lines, -(-len(self.lines) // job.workers)), job.workers)

    def works(self, workers: int, common: Common) -> list[Work]:
        """Each piece by itself if there are enough tiles. Else each worker would read the whole kernel, which is larger
        than the tiles then: the work is done in three phases, and in the second the workers share the kernel.
        """
        count = len(self.lines) * self.across
        size = self.area * self.most * self.across * max(part.stop - part.start for part in self.parts)
        if count >= FEW * workers or workers == 1:
            return [Phase(len(self.parts), partial(self._piece, size), 2 * size)]
        common.take(self.area * count * (self.channels + self.filters))
        shares = spans(self.area, -(-self.area // (2 * workers)))

        def arrays() -> tuple[Array, Array]:
            seen, products = np.split(
                common.array[: self.area * count * (self.channels + self.filters)], [self.area * count * self.channels]
            )
            return seen.reshape(self.tile, self.tile, count, -1), products.reshape(self.tile, self.tile, count, -1)

        def of(part: slice) -> slice:
            return slice(part.start * self.across, part.stop * self.across)

        def see(block: int, scratch: Array) -> None:
            part = self.parts[block]
            self._see(part, arrays()[0][:, :, of(part)], scratch[:size], scratch[size:])

        def multiply(block: int, scratch: Array) -> None:
            seen, products = (array.reshape(self.area, count, -1)[shares[block]] for array in arrays())
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
        seen = first[: self.area * count * self.channels].reshape(self.tile, self.tile, count, -1)
        products = second[: self.area * count * self.filters].reshape(self.tile, self.tile, count, -1)
        self._see(part, seen, first, second)
        np.matmul(seen.reshape(self.area, count, -1), self.kernel, out=products.reshape(self.area, count, -1))
        self._spread(part, products, first, second)

    def _see(self, part: slice, seen: Array, first: Array, second: Array) -> None:
        """The tiles of some lines, moved by ``Bᵀ`` on both sides, into ``seen`` ``[tile, tile, tiles, C]``."""
        lines, channels = self.lines[part], self.channels
        size = self.area * len(lines) * self.across * channels
        gathered = first[:size].reshape(self.tile, self.tile, len(lines), self.across, channels)
        _, h, w, c = self.x.strides
        for line, (n, row) in enumerate(lines):
            tiles = as_strided(self.x[n, row:], (self.tile, self.tile, self.across, channels), (h, w, self.side * w, c))
            np.copyto(gathered[:, :, line], tiles)
        half = second[:size].reshape(self.tile, -1)
        np.matmul(self.input, gathered.reshape(self.tile, -1), out=half)
        np.matmul(self.input, half.reshape(self.tile, self.tile, -1), out=_rows(seen))

    def _spread(self, part: slice, products: Array, first: Array, second: Array) -> None:
        """The outputs of some lines: ``products`` ``[tile, tile, tiles, filters]``, moved by ``Aᵀ`` on both sides."""
        lines, filters, side = self.lines[part], self.filters, self.side
        size = len(lines) * self.across * filters
        half = first[: self.tile * side * size].reshape(self.tile, side, size)
        np.matmul(self.output, _rows(products), out=half)
        made = second[: side * side * size].reshape(side, side * size)
        np.matmul(self.output, half.reshape(self.tile, -1), out=made)
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
    """``[tile, tile, tiles, C]`` as ``[tile, tile, tiles·C]``; a view, also of some of the tiles."""
    down, across, tiles, channels = array.shape
    return as_strided(array, (down, across, tiles * channels), (*array.strides[:2], array.itemsize))
