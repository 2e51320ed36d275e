"""The working of a problem's answers from the input on: every quantity an answer needs, in working order."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from cnncalc.check.computed import find_row
from cnncalc.explain.layer import Step
from cnncalc.explain.quantity import steps
from cnncalc.spec.demand import COUNTED, Key
from cnncalc.symbolic.expr import Letter, value, write
from cnncalc.symbolic.tree import letters

if TYPE_CHECKING:
    from cnncalc.check.answer_key import Truth
    from cnncalc.engine.by_hand import Traced
    from cnncalc.engine.chain_rule import Chain
    from cnncalc.solve.algebra import Line
    from cnncalc.summary.rows import Row, Summary

_SIDES = {"H_out", "W_out", "Z_out"}
_OUT = {*_SIDES, "T_out"}
_SPATIAL = {*_OUT, "H", "W", "Z", "T", "N"}  # letters for sizes of a map


class Worked(NamedTuple):
    """A line of working, and the ``layer`` that it is about: none for a single layer or the whole network."""

    layer: str
    line: Step | Line | Traced | Chain | str


def working(truth: Truth, keys: list[Key]) -> list[Worked]:
    """The lines for all ``keys``, each once: the algebra of letters, then quantities, then numbers."""
    solved = any(not key.quantity for key in keys)
    algebra = [Worked("", line) for line in truth.solution.lines] if solved else []
    needed = _Needed(truth.settled or truth.summary)
    for key in keys:
        if key.quantity and not key.numbers:
            needed.add(key)
    by_hand = _with_numbers(truth, [key for key in keys if key.numbers])
    return [*algebra, *needed.lines(), *by_hand]


def _with_numbers(truth: Truth, keys: list[Key]) -> Iterator[Worked]:
    """The layers that the numbers of ``keys`` follow from, each once with its numbers put in; then, for gradients, the
    chain rule from the output back to the first layer asked for.
    """
    if not keys:
        return
    from cnncalc.engine.exact import Exact, chains

    exact, last = Exact(truth.summary), truth.summary.rows[-1]
    asked = [find_row(truth.summary, key) if key.quantity == "values" else last for key in keys]
    rows = {row.index: row for one in asked for row in exact.needed(one)}
    for _, row in sorted(rows.items()):
        yield Worked(row.name if len(truth.summary.rows) > 1 else "", exact.traced(row))
    sloping = [find_row(truth.summary, key).index for key in keys if key.quantity == "gradient"]
    if sloping:
        for chain in chains(exact, truth.summary.rows[: min(sloping) - 1 if min(sloping) else None : -1]):
            yield Worked(chain.row.name if len(truth.summary.rows) > 1 else "", chain)


class _Needed:
    """Which quantities of which rows must be worked out first."""

    def __init__(self, summary: Summary) -> None:
        self.summary = summary
        self.asked: dict[tuple[int, str], None] = {}  # rows by their numbers, with quantities
        self.keys: set[tuple[int, str]] = set()  # those that the keys name
        self.sums: dict[Key, None] = {}

    def add(self, key: Key) -> None:
        """What ``key`` asks for, and all that it depends on."""
        rows = self._rows(key)
        if key.quantity in COUNTED and (key.layer is None or key.layer in self.summary.network.blocks):
            counted = [row for row in rows if value(getattr(row, key.quantity)) != 0]
            if len(counted) > 1:
                self.sums[key] = None
            rows = counted
        else:
            rows = rows[-1:]
            if key.layer is None:
                self.sums[key] = None
        for row in rows:
            self.keys.add((row.index, key.quantity))
            self._ask(row, key.quantity)

    def _rows(self, key: Key) -> list[Row]:
        block = self.summary.network.blocks.get(key.layer or "")
        if key.layer is None:
            return self.summary.rows
        return self.summary.rows[block.first : block.last] if block else [self.summary.rows_by_name[key.layer]]

    def _ask(self, row: Row, quantity: str) -> None:
        """A quantity of a row and, first, the rows that it reads as far as it depends on them."""
        waiting = [(row, quantity)]
        while waiting:
            row, quantity = waiting.pop()
            if (row.index, quantity) in self.asked:
                continue
            self.asked[row.index, quantity] = None
            used = set().union(*(letters(step.expression) for step in self._steps(row, quantity)))
            if used & _OUT:
                waiting.append((row, "output"))
            if quantity == "output" or used & _SPATIAL:
                waiting += [(source, "output") for source in self._sources(row)]
            if quantity in ("receptive_field", "effective_stride"):
                waiting += [(source, name) for source in self._sources(row) for name in _FIELDS]

    def _sources(self, row: Row) -> Iterator[Row]:
        first = len(self.summary.inputs)
        return (self.summary.rows[source - first] for source in row.layer.sources if source >= first)

    def _steps(self, row: Row, quantity: str) -> tuple[Step, ...]:
        return steps(self.summary, Key(row.name, quantity))

    def lines(self) -> Iterator[Worked]:
        """The lines in running order; then the sums."""
        rows = sorted({index for index, _ in self.asked})
        for index in rows:
            row = self.summary.rows[index]
            for quantity in (name for name in _ORDER if (index, name) in self.asked):
                found = _short(self._steps(row, quantity))
                if (index, quantity) in self.keys or not all(isinstance(step.expression, Letter) for step in found):
                    yield from (Worked(row.name if len(self.summary.rows) > 1 else "", step) for step in found)
        for key in self.sums:
            for step in steps(self.summary, key):
                yield Worked(key.layer or "", step)


_FIELDS = ("receptive_field", "effective_stride")
_ORDER = ("output", *COUNTED, *_FIELDS, "effective_padding")


def _short(found: tuple[Step, ...]) -> list[Step]:
    """The steps; one that only repeats the axis before it is shortened to ``W_out = H_out``."""
    shown: list[Step] = []
    for step in found:
        before = shown[-1] if shown else None
        if before and {before.letter, step.letter} <= _SIDES and write(before.expression) == write(step.expression):
            step = step._replace(expression=Letter(before.letter, value(before.expression)))
        shown.append(step)
    return shown
