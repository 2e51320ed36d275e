"""What a sheet holds: answers, each with its student, its question and its place."""

from __future__ import annotations

from typing import NamedTuple

from cnncalc.errors import Mark

Row = tuple[list[str], Mark]  # its cells, and the place where it begins


class Cell(NamedTuple):
    """A student's answer as written on the sheet; None if it is missing. ``layout``: the order of its sizes."""

    student: str
    problem: str
    key: str
    answer: str | None
    mark: Mark
    layout: str | None = None
