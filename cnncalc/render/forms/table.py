"""A table for a terminal, drawn by Rich: numbers are never cut; if there is no room, columns are dropped."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, TextIO

from cnncalc.render.forms.lines import HANGING, hanging, lines, paragraph, terminal_width
from cnncalc.render.forms.sheet import Column, Sheet, cell
from cnncalc.render.forms.terminal import console_of, in_colour
from cnncalc.render.forms.text import only_ascii, printable, to_ascii

if TYPE_CHECKING:
    from rich.table import Table

_NATURAL = 100_000  # wide enough for any table at its natural width
_GAPS = (3, 2, 1)  # between two columns; the widest that leaves room for all
_EDGES = 2


def as_table(sheet: Sheet, *, to_file: bool = False, stream: TextIO | None = None) -> str:
    """The sheet as text for ``stream``: with its terminal's width and colours, or plain in a pipe or file.

    ``stream``: None means standard output.
    """
    stream = stream or sys.stdout
    terminal = stream.isatty() and not to_file
    ascii_only = only_ascii(stream) and not to_file
    fit = to_ascii if ascii_only else str
    room = terminal_width() if terminal else _NATURAL
    title = fit(printable(sheet.title))
    footer = [paragraph(fit(line), room) for line in sheet.footer]
    for columns, gap in _attempts(sheet.columns):
        headings = [fit(column.heading) for column in columns]
        rows = [[fit(cell(column, row[column.key])) for column in columns] for row in sheet.rows]
        widths = _widths(columns, headings, rows, room - gap * (len(headings) - 1) - _EDGES)
        if widths is not None:
            break
    else:
        headings = [fit(column.heading) for column in sheet.columns]
        rows = [[fit(cell(column, row[column.key])) for column in sheet.columns] for row in sheet.rows]
        return _stacked(title, headings, rows, footer, room)
    console = console_of(room, colour=terminal and in_colour(stream))
    if title:
        console.print(paragraph(title, room), style="bold", soft_wrap=True)
    console.print(_table(columns, headings, rows, widths, gap, ascii_only=ascii_only))
    if ascii_only and footer:
        console.print()
    console.print(*footer, sep="\n", soft_wrap=True, end="\n" if footer else "")
    return "\n".join(line.rstrip() for line in console.file.getvalue().splitlines()) + "\n"


def _attempts(columns: list[Column]) -> Iterator[tuple[list[Column], int]]:
    """The columns to try with the gap between them: all of them, then fewer and fewer spare ones."""
    spare = [column for column in columns if column.spare]
    for count in range(len(spare) + 1):
        kept = [column for column in columns if column not in spare[:count]]
        yield from ((kept, gap) for gap in _GAPS)


def _widths(columns: list[Column], headings: list[str], rows: list[list[str]], room: int) -> list[int] | None:
    """How wide each column may be in ``room`` for all their values, or None if not even the smallest widths fit.

    A number keeps its width; headings, and texts between their pieces, are wrapped.
    """
    from rich.cells import cell_len

    widths, least = [], []
    for place, (column, heading) in enumerate(zip(columns, headings, strict=True)):
        cells = [row[place] for row in rows]
        if not column.exact:
            cells = [indent + piece.rstrip() for text in cells for indent, piece in hanging(text)]
        words = max(map(cell_len, heading.split()))
        least.append(max([words, *map(cell_len, cells)]))
        widths.append(max([cell_len(heading), *(cell_len(row[place]) for row in rows)]))
    while sum(widths) > room:
        gap, place = max((width - low, place) for place, (width, low) in enumerate(zip(widths, least, strict=True)))
        if gap <= 0:
            return None
        widths[place] -= 1
    return widths


def _table(
    columns: list[Column], headings: list[str], rows: list[list[str]], widths: list[int], gap: int, *, ascii_only: bool
) -> Table:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    padding = (0, int(gap > 1), 0, int(gap > 2))
    table = Table(box=box.ASCII2 if ascii_only else box.SIMPLE_HEAD, padding=padding, pad_edge=False)
    for column, heading, width in zip(columns, headings, widths, strict=True):
        table.add_column(
            heading, justify="right" if column.exact else "left", width=width, overflow="fold",
            style="dim" if column.key == "kind" else "",
        )  # fmt: skip
    for row in rows:
        table.add_row(*(Text(lines(hanging(text), width)) for text, width in zip(row, widths, strict=True)))
    return table


def _stacked(title: str, headings: list[str], rows: list[list[str]], footer: list[str], width: int) -> str:
    """Every row as lines of its own, for a terminal too narrow for columns."""
    shown = [title] if title else []
    for first, *rest in rows:
        indent = first[: len(first) - len(first.lstrip(" "))] + HANGING
        shown.append(first)
        shown += [f"{indent}{heading} {text}" for heading, text in zip(headings[1:], rest, strict=True) if text]
    return "\n".join([*(paragraph(line, width) for line in shown), *([""] if footer else []), *footer]) + "\n"
