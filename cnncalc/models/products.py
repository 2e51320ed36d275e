"""Products of two computed values, which get no layer until it is known what they are part of."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import NamedTuple

from cnncalc.models.graph import Node, Tensor
from cnncalc.models.values import Dim, Factor, Value, joined, regrouped


class Product(NamedTuple):
    """``left`` [..., rows, inner] times ``right`` [..., inner, columns]; ``dims`` is how the result was first seen.

    The axes of the result have the names of those of its factors, with ``q.`` before those of the left one, and ``k.``
    or ``v.`` before those of the right one. ``added`` are constants that were added, each with the dimensions that the
    value then had. ``softmax`` is over the columns. ``scores`` is the product that the left factor is.
    """

    node: Node
    left: Value
    right: Value
    dims: tuple[Dim, ...]
    scale: float = 1.0
    added: tuple[tuple[Tensor, tuple[Dim, ...]], ...] = ()
    softmax: bool = False
    scores: Product | None = None

    @property
    def sizes(self) -> list[int]:
        """The sizes of the result."""
        return [prod(factor.size for factor in dim) for dim in self.dims]

    @property
    def inner(self) -> int:
        """How many numbers each number of the result is a sum over."""
        return self.left.all_sizes[-1]


def prefixed(prefix: str, dims: Sequence[Dim]) -> tuple[Dim, ...]:
    """The dimensions with a prefix before the name of each axis."""
    return tuple(tuple(factor._replace(axis=prefix + factor.axis) for factor in dim) for dim in dims)


def bare(dim: Dim) -> Dim:
    """A dimension without the prefixes."""
    return tuple(factor._replace(axis=factor.axis.partition(".")[2] or factor.axis) for factor in dim)


def translated(dims: Sequence[Dim], own: Sequence[Dim], others: Sequence[Dim]) -> tuple[Dim, ...] | None:
    """Dimensions whose factors are parts of ``own``, with the matching parts of ``others`` in their place."""
    known: list[tuple[Factor, Dim]] = []
    for dim, other in zip(own, others, strict=True):
        parts = regrouped([other], [factor.size for factor in dim])
        if parts is None:
            return None
        known += zip(dim, parts, strict=True)
    found = [_translated(dim, known) for dim in dims]
    return None if None in found else tuple(dim for dim in found if dim is not None)


def _translated(dim: Dim, known: list[tuple[Factor, Dim]]) -> Dim | None:
    left = list(reversed(dim))
    made: list[Factor] = []
    while left:
        axis, size, step = left.pop()
        if size == 1:
            continue
        for whole, other in known:
            if whole.axis != axis or whole.step > step * (size - 1) or step >= whole.step * whole.size:
                continue
            if step < whole.step:  # another factor covers part of it
                inner = whole.step // step
                left += [Factor(axis, inner, step), Factor(axis, size // inner, whole.step)]
                break
            room = whole.step * whole.size // step
            if size > room:
                left += [Factor(axis, room, step), Factor(axis, size // room, step * room)]
                break
            parts = regrouped([other], [room // size, size, step // whole.step])
            if parts is None:
                return None
            made += parts[1]
            break
        else:
            return None
    return joined(made)
