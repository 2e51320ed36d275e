"""The results of a class: means, the distribution of marks, and the gradebook with a row for each student."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from cnncalc.render.forms.sheet import Column, Sheet
from cnncalc.render.forms.write import csv_line

if TYPE_CHECKING:
    from cnncalc.check.marking.marked import Student
    from cnncalc.check.marking.tally import Tally

_BAR = 40  # the longest
_DISTRIBUTION = [
    Column("share", "Share of marks"),
    Column("students", "Students", "number"),
    Column("bar", "Histogram"),
]


def points(marks: Fraction) -> int | float:
    """Marks as a number: whole, or with up to four digits."""
    return marks.numerator if marks.denominator == 1 else round(float(marks), 4)


def data(tally: Tally) -> dict[str, Any]:
    """The class as in the JSON."""
    return {
        "students": len(tally.totals), "out_of": points(tally.out_of), "mean": points(tally.mean),
        "median": points(tally.median), "distribution": tally.distribution,
    }  # fmt: skip


def distribution(tally: Tally) -> Sheet:
    """How many students have each tenth of the marks, from the lowest one that occurs."""
    counts = tally.distribution
    lowest, most = next((n for n, count in enumerate(counts) if count), 0), max(1, *counts)
    width = 100 // len(counts)
    rows = [
        {
            "share": f"{n * width} to {(n + 1) * width} %",
            "students": count,
            "bar": "█" * -(-_BAR * count // max(most, _BAR)),
        }
        for n, count in enumerate(counts)
        if n >= lowest
    ]
    share = f" ({float(100 * tally.mean / tally.out_of):.0f} %)" if tally.out_of else ""
    mean = f"Mean {float(tally.mean):.2f} of {points(tally.out_of)}{share}, median {points(tally.median)}"
    return Sheet("Class", _DISTRIBUTION, rows, [mean])


class Gradebook:
    """The marks of each student on each question, and the total, as a CSV with a row for each student.

    A question that is not on a student's copy of the paper has no marks.
    """

    def __init__(self) -> None:
        self._rows: list[tuple[str, dict[str, Fraction], Fraction, Fraction]] = []
        self._questions: dict[str, None] = {}  # of all students: copies of a paper may differ

    def add(self, student: Student) -> None:
        """Add a row."""
        marks = {f"{one.question.problem.common} {one.question.name}": one.marks for one in student.answers}
        self._questions |= dict.fromkeys(marks)
        self._rows.append((student.student, marks, student.marks, student.out_of))

    def lines(self) -> Iterator[str]:
        """The CSV, line by line."""
        yield csv_line(["student", *self._questions, "total", "out_of"])
        for student, marks, total, out_of in self._rows:
            each = [str(points(marks[name])) if name in marks else None for name in self._questions]
            yield csv_line([student, *each, str(points(total)), str(points(out_of))])
