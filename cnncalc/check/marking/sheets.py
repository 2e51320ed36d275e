"""Answer sheets: CSV with a heading ``student,problem,key,answer`` and, if wanted, ``layout``. Nobody is trusted."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from cnncalc.check.marking import rows as csv
from cnncalc.errors import Mark, Problem, Source, SpecError, nearest
from cnncalc.limits import LIMITS, Limits
from cnncalc.shape import LAYOUTS
from cnncalc.spec import source

COLUMNS = ("student", "problem", "key", "answer")
_FORM = "student,problem,key,answer\nS1,Q1,conv1.params,260"
_TIMES = 64  # a sheet may be so many times as large as the limit for a file
_SHOWN = 20  # faults of a sheet that are told


class Cell(NamedTuple):
    """An answer of a student as it stands on the sheet; None where there is none. ``layout``: how its sizes are."""

    student: str
    problem: str
    key: str
    answer: str | None
    mark: Mark
    layout: str | None = None


def read(path: str, limits: Limits) -> list[Cell]:
    """The answers of a sheet, in its order. Raises SpecError with every row that is wrong, LimitError, UsageError."""
    settings = {name: getattr(limits, name) for name in LIMITS}
    text = source.text(path, Limits(**{**settings, "file": _TIMES * limits.file}))
    faults: list[Problem] = []
    cells: dict[tuple[str, str, str], Cell] = {}
    for cell in _cells(text, faults):
        limits.check("values", len(cells) + 1, cell.mark)
        first = cells.setdefault(cell[:3], cell)
        if first is not cell:
            what = f'"{cell.student}" answers {cell.problem} {cell.key} twice'
            faults.append(Problem(what, cell.mark, help="keep one of the two rows", also=first.mark))
    if faults:
        raise SpecError(faults[:_SHOWN])
    return list(cells.values())


def _cells(text: Source, faults: list[Problem]) -> Iterator[Cell]:
    delimiter = _delimiter(text.text)
    rows = csv.read(text, delimiter)
    heading = [name.strip().lower() for name in next(rows, ([], None))[0]]
    places = _places(heading, text)
    for row, mark in rows:
        if len(row) > len(heading) and heading[-1] == "answer":  # (28, 28, 10) without quotes
            row[len(heading) - 1 :] = [delimiter.join(row[len(heading) - 1 :])]
        if len(row) != len(heading):
            what = f"{len(row)} cells, where the heading has {len(heading)}"
            faults.append(Problem(what, mark, help=f"as in\n{_FORM}"))
            continue
        student, problem, key, answer = (row[places[name]].strip() for name in COLUMNS)
        missing = [name for name, cell in zip(COLUMNS, (student, problem, key), strict=False) if not cell]
        layout = row[places["layout"]].strip() if "layout" in places else ""
        if missing:
            faults.append(Problem(f"the {missing[0]} is missing", mark, help=f"as in\n{_FORM}"))
        elif layout and layout not in LAYOUTS:
            faults.append(Problem(f'"{layout[:40]}" is no layout', mark, help=", ".join(LAYOUTS)))
        else:
            yield Cell(student, problem, key, answer or None, mark, layout or None)


def _delimiter(text: str) -> str:
    """What stands between the names of the heading: a comma, or what some spreadsheets write in its place."""
    heading = text.partition("\n")[0]
    return max(",;\t", key=heading.count)


def _places(heading: list[str], text: Source) -> dict[str, int]:
    """Where each column stands. Raises SpecError where one is missing or there twice."""
    mark = Mark(text, 1, 1, max(1, len(text.line(1))))
    for name in COLUMNS:
        if heading.count(name) != 1:
            word = "twice" if name in heading else "not"
            help = nearest(name, heading) or f"a sheet begins\n{_FORM}"
            raise SpecError(f'the column "{name}" is {word} in the heading of the sheet', mark=mark, help=help)
    return {name: place for place, name in enumerate(heading)}
