"""The right numbers: outputs of layers, computed from the numbers that a problem states."""

from __future__ import annotations

import math
from collections.abc import Iterator
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from cnncalc.check.answers import matrix
from cnncalc.check.answers.matrix import Cell, Matrix
from cnncalc.errors import SpecError, nearest
from cnncalc.shape import axis_names
from cnncalc.summary.stated import fits

if TYPE_CHECKING:
    from cnncalc.engine.exact import Exact
    from cnncalc.errors import Mark
    from cnncalc.spec.demand import Key
    from cnncalc.summary.rows import Row, Summary

DIGITS = 10  # significant digits shown of a right number
_AXES_OF_WEIGHTS = ("depth", "height", "width", "channels", "filters")
TOLD = 5  # wrong cells named in a message


class Right(NamedTuple):
    """The right numbers: ``flat`` in the order of ``sizes``, whose axes are called ``axes`` (empty: one number)."""

    flat: list[float]
    sizes: tuple[int, ...]
    axes: tuple[str, ...] = ()

    def nested(self) -> Any:
        """As nested lists, as in the JSON."""
        return matrix.folded([matrix.plain(number, DIGITS) for number in self.flat], self.sizes)


class Compared(NamedTuple):
    """An answer beside the right numbers: ``value`` as data, the ``share`` of its cells that are right, and ``why``
    it is not right, in words that follow "it".
    """

    value: Any
    share: Fraction
    why: str = ""


class Computed:
    """The right numbers of one problem, each worked out when it is first asked for."""

    def __init__(self, summary: Summary) -> None:
        self.summary = summary
        self._known: dict[Key, Right] = {}

    @cached_property
    def exact(self) -> Exact:
        """The network on the numbers of the problem."""
        from cnncalc.engine.exact import Exact

        return Exact(self.summary)

    def right(self, key: Key, mark: Mark | None = None) -> Right:
        """The right answer to ``key``. Raises SpecError if there is no such layer, or if its
        numbers are missing or not finite.
        """
        if key not in self._known:
            found = self._worked_out(key, mark)
            if not all(map(math.isfinite, found.flat)):
                raise SpecError(f"{key} has numbers that are not finite", mark=mark, help="smaller values")
            self._known[key] = found
        return self._known[key]

    def _worked_out(self, key: Key, mark: Mark | None) -> Right:
        from cnncalc.engine import exact

        if key.quantity == "values":
            row = find_row(self.summary, key, mark)
            exact.check(self.exact, row, str(key), mark)
            return of_row(self.exact, row)
        if key.quantity == "gradient":
            name = _array_name(self.summary, key, mark)
        exact.check(self.exact, self.summary.rows[-1], str(key), mark, with_target=True)
        if key.quantity == "loss":
            return Right([exact.loss(self.exact)], ())
        array = exact.gradient(self.exact, name)
        axes = (
            _AXES_OF_WEIGHTS[-array.ndim :] if array.ndim > 2 else ("row", "column") if array.ndim > 1 else ("number",)
        )
        return Right([float(n) for n in array.ravel()], array.shape, axes)

    def following(self, key: Key, own: dict[Key, Any]) -> Right | None:
        """The result of a student's ``own`` numbers in place of the outputs of other layers; None if these have
        sizes that cannot be put there, or lead nowhere.
        """
        from cnncalc.engine import exact

        if key.quantity != "values":
            return None
        row, outputs = find_row(self.summary, key), {}
        for other, value in own.items():
            if other.quantity != "values":
                continue
            flat, right = list(matrix.leaves(value)), self.right(other)
            if len(flat) == len(right.flat) and None not in flat and find_row(self.summary, other) is not row:
                outputs[find_row(self.summary, other).name] = exact.shaped(flat, right.sizes)
        return of_row(exact.Exact(self.summary, outputs=outputs), row) if outputs else None


def find_row(summary: Summary, key: Key, mark: Mark | None = None) -> Row:
    """The layer that ``key`` names; for a block, the layer whose output is the block's. Raises SpecError."""
    name = key.layer or ""
    block = summary.network.blocks.get(name)
    if block and block.value >= len(summary.inputs):
        return summary.rows[block.value - len(summary.inputs)]
    row = summary.rows_by_name.get(name)
    if row is None:
        raise summary.unknown(name, mark)
    return row


def _array_name(summary: Summary, key: Key, mark: Mark | None) -> str:
    """The weight that ``key`` asks the gradient of, as in a weights file. Raises SpecError."""
    row = find_row(summary, key, mark)
    row = row if row.layer.shares is None else summary.rows[row.layer.shares]
    if key.array not in row.weights:
        help = nearest(key.array, row.weights) or f"weights: {', '.join(row.weights) or 'none'}"
        raise SpecError(f'{row.kind} "{row.name}" has no weight "{key.array}"', mark=mark, help=help)
    return f"{row.name}/{key.array}"


def of_row(exact: Exact, row: Row) -> Right:
    """The output of a layer."""
    return of_array(exact.output(row), exact.summary)


def of_array(array: Any, summary: Summary) -> Right:
    """An output as the right numbers, in the spec's layout."""
    axes = axis_names(array.ndim, summary.layout)
    return Right([float(n) for n in array.ravel()], array.shape, tuple(axes) if array.ndim > 1 else ("number",))


def compare(text: str, right: Right, tolerance: float = 0.0, shares: tuple[Fraction, ...] = ()) -> Compared | None:
    """An answer compared with the right numbers, in the reading that fits best; None if it cannot be read.

    ``shares`` are the marks of each number, equal by default. Raises SpecError if their number is wrong.
    """
    if len(shares) not in (0, len(right.flat)):
        raise SpecError(f"marks are given for {len(shares)} numbers, but the answer has {len(right.flat)}")
    shares = shares if any(shares) else (Fraction(1),) * len(right.flat)
    readings = matrix.read(text)
    fitting = [(reading, cells) for reading in readings for cells in _fitted(reading, right)]
    if not fitting:
        if not readings:
            return None
        given, wanted = (_shown(sizes) for sizes in (readings[0].sizes, right.sizes))
        return Compared(readings[0].nested(), Fraction(0), f"is {given}; {wanted} asked for")
    found = [_compared(reading, cells, right, tolerance, shares) for reading, cells in fitting]
    return max(found, key=lambda one: one.share)


def _compared(
    reading: Matrix, cells: list[Cell | None], right: Right, tolerance: float, shares: tuple[Fraction, ...]
) -> Compared:
    """Compare cell by cell. If all numbers are truncated they are right; a few are mistakes in rounding."""
    pairs = list(zip(cells, right.flat, strict=True))
    wrong = [i for i, (cell, n) in enumerate(pairs) if not (cell and cell.says(n, tolerance))]
    if not tolerance and len(wrong) > 1 and all(cell and cell.cuts(n) for cell, n in pairs):
        wrong = []  # truncated, all of them
    lost = sum((shares[index] for index in wrong), Fraction(0))
    share = 1 - lost / sum(shares)
    why = f"has {', '.join(_wrong(wrong, cells, right))}" if wrong else ""
    return Compared(reading.nested(), share, why)


def _fitted(reading: Matrix, right: Right) -> Iterator[list[Cell | None]]:
    """The cells in the order of the right ones: as they are, or from map by map, or from one long row."""
    if fits(reading.sizes, right.sizes) or reading.sizes == (len(right.flat),):
        yield reading.cells
    if len(right.sizes) > 2 and right.axes[-1] == "channels" and right.sizes[-1] > 1:
        *spatial, channels = right.sizes
        if fits(reading.sizes, (channels, *spatial)):
            step = len(reading.cells) // channels
            yield [reading.cells[c * step + i] for i in range(step) for c in range(channels)]


def _wrong(wrong: list[int], cells: list[Cell | None], right: Right) -> Iterator[str]:
    """The first cells that are wrong, in words: ``5 in row 2, column 3 (not 4)``."""
    for index in wrong[:TOLD]:
        cell, number = cells[index], _signed(matrix.plain(right.flat[index], 6))
        given = "nothing" if cell is None else _signed(matrix.plain(cell.number))
        place = _place(index, right)
        yield f"{given} in {place} (not {number})" if place else f"{given} (not {number})"
    if len(wrong) > TOLD:
        yield f"and {len(wrong) - TOLD} more of {len(cells)} wrong"


def _signed(number: float) -> str:
    return str(number).replace("-", "−")


_CALLED = {
    "height": "row",
    "width": "column",
    "features": "column",
    "time": "row",
    "channels": "channel",
    "filters": "filter",
}


def _place(index: int, right: Right) -> str:
    """Where a cell is, in words; empty where there is one number only."""
    places = []
    for axis, size in reversed(list(zip(right.axes, right.sizes, strict=True))):
        index, place = divmod(index, size)
        if size > 1:
            places.append(f"{_CALLED.get(axis, axis)} {place + 1}")
    return ", ".join(reversed(places))


def _shown(sizes: tuple[int, ...]) -> str:
    return "×".join(str(size) for size in sizes if size != 1) or "one number"
