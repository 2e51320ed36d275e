"""The error for "no answer", with the empty answer that a script reads."""

from __future__ import annotations

from typing import Generic, TypeVar

from cnncalc.errors import NoSolution, Problem

Answer = TypeVar("Answer")


class Unsolved(NoSolution, Generic[Answer]):
    """NoSolution with the ``answer`` as data: no solutions, ``range`` without ends."""

    def __init__(self, problem: Problem, answer: Answer) -> None:
        super().__init__(problem)
        self.answer = answer
