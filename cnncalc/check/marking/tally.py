"""What a class answered, counted student by student, so that no student is kept in memory."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction
from statistics import median
from typing import TYPE_CHECKING

from cnncalc.check.marking.labels import Place

if TYPE_CHECKING:
    from cnncalc.check.marking.marked import Marked, Student

CLASSES = 10  # of a distribution of marks, each a tenth of the full marks


class Tally:
    """What a class answered: for each question how many were right, and how often each slip was made.

    ``unread`` are the answers that could not be read, with their students; ``totals`` the marks of each student, and
    ``out_of`` those that can be had (the most, where copies differ). The copies of a paper are counted together.
    """

    def __init__(self) -> None:
        self.counts: dict[Place, Counter[str]] = {}
        self.slips: dict[Place, Counter[tuple[str, ...]]] = {}
        self.marks: dict[Place, Fraction] = {}
        self.unread: list[tuple[str, Marked]] = []
        self.totals: list[Fraction] = []
        self.out_of = Fraction(0)
        self.distribution = [0] * CLASSES  # students with each tenth of their marks; full marks are in the last

    def add(self, student: Student) -> None:
        """Count the answers of one student."""
        self.totals.append(student.marks)
        self.out_of = max(self.out_of, student.out_of)
        share = CLASSES * student.marks / student.out_of if student.out_of else Fraction(0)
        self.distribution[min(int(share), CLASSES - 1)] += 1
        for answer in student.answers:
            place = answer.question.problem.common, answer.question.name
            self.counts.setdefault(place, Counter())[answer.how] += 1
            self.marks[place] = self.marks.get(place, Fraction(0)) + answer.marks
            if answer.how == "unread":
                self.unread.append((student.student, answer))
            if answer.slip:
                said = tuple(way.said for way in answer.slip.ways)
                self.slips.setdefault(place, Counter())[said] += 1

    @property
    def mean(self) -> Fraction:
        """The mean of the students' marks; 0 without students."""
        return sum(self.totals, Fraction(0)) / max(1, len(self.totals))

    @property
    def median(self) -> Fraction:
        """The median of the students' marks; 0 without students."""
        return Fraction(median(self.totals)) if self.totals else Fraction(0)
