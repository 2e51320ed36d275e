"""Layers that run as one: an elementwise layer is applied to the previous layer's output while it is in the cache.

A batch normalisation is folded into the weights of the convolution before it. An activation, or a sum with a value that
is known by then (a residual connection), is done in place. Dropout does nothing at inference.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from cnncalc.engine import weights as learned
from cnncalc.engine.arrays import Array, Weights
from cnncalc.kinds.activation import Activation, Linear
from cnncalc.kinds.add import Add
from cnncalc.kinds.base.activated import added, ending
from cnncalc.kinds.base.function import Function
from cnncalc.kinds.concat import Concat
from cnncalc.kinds.norm import Batchnorm
from cnncalc.kinds.pool import Maxpool

if TYPE_CHECKING:
    from cnncalc.summary.rows import Row, Summary


class Op:
    """Rows that run as one: the first does the work, the others change its output elementwise.

    ``sources`` are the values that it reads, ``residual`` the one that is added (or None), ``value`` its own output.
    ``before`` and ``after`` are the activation functions before and after that sum. If ``pooled``, its output is the
    largest of each 2×2 of the first row's output.
    """

    def __init__(self, row: Row, first: int) -> None:
        self.rows = [row]
        self.sources: tuple[int, ...] = row.layer.sources
        self.residual: int | None = None
        self.value = first + row.index
        self.norm: Row | None = None
        self.before = own_activation(row)
        self.after: Function | None = None
        self.pooled = False

    @property
    def head(self) -> Row:
        return self.rows[0]

    @property
    def reads(self) -> tuple[int, ...]:
        return self.sources if self.residual is None else (*self.sources, self.residual)

    @property
    def name(self) -> str:
        return " + ".join(row.name for row in self.rows)


def fuse(summary: Summary, *, whole: bool) -> list[Op]:
    """The rows as ops in running order; each row by itself if ``whole`` (every output is wanted)."""
    first = len(summary.inputs)
    if whole:
        return [Op(row, first) for row in summary.rows]
    uses = Counter(source for row in summary.rows for source in row.layer.sources)
    reader = {source: row for row in summary.rows for source in row.layer.sources}
    taken: set[int] = set()
    ops: list[Op] = []
    for row in summary.rows:
        if row.index in taken:
            continue
        op = Op(row, first)
        while uses[op.value] == 1 and _absorbs(op, reader[op.value], taken):
            follower = reader[op.value]
            taken.add(follower.index)
            op.rows.append(follower)
            op.value = first + follower.index
        ops.append(op)
    return sorted(ops, key=lambda op: op.rows[-1].index)


def _absorbs(op: Op, row: Row, taken: set[int]) -> bool:
    """Whether ``row`` can run as a part of ``op``; if so, the op records it."""
    kind: Any = row.layer.kind
    if row.index in taken:
        return False
    if kind.identity:
        return True
    if isinstance(op.head.layer.kind, Concat):  # its operands may share its buffer and have other readers
        return False
    if isinstance(kind, Batchnorm):
        if op.norm or op.before or op.residual is not None or not op.head.layer.kind.channel_axes():
            return False
        op.norm = row
        return True
    if isinstance(kind, Add):
        return _adds(op, row)
    function = ending(kind) if isinstance(kind, (Function, Activation)) else None
    return function is not None and _activates(op, function)


def _activates(op: Op, function: Function) -> bool:
    if op.residual is not None:
        if op.after:
            return False
        op.after = function
    elif op.before:
        return False
    else:
        op.before = function
    return True


def _adds(op: Op, row: Row) -> bool:
    """A sum with one other operand of the same sizes. That one is known by then, because an op runs at the position of
    its last row.
    """
    others = [source for source in row.layer.sources if source != op.value]
    if op.residual is not None or len(others) != 1 or len(row.layer.sources) != 2 or len(set(row.xs)) != 1:
        return False
    op.residual = others[0]
    op.after = own_activation(row)
    return True


def pool(ops: list[Op], tiled: Collection[Op]) -> list[Op]:
    """The ops, with each 2×2 max pool merged into the op that it follows if that is ``tiled``."""
    uses = Counter(value for op in ops for value in op.reads)
    halving = {op.sources[0]: op for op in ops if _halves(op)}
    for op in tiled:
        follower = halving.get(op.value)
        rises = op.before is None or op.before.rises
        if follower and uses[op.value] == 1 and op.residual is None and rises:
            ops.remove(follower)
            op.rows += follower.rows
            op.value, op.pooled = follower.value, True
    return sorted(ops, key=lambda op: op.rows[-1].index)


def _halves(op: Op) -> bool:
    """Whether an op is a 2×2 max pool with stride 2, and nothing more."""
    kind, x = op.head.layer.kind, op.head.xs[0]
    if not isinstance(kind, Maxpool) or op.before or op.residual is not None:
        return False
    windows = [(w.kernel, w.stride, w.dilation, w.begin) for w in kind.windows(x)]
    return windows == [(2, 2, 1, 0)] * 2 and op.head.output.spatial == tuple(size // 2 for size in x.spatial)


def own_activation(row: Row) -> Function | None:
    """The activation function that a layer's field names, unless it is the identity."""
    function = added(row.layer.kind)
    return None if isinstance(function, Linear) else function


def folded(summary: Summary, op: Op, arrays: Mapping[str, Array], *, owned: bool = False) -> Weights:
    """The weights of an op, its batch normalisation multiplied into the kernel and added to the bias.

    ``owned``: the arrays are the engine's own, so that a kernel that nobody else uses may be changed in place.
    """
    own = learned.of(summary, op.head, arrays)
    if op.norm is None:
        return own
    norm: Any = op.norm.layer.kind
    moved = learned.of(summary, op.norm, arrays)
    factor = moved.get("gamma", np.float32(1)) / np.sqrt(moved["moving_variance"] + np.float32(norm.eps))
    shift = moved.get("beta", np.float32(0)) + (own.get("bias", np.float32(0)) - moved["moving_mean"]) * factor
    kernel = own["kernel"]
    factor = factor.reshape(kernel.shape[-op.head.layer.kind.channel_axes() :])
    alone = owned and not learned.common(summary, op.head)
    scaled = np.multiply(kernel, factor, out=kernel if alone else None)
    return {"kernel": scaled, "bias": np.ascontiguousarray(shift, np.float32)}
