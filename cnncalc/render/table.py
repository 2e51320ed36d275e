"""A table for a terminal, drawn by Rich: numbers are never cut; where there is no room the columns give way."""

from __future__ import annotations

import io
import os
import sys
from typing import TYPE_CHECKING, Any

from cnncalc.render.sheet import Column, Sheet, cell
from cnncalc.render.text import only_ascii, printable, to_ascii

if TYPE_CHECKING:
    from rich.table import Table

_NATURAL = 100_000  # wide enough for any table to take its own width
_WORD = 24  # a longer word of a text may be broken
_GAP = 3  # between two columns; the two edges take one less


def as_table(sheet: Sheet, to_file: bool = False) -> str:
    """The sheet as text for standard output: with its terminal's width and colours, or plain in a pipe or file."""
    terminal = sys.stdout.isatty() and not to_file
    ascii_only = only_ascii(sys.stdout) and not to_file
    fit = to_ascii if ascii_only else str
    room = _width() if terminal else _NATURAL
    title = printable(sheet.title)
    headings = [fit(column.heading) for column in sheet.columns]
    rows = [[fit(cell(column, row[column.key])) for column in sheet.columns] for row in sheet.rows]
    widths = _widths(sheet.columns, headings, rows, room)
    if widths is None:
        return fit(_stacked(title, headings, rows, sheet.footer))
    console = _console(room, terminal)
    if title:
        console.print(fit(title), style="bold", soft_wrap=True)
    console.print(_table(sheet.columns, headings, rows, widths, ascii_only))
    console.print(*map(fit, sheet.footer), sep="\n", soft_wrap=not terminal, end="\n" if sheet.footer else "")
    return "\n".join(line.rstrip() for line in console.file.getvalue().splitlines()) + "\n"


def _width() -> int:
    """The width of the terminal in columns."""
    import shutil

    return max(1, shutil.get_terminal_size((80, 24)).columns)


def _console(width: int, terminal: bool) -> Any:
    from rich.console import Console

    colour = terminal and not os.environ.get("NO_COLOR")
    return Console(
        file=io.StringIO(), width=width, force_terminal=colour, no_color=not colour, highlight=False, markup=False,
        emoji=False, color_system="standard" if colour else None, legacy_windows=False,
    )  # fmt: skip


def _widths(columns: list[Column], headings: list[str], rows: list[list[str]], room: int) -> list[int] | None:
    """How wide each column may be in ``room`` for all, or None where not even the least widths fit.

    A number keeps its width; headings, and texts between their words, are wrapped.
    """
    from rich.cells import cell_len

    widths, least = [], []
    for place, (column, heading) in enumerate(zip(columns, headings, strict=True)):
        cells = [row[place] for row in rows]
        if not column.exact:
            cells = [word[:_WORD] for text in cells for word in text.split()]
        words = max(map(cell_len, heading.split()))
        least.append(max([words, *map(cell_len, cells)]))
        widths.append(max([cell_len(heading), *(cell_len(row[place]) for row in rows)]))
    room -= _GAP * len(columns) - 1
    while sum(widths) > room:
        gap, place = max((width - low, place) for place, (width, low) in enumerate(zip(widths, least, strict=True)))
        if gap <= 0:
            return None
        widths[place] -= 1
    return widths


def _table(
    columns: list[Column], headings: list[str], rows: list[list[str]], widths: list[int], ascii_only: bool
) -> Table:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.ASCII2 if ascii_only else box.SIMPLE_HEAD, pad_edge=False)
    for column, heading, width in zip(columns, headings, widths, strict=True):
        table.add_column(
            heading, justify="right" if column.exact else "left", width=width, overflow="fold",
            style="dim" if column.key == "kind" else "",
        )  # fmt: skip
    for row in rows:
        table.add_row(*map(Text, row))
    return table


def _stacked(title: str, headings: list[str], rows: list[list[str]], footer: list[str]) -> str:
    """Every row as lines of its own, for a terminal too narrow for columns."""
    lines = [title] if title else []
    for first, *rest in rows:
        lines.append(first)
        lines += [f"  {heading} {text}" for heading, text in zip(headings[1:], rest, strict=True)]
    return "\n".join([*lines, *footer]) + "\n"
