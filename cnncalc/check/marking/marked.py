"""What marking gives: the questions of an exam, and the answers of a student with their marks."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import TYPE_CHECKING, Any, NamedTuple

from cnncalc.check.answer_key import Leniency
from cnncalc.check.answers.answer import cut, text_of
from cnncalc.check.problems import Exercise
from cnncalc.check.slips.found import Explanation
from cnncalc.spec.demand import Key

if TYPE_CHECKING:
    from cnncalc.explain.layer import Step

_OPTION = re.compile(r"\(?([A-Za-z])(?:[).]?|[).]\s.*)")  # b, (b), b) 28x28x10


class Question(NamedTuple):
    """One answer that a problem asks for. ``key`` None: it names nothing, and every answer is wrong."""

    problem: Exercise
    name: str
    key: Key | None
    right: Any
    spatial: bool

    @property
    def marks(self) -> Fraction:
        return self.problem.marks[self.name]

    @property
    def leniency(self) -> Leniency:
        shares = self.problem.shares.get(self.name, ())
        return Leniency(self.problem.tolerance, self.spatial, self.problem.any_order, shares)

    def chosen(self, answer: str) -> str:
        """The option that ``answer`` names by its letter, such as ``a`` or ``(b)``; else ``answer`` itself."""
        options = [text_of(option, self.key) or "" for option in self.problem.options.get(self.name, ())]
        letter = _OPTION.fullmatch(answer.strip())
        place = ord(letter[1].lower()) - ord("a") if letter and answer.strip() not in options else len(options)
        return options[place] if place < len(options) else answer


class Marked(NamedTuple):
    """An answer with its marks. ``answer`` is as the student wrote it, None if there is none.

    ``how`` is ``right``, ``follow_through``, ``wrong``, ``unread`` or ``missing``. ``read`` is what the answer was
    read as, where it can be read in several ways and only one is right; ``why`` it is wrong, if that is not a slip.
    """

    question: Question
    answer: str | None
    how: str
    marks: Fraction = Fraction(0)
    slip: Explanation | None = None
    read: Any = None
    why: str = ""

    @property
    def ok(self) -> bool | None:
        """Whether the answer is right; None if it could not be read."""
        return None if self.how == "unread" else self.how == "right"

    @property
    def follow_through(self) -> bool:
        """Whether it is right for the student's own earlier answers."""
        return self.how == "follow_through"

    @property
    def verdict(self) -> str:
        """``right``, ``follow-through``, ``wrong`` (a missing answer too) or ``unread``."""
        return {"follow_through": "follow-through", "missing": "wrong"}.get(self.how, self.how)

    @property
    def shown(self) -> str | None:
        """The answer as shown, cut if it is far too long."""
        return None if self.answer is None else cut(self.answer)

    def steps(self) -> tuple[Step, ...]:
        """The working of the right answer."""
        key = self.question.key
        return self.question.problem.truth.steps(key) if key else ()


class Student:
    """The marked ``answers`` of a student, in the order of the problems; ``marks`` of those that can be had."""

    def __init__(self, student: str, answers: list[Marked]) -> None:
        self.student, self.answers = student, answers
        self.marks = sum((answer.marks for answer in answers), Fraction(0))
        self.out_of = sum((answer.question.marks for answer in answers), Fraction(0))
