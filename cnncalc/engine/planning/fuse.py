"""Layers that run as one: what follows a layer, number by number, is done on its output while that is in the cache.

A batch normalisation is folded into the weights of the convolution before it; an activation, and a sum with what is
there already (a residual connection), are done in place; dropout is nothing at all.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from cnncalc.engine import weights as learned
from cnncalc.engine.arrays import Array, Weights
from cnncalc.engine.kernels.activation import function_of
from cnncalc.kinds.activation import __name__ as ACTIVATIONS
from cnncalc.kinds.add import Add
from cnncalc.kinds.base.activated import Activated
from cnncalc.kinds.concat import Concat
from cnncalc.kinds.conv import Conv, DepthwiseConv, TransposedConv
from cnncalc.kinds.dense import Dense
from cnncalc.kinds.dropout import Dropout
from cnncalc.kinds.norm import Batchnorm
from cnncalc.kinds.pool import Maxpool
from cnncalc.kinds.stochastic_depth import StochasticDepth

if TYPE_CHECKING:
    from cnncalc.summary.rows import Row, Summary

#: Activations that never fall, so that the largest of a window may be taken before them. None: no activation.
RISING = (None, "relu", "relu6", "leaky_relu", "elu", "celu", "selu", "sigmoid", "hard_sigmoid", "tanh", "softplus",
          "softsign")  # fmt: skip
#: Kinds whose last weight axis is their channels (of a depthwise kernel the last two), so that a factor fits in.
FOLDABLE = (Conv, DepthwiseConv, TransposedConv, Dense)


class Op:
    """Rows that run as one: the first does the work, the others change its output number by number.

    ``sources`` are the values it reads, ``residual`` the one that is added (or None), ``value`` the one it puts out.
    ``before`` and ``after`` are the activations (kinds) before and after that sum. Where ``pooled`` it puts out the
    largest of each 2×2 of what the first row does.
    """

    def __init__(self, row: Row, first: int) -> None:
        self.rows = [row]
        self.sources: tuple[int, ...] = row.layer.sources
        self.residual: int | None = None
        self.value = first + row.index
        self.norm: Row | None = None
        self.before: Any = own_activation(row)
        self.after: Any = None
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
    """The rows as ops in running order; each row by itself where ``whole`` (every output is wanted)."""
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
    """Whether ``row`` can be done with ``op``; if so the op notes what it does."""
    kind: Any = row.layer.kind
    if row.index in taken:
        return False
    if isinstance(kind, (Dropout, StochasticDepth)):
        return True
    if isinstance(op.head.layer.kind, Concat):  # its operands may lie in it, and be read by others
        return False
    if isinstance(kind, Batchnorm):
        if op.norm or op.before or op.residual is not None or not _foldable(op.head.layer.kind):
            return False
        op.norm = row
        return True
    if type(kind).__module__ == ACTIVATIONS:
        return _activates(op, kind)
    if isinstance(kind, Add):
        return _adds(op, row)
    return False


def _foldable(kind: Any) -> bool:
    return isinstance(kind, FOLDABLE) and not (isinstance(kind, TransposedConv) and kind.groups != 1)


def _activates(op: Op, kind: Any) -> bool:
    if op.residual is not None:
        if op.after:
            return False
        op.after = kind
    elif op.before:
        return False
    else:
        op.before = kind
    return True


def _adds(op: Op, row: Row) -> bool:
    """A sum with one other operand of the same sizes, which has run by then: ops run where their last row stands."""
    others = [source for source in row.layer.sources if source != op.value]
    if op.residual is not None or len(others) != 1 or len(row.layer.sources) != 2 or len(set(row.xs)) != 1:
        return False
    op.residual = others[0]
    op.after = own_activation(row)
    return True


def pool(ops: list[Op], tiled: Collection[Op]) -> list[Op]:
    """The ops with each 2×2 max pool done by the op that it follows, of those that are ``tiled``."""
    uses = Counter(value for op in ops for value in op.reads)
    halving = {op.sources[0]: op for op in ops if _halves(op)}
    for op in tiled:
        follower = halving.get(op.value)
        word = None if op.before is None else function_of(op.before)
        if follower and uses[op.value] == 1 and op.residual is None and word in RISING:
            ops.remove(follower)
            op.rows += follower.rows
            op.value, op.pooled = follower.value, True
    return sorted(ops, key=lambda op: op.rows[-1].index)


def _halves(op: Op) -> bool:
    """Whether an op is a 2×2 max pool side by side, and nothing more."""
    kind, x = op.head.layer.kind, op.head.xs[0]
    if not isinstance(kind, Maxpool) or op.before or op.residual is not None:
        return False
    windows = [(w.kernel, w.stride, w.dilation, w.begin) for w in kind.windows(x)]
    return windows == [(2, 2, 1, 0)] * 2 and op.head.output.spatial == tuple(size // 2 for size in x.spatial)


def own_activation(row: Row) -> str | None:
    """The activation that a layer ends in."""
    kind = row.layer.kind
    word: str | None = getattr(kind, "activation", None) if isinstance(kind, Activated) else None
    return None if word == "linear" else word


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
    factor = factor.reshape(kernel.shape[-2:]) if isinstance(op.head.layer.kind, DepthwiseConv) else factor
    alone = owned and not learned.common(summary, op.head)
    scaled = np.multiply(kernel, factor, out=kernel if alone else None)
    return {"kernel": scaled, "bias": np.ascontiguousarray(shift, np.float32)}
