"""The numbers stated in a file, as arrays: inputs, weights, the states of recurrent layers, the target."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cnncalc.engine.arrays import Array
from cnncalc.summary.stated import TARGET, are_labels, rooms

if TYPE_CHECKING:
    from cnncalc.spec.numbers import Numbers
    from cnncalc.summary.rows import Row, Summary


def inputs(summary: Summary) -> dict[str, Array]:
    """The inputs that are stated, by name, float64: one example each, in the spec's layout."""
    given, names = summary.network.values, list(summary.inputs)
    if len(names) == 1 and "input" in given:
        given = {names[0]: given["input"], **given}
    sizes = {name: tuple(x.written(summary.layout)) for name, x in summary.inputs.items()}
    return {name: _array(given[name], sizes[name]) for name in names if name in given}


def weights(summary: Summary) -> dict[str, Array]:
    """The weights that are stated, by their names in a file (``conv1/kernel``), float64."""
    if not summary.network.values:
        return {}
    known, owned = rooms(summary), {f"{row.name}/{weight}" for row in summary.rows for weight in row.weights}
    return {
        known[name].array: _array(numbers, known[name].sizes)
        for name, numbers in summary.network.values.items()
        if known[name].array in owned
    }


def states(summary: Summary, row: Row) -> dict[str, Array]:
    """The stated initial states of a row's layer, float64."""
    given = summary.network.values
    if not given:
        return {}
    sizes = row.layer.kind.starts(*row.xs)
    found = {name: given.get(f"{row.name}.{name}") for name in sizes}
    return {name: _array(numbers, sizes[name]) for name, numbers in found.items() if numbers is not None}


def target(summary: Summary, batch: int = 1) -> Array | None:
    """The stated target, ``[batch, axes in the spec's layout]``, repeated for each example.

    Whole numbers for labels; None if nothing is stated.
    """
    numbers = summary.network.values.get(TARGET)
    if numbers is None:
        return None
    if are_labels(summary, numbers):
        (output,) = summary.outputs.values()
        one = _array(numbers, output.spatial).astype(np.int64)
    else:
        one = _array(numbers, rooms(summary)[TARGET].sizes)
    return np.repeat(one[None], batch, axis=0)


def _array(numbers: Numbers, sizes: tuple[int, ...]) -> Array:
    return np.array(numbers.flat, np.float64).reshape(sizes)
