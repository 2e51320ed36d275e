"""Answer sheets: a row for each answer (long) or for each student (wide), in CSV or a workbook. Not trusted."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import NamedTuple

from cnncalc.check.marking import column_map, encodings, wide, workbook
from cnncalc.check.marking import rows as csv
from cnncalc.check.marking.cells import Cell, Row
from cnncalc.check.marking.columns import LONG, Clash, Columns, understood, wanting
from cnncalc.check.marking.labels import Labels, Place
from cnncalc.errors import Mark, Problem, Source, SpecError, nearest
from cnncalc.limits import LIMITS, Limits
from cnncalc.shape import LAYOUTS
from cnncalc.spec import source

_FORM = "student,problem,key,answer\nS1,Q1,conv1.params,260"
_WIDE = "or a row for each student\nstudent,Q1.conv1.params,Q1.conv1.output\nS1,260,24x24x10"
_TIMES = 64  # how many times the limit for a file a sheet may have
_SHOWN = 20  # faults of a sheet that are shown
_TITLES = 20  # first rows, which are searched for the heading
_DELIMITERS = ",;\t|"
_SEPARATOR = re.compile(r'"?sep=([^\w\r\n])"?[ \t]*(?=[\r\n])', re.I)


class Sheet(NamedTuple):
    """The answers of a sheet in its order, how its columns were understood, its ``encoding`` if that is a guess."""

    name: str
    cells: list[Cell]
    columns: Columns
    encoding: str | None = None


def read(
    path: str, limits: Limits, labels: Labels, *, columns: str | None = None, encoding: str | None = None
) -> Sheet:
    """The answers of a sheet to what the ``labels`` name; the file ``columns`` maps columns by hand.

    Raises SpecError with every row that is wrong, LimitError, UsageError.
    """
    codec = encodings.find(encoding) if encoding is not None else None
    given = column_map.read(columns, limits, labels) if columns is not None else {}
    name, data = source.data(path, _larger(limits))
    guessed = None
    if workbook.is_one(data):
        ways = iter([(", ", workbook.read(name, data, limits, _TIMES))])
    else:
        text, guessed = encodings.decode(name, data, codec)
        ways = _split(text, limits)
    found, delimiter, rows = _understood(ways, name, labels, given, limits)
    faults: list[Problem] = []
    if found.wide:
        full, found = wide.held(rows, found)
        each = wide.cells_of(full, found, faults)
    else:
        each = _long(rows, found, delimiter, labels, faults)
    cells = _once(each, limits, faults)
    if faults:
        raise SpecError(faults[:_SHOWN])
    return Sheet(name, cells, found, guessed)


def _larger(limits: Limits) -> Limits:
    settings = {name: getattr(limits, name) for name in LIMITS}
    return Limits(**{**settings, "file": _TIMES * limits.file})


def _split(text: Source, limits: Limits) -> Iterator[tuple[str, Iterator[Row]]]:
    """The rows for each delimiter that the first lines allow, the likeliest first."""
    said = _SEPARATOR.match(text.text)
    if said:
        yield said[1], islice(csv.read(text, said[1], limits), 1, None)
        return
    start = text.text[:4096]
    for delimiter in sorted(_DELIMITERS, key=start.count, reverse=True):
        yield delimiter, csv.read(text, delimiter, limits)


def _understood(
    ways: Iterator[tuple[str, Iterator[Row]]],
    name: str,
    labels: Labels,
    given: dict[str, str | Place | None],
    limits: Limits,
) -> tuple[Columns, str, Iterator[Row]]:
    """What the columns are, the delimiter, and the rows below the heading. Raises SpecError if there is none."""
    first: list[Row] = []
    failed: SpecError | None = None
    seen = 0  # cells
    for delimiter, rows in ways:
        try:
            for number, (heading, mark) in enumerate(islice(rows, _TITLES)):
                seen += len(heading)
                limits.check("values", seen, mark)
                found = understood(heading, labels, given)
                if found:
                    return found, delimiter, rows
                first += [(heading, mark)] if number == 0 else []
        except Clash as clash:
            help = "remove one of the columns, or say with --map which one is meant"
            raise SpecError(str(clash), mark=mark, help=help) from None
        except SpecError as error:  # not with this delimiter
            failed = failed or error
    if failed and not first:
        raise failed
    raise _no_heading(*(first[0] if first else ([], Mark(Source(name, ""), 1, 1))), given, labels)


def _likely(heading: list[str], labels: Labels) -> str:
    hints = (labels.nearest(name) for name in heading[:_TITLES] if name.strip())
    near = next((hint for hint in hints if hint.startswith("did you mean")), labels.nearest(""))
    return f"{near}; or say with --map what each column means"


def _no_heading(heading: list[str], mark: Mark, given: dict[str, str | Place | None], labels: Labels) -> SpecError:
    absent = [name for name in given if name not in map(str.strip, heading)]
    if absent:
        text = f'no column is called "{absent[0][:60]}", as --map says'
        return SpecError(text, mark=mark, help=nearest(absent[0], [name.strip()[:60] for name in heading[:1000]]))
    missing, near = wanting(heading)
    text = f'the column "{missing}" is not in the heading of the sheet'
    if missing is None:
        text, near = "no column has an answer that is asked for", _likely(heading, labels)
    help = near or f"a sheet begins\n{_FORM}\n{_WIDE}\nor say with --map what each column means"
    return SpecError(text, mark=mark, help=help)


def _long(rows: Iterable[Row], found: Columns, delimiter: str, labels: Labels, faults: list[Problem]) -> Iterator[Cell]:
    """The answers of rows that each hold one."""
    width, roles = len(found.heading), found.roles
    last = roles["answer"] == width - 1
    for row, mark in rows:
        if len(row) > width and last:  # (28, 28, 10) without quotes
            row[width - 1 :] = [delimiter.join(row[width - 1 :])]
        if len(row) != width:
            what = f"{len(row)} cells, but the heading has {width}"
            faults.append(Problem(what, mark, help=f"as in\n{_FORM}"))
            continue
        texts = {name: row[place].strip() for name, place in roles.items()}
        student = " ".join(row[place].strip() for place in found.student).strip()
        missing = [name for name in LONG[:3] if name in texts and name != "student" and not texts[name]]
        missing[:0] = [] if student else ["student"]
        layout = texts.get("layout") or None
        if missing:
            faults.append(Problem(f"the {missing[0]} is missing", mark, help=f"as in\n{_FORM}"))
        elif layout and layout not in LAYOUTS:
            faults.append(Problem(f'"{layout[:40]}" is not a layout', mark, help=", ".join(LAYOUTS)))
        else:
            yield Cell(student, *_place(texts, labels), texts["answer"] or None, mark, layout)


def _place(texts: dict[str, str], labels: Labels) -> Place:
    """What a row answers: its problem and key, or the one label that stands for both."""
    if "problem" in texts and "key" in texts:
        return labels.find(texts["problem"], texts["key"])
    label = texts.get("problem") or texts.get("key") or ""
    return labels.of(label) or (label, "")


def _once(cells: Iterable[Cell], limits: Limits, faults: list[Problem]) -> list[Cell]:
    """The cells without duplicates; a second, different answer to a question is a fault."""
    found: dict[tuple[str, str, str], Cell] = {}
    told: set[Mark] = set()
    texts: dict[str | None, str | None] = {None: None}  # each once: students write alike
    for cell in cells:
        student = texts.setdefault(cell.student, cell.student)
        cell = cell._replace(student=student or "", answer=texts.setdefault(cell.answer, cell.answer))
        limits.check("values", len(found) + 1, cell.mark)
        first = found.setdefault(cell[:3], cell)
        differs = (first.answer, first.layout) != (cell.answer, cell.layout)
        if differs and cell.mark not in told:
            told.add(cell.mark)
            what = f'"{cell.student}" answers {cell.problem} {cell.key} twice'
            faults.append(Problem(what, cell.mark, help="keep one of the two rows", also=first.mark))
    return list(found.values())
