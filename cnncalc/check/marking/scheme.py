"""Marks for wrong answers: a share of them by slip, and one deduction for a slip that is repeated."""

from __future__ import annotations

from fractions import Fraction
from math import prod

from cnncalc.check.marking.marked import Marked

REPEATED = "repeats a slip that has already lost marks"


class Scheme:
    """Applies the marking rules of the problems to one student's answers, in their order."""

    def __init__(self) -> None:
        self._made: set[str] = set()  # slips so far

    def applied(self, marked: Marked) -> Marked:
        """The answer with the marks that its slip leaves."""
        if not marked.slip:
            return marked
        problem, ways = marked.question.problem, [way.names for way in marked.slip.ways]
        repeated = problem.once and any(self._made.issuperset(names) for names in ways)
        self._made.update(*ways)
        if repeated:
            return marked._replace(marks=marked.question.marks, why=marked.why or REPEATED)
        share = max(prod(problem.partial.get(name, Fraction(0)) for name in names) for names in ways)
        return marked._replace(marks=max(marked.marks, marked.question.marks * share))
