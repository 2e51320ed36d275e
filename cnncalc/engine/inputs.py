"""The inputs of a run: arrays from a file, seeded noise, or ones."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from cnncalc.engine import stated
from cnncalc.engine.arrays import Array
from cnncalc.engine.files.npy import Header
from cnncalc.engine.files.npz import Arrays
from cnncalc.engine.initial import generator
from cnncalc.engine.weights import not_finite
from cnncalc.errors import SpecError, UsageError, nearest

if TYPE_CHECKING:
    from cnncalc.summary.rows import Summary

MADE = ("noise", "ones")


class Feed(NamedTuple):
    """An input that is known but not read yet: its number of examples (None: any number), and a function that returns
    ``[batch, axes in the spec's layout]``.
    """

    batch: int | None
    load: Callable[[int], Array]


#: The name of an input (empty: not named) and the path of a file, or one of MADE.
Given = tuple[str, str]


def feeds(summary: Summary, given: list[Given], seed: int) -> dict[str, Feed]:
    """The inputs as they are ``given``.

    ``noise`` and ``ones`` are generated; without a name, for every input not given otherwise. By default an input is
    the one that the spec states, or noise. A stated or generated input has as many examples as requested.
    Only headers are read. Raises UsageError and SpecError.
    """
    found: dict[str, Feed] = {}
    rest, stated_ones = "noise", stated.inputs(summary)
    for name, path in given:
        if name and name not in summary.inputs:
            known = list(summary.inputs)
            raise UsageError(f'no input is called "{name}"', help=nearest(name, known) or ", ".join(known))
        if path in MADE and not name:
            rest, stated_ones = path, {}
            continue
        one = {name: _made(summary, name, path, seed)} if path in MADE else _stored(summary, name, path)
        for twice in one.keys() & found.keys():
            raise UsageError(f'the input "{twice}" is given twice, the second time as {path}')
        found |= one
    found = {name: _repeated(summary, name, array) for name, array in stated_ones.items()} | found
    return {name: found.get(name) or _made(summary, name, rest, seed) for name in summary.inputs}


def _repeated(summary: Summary, name: str, array: Array) -> Feed:
    """An example that the spec states, repeated for the batch."""
    one = as_input(summary, name, array, "values")
    return Feed(None, lambda batch: np.repeat(one, batch, axis=0))


def _made(summary: Summary, name: str, how: str, seed: int) -> Feed:
    sizes = tuple(summary.inputs[name].written(summary.layout))
    vocabulary = tokens(summary, name)

    def make(batch: int) -> Array:
        if how == "ones":
            return np.ones((batch, *sizes), np.float32 if vocabulary is None else np.int64)
        random = generator(seed, f"input {name}")
        if vocabulary is not None:
            return random.integers(0, vocabulary, (batch, *sizes))
        return random.standard_normal((batch, *sizes), np.float32)

    return Feed(None, make)


def _stored(summary: Summary, name: str, path: str) -> dict[str, Feed]:
    """The feeds that a file holds: one array for the input called ``name``, or one for each by its name."""
    with Arrays(path) as file:
        inputs = list(summary.inputs)
        if name or len(inputs) == 1:
            wanted = name or inputs[0]
            array = wanted if wanted in file.names else file.names[0] if len(file.names) == 1 else ""
            if array not in file.names:
                raise SpecError(
                    f"{path} holds {len(file.names)} arrays, but none is called {wanted}",
                    help="a file of one array for each input",
                )
            return {wanted: _feed(summary, wanted, path, array, file.header(array))}
        found = [array for array in file.names if array in inputs]
        for array in file.names:
            if array not in inputs and len(found) < len(inputs):
                known = ", ".join(inputs)
                raise SpecError(
                    f'{path}: no input is called "{array}"' if array else f"{path} does not say which input it is",
                    help=nearest(array, inputs) or f"the name of the input with the file: one of {known}",
                )
        return {array: _feed(summary, array, path, array, file.header(array)) for array in found}


def unused(summary: Summary, given: list[Given]) -> list[tuple[str, str]]:
    """The arrays in the files that ``feeds`` does not read, as (path, array): a file may hold labels as well."""
    found = []
    for name, path in given:
        if name or path in MADE:
            continue
        with Arrays(path) as file:
            if len(file.names) > 1:
                found += [(path, array) for array in file.names if array not in summary.inputs]
    return found


def _feed(summary: Summary, name: str, path: str, array: str, header: Header) -> Feed:
    batch = _batch(summary, name, header.shape, path)

    def load(_: int) -> Array:
        with Arrays(path) as file:
            return as_input(summary, name, file.read(array), path)

    return Feed(batch, load)


def _batch(summary: Summary, name: str, shape: tuple[int, ...], what: str) -> int:
    """How many examples an array of ``shape`` holds for the input called ``name``. Raises UsageError."""
    sizes = tuple(summary.inputs[name].written(summary.layout))
    if shape == sizes:
        return 1
    if shape[1:] == sizes and len(shape) == len(sizes) + 1:
        if shape[0] == 0:
            raise SpecError(f'{what}: the array for the input "{name}" holds no example', help="a batch of 1 or more")
        return shape[0]
    got, wanted = ("×".join(map(str, s)) or "one number" for s in (shape, sizes))
    help = f"{wanted} for one example, or N×{wanted}"
    if sorted(shape) == sorted(sizes) or sorted(shape[1:]) == sorted(sizes):
        help += f"; the layout is {summary.layout}: put the axes in that order with numpy.transpose"
    raise SpecError(f'{what}: the input "{name}" is {wanted}, and the array is {got}', help=help)


def as_input(summary: Summary, name: str, array: Array, what: str = "array") -> Array:
    """An array as ``[batch, axes in the spec's layout]``: float32, or whole numbers where they are token ids.

    Raises SpecError if its shape, its type or its numbers do not fit.
    """
    if array.dtype.kind not in "fiub":
        raise SpecError(f'{what}: the input "{name}" holds {array.dtype}, not numbers')
    batch = _batch(summary, name, array.shape, what)
    vocabulary = tokens(summary, name)
    if vocabulary is not None:
        return _as_tokens(name, array, vocabulary, what).reshape(batch, -1)
    with np.errstate(over="ignore"):
        array = np.asarray(array, np.float32)
    place = not_finite(array)
    if place is not None:
        where = ", ".join(map(str, place))
        raise SpecError(f'{what}: the input "{name}" is {array[place]} at [{where}], not a finite number')
    return array.reshape(batch, *summary.inputs[name].written(summary.layout))


def _as_tokens(name: str, array: Array, vocabulary: int, what: str) -> Array:
    whole = np.asarray(array, np.int64)
    if array.dtype.kind == "f" and not np.array_equal(whole, array):
        raise SpecError(f'{what}: the input "{name}" is read as token ids, which are whole numbers')
    if whole.min() < 0 or whole.max() >= vocabulary:
        wrong = whole.min() if whole.min() < 0 else whole.max()
        raise SpecError(f'{what}: the input "{name}" has the token id {wrong}; ids run from 0 to {vocabulary - 1}')
    return whole


def tokens(summary: Summary, name: str) -> int | None:
    """The number of token ids if an embedding reads the input called ``name``, else None."""
    number = list(summary.inputs).index(name)
    counts = [row.layer.kind.tokens() for row in summary.rows if number in row.layer.sources]
    return min((count for count in counts if count is not None), default=None)


def batch_of(found: dict[str, Feed], asked: int | None) -> int:
    """How many examples the run has. Raises UsageError if the inputs, or they and ``asked``, disagree."""
    batches = {name: feed.batch for name, feed in found.items() if feed.batch is not None}
    if asked is not None:
        batches["batch"] = asked
    if len(set(batches.values())) > 1:
        listed = ", ".join(f"{name} {count}" for name, count in batches.items())
        raise UsageError(f"the inputs have different numbers of examples: {listed}")
    return next(iter(batches.values()), 1)
