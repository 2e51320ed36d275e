"""The plan of a network before any number is computed: ops, the place of each output, the form of each convolution.

It depends on the sizes alone, so it can be printed, tested, and refused for the memory it would take.
"""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from cnncalc.engine import kernels
from cnncalc.engine.fast import transposed, winograd
from cnncalc.engine.fast.job import side
from cnncalc.engine.kernels.window import border
from cnncalc.engine.planning import fuse
from cnncalc.engine.planning.buffers import Buffer, Widths, settle
from cnncalc.engine.planning.fuse import Op
from cnncalc.kinds.base.window import Sliding
from cnncalc.kinds.concat import Concat
from cnncalc.kinds.conv import Conv, TransposedConv
from cnncalc.kinds.pool import Avgpool, Maxpool
from cnncalc.summary.liveness import dying
from cnncalc.summary.rows import BYTES

if TYPE_CHECKING:
    from cnncalc.summary.rows import Summary

NEAR = 16  # ops between an operand and the concat whose buffer it shares, at most
SHARE = 4  # Winograd's kernels, up to 4 times as large, may take a quarter of the weights and the largest outputs


class Layout:
    """The place of everything in memory, for ``batch`` examples.

    ``needs`` has the border that each op wants around its operand and what it holds (None: no border), ``tiled`` the
    ops that run in Winograd's form with the size of their tiles, ``size`` and ``places`` the arena.
    """

    def __init__(self, summary: Summary, batch: int, *, whole: bool = False) -> None:
        """``whole``: no layer is folded into another, so that each output can be inspected."""
        self.summary, self.batch, self.whole = summary, batch, whole
        self.ops = fuse.fuse(summary, whole=whole)
        self.tiled = self._tiled()
        if not whole:
            self.ops = fuse.pool(self.ops, self.tiled)
        self.buffers = self._buffers()
        self._join()
        self.needs = [self._need(op) for op in self.ops]
        self._widen()
        self.size, self.places = settle(list(self.buffers.values()))

    @property
    def bytes(self) -> int:
        """Bytes of the arena and of Winograd's kernels."""
        return BYTES * (self.size + sum(_tiled_size(*one) for one in self.tiled.items()))

    def __str__(self) -> str:
        """One line per op: its layers, its output and the place of it, and its form."""
        lines = []
        for op in self.ops:
            buffer = self.buffers[op.value]
            sizes = "×".join(map(str, (self.batch, *buffer.shape.sizes)))
            form = ("winograd" if op in self.tiled else op.head.kind) + (" and pool" if op.pooled else "")
            place = self.places[id(buffer.root)] + (buffer.offset if buffer.parent else 0)
            lines.append(f"{op.name}: {form}, {sizes} at {place}")
        return "\n".join(lines)

    def _buffers(self) -> dict[int, Buffer]:
        """A buffer for each input and for the output of each op."""
        found = {i: Buffer(self.batch, shape, -1) for i, shape in enumerate(self.summary.inputs.values())}
        end = len(self.ops)
        for time, op in enumerate(self.ops):
            found[op.value] = Buffer(self.batch, op.rows[-1].output, time)
        for time, values in enumerate(dying(op.reads for op in self.ops)):
            for value in values:
                found[value].last = time
        for op in self.ops:
            if op.rows[-1].name in self.summary.outputs:
                found[op.value].last = end
        return found

    def _join(self) -> None:
        """Operands of a concat along the channels go inside its output, unless they are in another one.

        An operand from long before would keep the memory of the whole output reserved all that time: it is copied.
        """
        for time, op in enumerate(self.ops):
            kind = op.head.layer.kind
            if not isinstance(kind, Concat) or kind.axis != "channels":
                continue
            whole, offset = self.buffers[op.value], 0
            for value in op.sources:
                part = self.buffers[value]
                if part.parent is None and 0 <= part.first >= time - NEAR and part is not whole:
                    part.parent, part.offset = whole, offset
                    whole.first = min(whole.first, part.first)
                offset += part.shape.channels

    def _need(self, op: Op) -> tuple[Widths, float] | None:
        """The border that an op needs around its operand, and its value; None for an op without windows."""
        kind, x = op.head.layer.kind, op.head.xs[0]
        if kernels.find_fast(kind, len(x.spatial)) is None:
            return None
        if isinstance(kind, TransposedConv):
            axes = transposed.residues(kind, x)
            return None if axes is None else (transposed.border(axes, x.spatial), 0.0)
        if not isinstance(kind, Sliding):
            return None
        windows, counts = kind.windows(x), kind.positions(x)
        widths = border(windows, counts)
        if op in self.tiled:
            apart = side(self.tiled[op], windows[0].kernel)  # whole tiles reach further than the windows
            widths = [(b, e + -n % apart) for (b, e), n in zip(widths, counts, strict=True)]
        return widths, -np.inf if isinstance(kind, Maxpool) else 0.0

    def _widen(self) -> None:
        """Give each buffer the widest border that any of its readers needs.

        All readers of a value, and all operands of one concat, share one border, and it can hold one number only: 0 for
        sums, −∞ for the largest. A max pool of values that are never negative is content with 0. If there is still a
        conflict, the max pool goes without a border and runs by its reference kernel.
        """
        positive = self._not_negative()
        wanted: dict[int, set[float]] = {}
        for number, op in enumerate(self.ops):
            need = self.needs[number]
            if need is None or not any(map(any, need[0])):
                continue
            value = op.sources[0]
            if need[1] and value in positive:
                need = self.needs[number] = (need[0], 0.0)
            wanted.setdefault(id(self.buffers[value].root), set()).add(need[1])
        for number, op in enumerate(self.ops):
            need, buffer = self.needs[number], self.buffers[op.sources[0]]
            if need is None or not any(map(any, need[0])):
                continue
            if need[1] and (len(wanted[id(buffer.root)]) > 1 or buffer.parent is not None):
                self.needs[number] = None
                continue
            buffer.widen(need[0])
            buffer.root.fill = need[1]

    def _not_negative(self) -> set[int]:
        """Values that are never negative: in a border around them, a max pool can use 0 for −∞."""
        found: set[int] = set()
        for op in self.ops:
            kind = op.head.layer.kind
            last = op.after if op.residual is not None else op.before
            moved = isinstance(kind, (Maxpool, Avgpool, Concat)) and found.issuperset(op.reads)
            if moved if last is None else last.bounds[0] >= 0:
                found.add(op.value)
        return found

    def _tiled(self) -> dict[Op, int]:
        """The ops that run in Winograd's form, and the size of their tiles.

        Their kernels take more memory, and there is a bound on that: first small tiles wherever they pay, then larger
        ones, which save less for the memory that they take; convolutions with the most outputs come first.
        """
        totals = self.summary.totals
        shapes = [*self.summary.inputs.values(), *(row.output for row in self.summary.rows)]
        outputs = [BYTES * self.batch * math.prod(shape.sizes) for shape in shapes]
        room = (totals.weight_bytes + max(map(sum, pairwise(outputs)), default=0)) // SHARE // BYTES
        pays = {op: [t for t in winograd.SIZES if _pays(op, t, self.batch)] for op in filter(_tileable, self.ops)}
        chosen: dict[Op, int] = {}
        for turn in range(len(winograd.SIZES)):
            for op in sorted(pays, key=lambda op: math.prod(op.head.output.spatial), reverse=True):
                if turn < len(pays[op]):
                    tile = pays[op][turn]
                    more = _tiled_size(op, tile) - (_tiled_size(op, chosen[op]) if op in chosen else 0)
                    if more <= room:
                        chosen[op] = tile
                        room -= more
        return chosen


def _pays(op: Op, tile: int, batch: int) -> bool:
    kind: Any = op.head.layer.kind
    (x,), y = op.head.xs, op.head.output
    return winograd.pays(tile, (batch, *y.spatial), kind.windows(x)[0].kernel, x.channels, y.channels)


def _tileable(op: Op) -> bool:
    """Whether an op is a convolution of stride 1 with square windows of a size that the form covers."""
    kind, x = op.head.layer.kind, op.head.xs[0]
    if not isinstance(kind, Conv) or len(x.spatial) != 2 or kind.groups != 1:
        return False
    (kernel, *others), *rest = ((w.kernel, w.stride, w.dilation) for w in kind.windows(x))
    return kernel in winograd.KERNELS and others == [1, 1] and rest == [(kernel, 1, 1)]


def _tiled_size(op: Op, tile: int) -> int:
    """Numbers of an op's kernels in Winograd's form."""
    return tile**2 * math.prod(op.head.layer.kind.weights(*op.head.xs)["kernel"][2:])
