"""What a sheet holds: answers, each with its student, its question and its place."""

from __future__ import annotations

from typing import NamedTuple

from cnncalc.errors import Mark

Row = tuple[list[str], Mark]  # as it stands on a sheet, with the place where it begins


class Cell(NamedTuple):
    """An answer of a student as it stands on the sheet; None where there is none. ``layout``: how its sizes are."""

    student: str
    problem: str
    key: str
    answer: str | None
    mark: Mark
    layout: str | None = None
