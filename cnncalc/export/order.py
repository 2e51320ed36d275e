"""The order of axes in a target that differs from the spec's.

A target keeps images and volumes in one layout. Kernels, gammas and flattened numbers in the spec's
layout are brought into that order.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from cnncalc.kinds.activation import Activation
from cnncalc.kinds.base.function import Function
from cnncalc.kinds.dense import Dense
from cnncalc.kinds.dropout import Dropout
from cnncalc.kinds.flatten import Flatten
from cnncalc.kinds.stochastic_depth import StochasticDepth
from cnncalc.shape import Shape, axis_names
from cnncalc.summary.rows import Row, Summary
from cnncalc.symbolic.arithmetic import product


def moved(shape: Shape, old: str, new: str) -> list[int]:
    """For each axis of an example in the layout ``new``, which one it is in ``old``."""
    names = axis_names(shape.rank, old)
    return [names.index(name) for name in axis_names(shape.rank, new)]


def differs(shape: Shape, old: str, new: str) -> bool:
    """Whether the numbers of an example are in a different order in the two layouts."""
    alike = shape.channels == 1 or product(shape.spatial) == 1
    return not alike and moved(shape, old, new) != list(range(shape.rank))


def brought(array: Any, shape: Shape, old: str, new: str) -> Any:
    """An array ``[sizes of the example...]`` in the layout ``new``."""
    return array.transpose(moved(shape, old, new))


def rows_brought(kernel: Any, shape: Shape, old: str, new: str) -> Any:
    """A kernel ``[numbers of a flattened example, units]`` whose rows follow the layout ``new``."""
    apart = kernel.reshape(*shape.written(old), -1)
    return apart.transpose(*moved(shape, old, new), shape.rank).reshape(kernel.shape)


@lru_cache(maxsize=1)  # each layer asks
def flattened(summary: Summary, layout: str) -> dict[int, Shape]:
    """The flattened values that stay in the order of ``layout``, by number, with the shape that they had.

    All their readers are dense layers, whose rows are then brought into that order, and layers before these that
    take number by number.
    """
    readers: dict[int, list[Row]] = {}
    for row in summary.rows:
        for source in row.layer.sources:
            readers.setdefault(source, []).append(row)
    found: dict[int, Shape] = {}
    first = len(summary.inputs)
    for row in summary.rows:
        if isinstance(row.layer.kind, Flatten) and differs(row.xs[0], summary.layout, layout):
            stretch = _until_dense(first + row.index, readers, first)
            found.update(dict.fromkeys(stretch or (), row.xs[0]))
    return found


def _until_dense(number: int, readers: dict[int, list[Row]], first: int) -> list[int] | None:
    """The values from ``number`` on that only dense layers read in the end; None if anything else does."""
    found = [number]
    if number not in readers:
        return None
    for row in readers[number]:
        if not (isinstance(row.layer.kind, Dense) or _by_number(row)):
            return None
        if not isinstance(row.layer.kind, Dense):
            beyond = _until_dense(first + row.index, readers, first)
            if beyond is None:
                return None
            found += beyond
    return found


def _by_number(row: Row) -> bool:
    kind = row.layer.kind
    kind = kind.chosen if isinstance(kind, Activation) else kind
    return isinstance(kind, Dropout | StochasticDepth) or (isinstance(kind, Function) and not kind.over_channels)
