"""Layers that a target cannot express: collected, and raised as one error."""

from __future__ import annotations

from cnncalc.errors import Problem, SpecError
from cnncalc.summary.rows import Row, Summary
from cnncalc.symbolic.tree import letters

MOST = 20  # problems that are listed


class Untranslated(Exception):
    """A kind, or a setting of one, that the target cannot express."""


class Missing:
    """The rows that were not translated, by reason."""

    def __init__(self, target: str) -> None:
        self.target = target
        self._rows: dict[str, list[Row]] = {}

    def add(self, row: Row, reason: str) -> None:
        self._rows.setdefault(reason, []).append(row)

    def check(self) -> None:
        """Raise SpecError if there are any: a problem for each reason, at the first layer, with their number."""
        if self._rows:
            raise SpecError([self._problem(reason, rows) for reason, rows in list(self._rows.items())[:MOST]])

    def _problem(self, reason: str, rows: list[Row]) -> Problem:
        first = rows[0]
        times = f" ({len(rows)} layers, the first of them {first.name})" if len(rows) > 1 else f" ({first.name})"
        help = "summary, run and the diagrams take every kind"
        return Problem(f"{self.target} has no translation of {reason}{times}", first.layer.mark, help=help)


def check_sizes(summary: Summary) -> None:
    """Raise SpecError if a size is not a number yet."""
    shapes = [*summary.inputs.values(), *(row.output for row in summary.rows)]
    sizes = [size for shape in shapes for size in shape.sizes]
    sizes += [size for row in summary.rows for array in row.weights.values() for size in array]
    unknown = sorted(set().union(*(letters(size) for size in sizes if not isinstance(size, int))))
    if unknown:
        text = f"the network has unknown letters ({', '.join(unknown)}) and cannot be exported"
        help = "replace them by numbers, or export a diagram"
        raise SpecError(text, mark=summary.network.mark, help=help)
