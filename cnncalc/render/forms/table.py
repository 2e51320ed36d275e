"""A table for a terminal, drawn by Rich: numbers are never cut; where there is no room the columns give way."""

from __future__ import annotations

import io
import os
import re
import sys
from typing import TYPE_CHECKING, Any

from cnncalc.render.forms.sheet import Column, Sheet, cell
from cnncalc.render.forms.text import only_ascii, printable, takes_escapes, to_ascii

if TYPE_CHECKING:
    from rich.table import Table

_NATURAL = 100_000  # wide enough for any table to take its own width
_WORD = 24  # a longer word of a text may be broken
_GAPS = (3, 2, 1)  # between two columns: the widest with which there is room for all
_EDGES = 2


def as_table(sheet: Sheet, *, to_file: bool = False) -> str:
    """The sheet as text for standard output: with its terminal's width and colours, or plain in a pipe or file."""
    terminal = sys.stdout.isatty() and not to_file
    ascii_only = only_ascii(sys.stdout) and not to_file
    fit = to_ascii if ascii_only else str
    room = _width() if terminal else _NATURAL
    title = printable(sheet.title)
    headings = [fit(column.heading) for column in sheet.columns]
    rows = [[fit(cell(column, row[column.key])) for column in sheet.columns] for row in sheet.rows]
    for gap in _GAPS:
        widths = _widths(sheet.columns, headings, rows, room - gap * (len(headings) - 1) - _EDGES)
        if widths is not None:
            break
    else:
        return fit(_stacked(title, headings, rows, sheet.footer))
    console = _console(room, colour=terminal and takes_escapes(sys.stdout) and not os.environ.get("NO_COLOR"))
    if title:
        console.print(fit(title), style="bold", soft_wrap=not terminal)
    console.print(_table(sheet.columns, headings, rows, widths, gap, ascii_only=ascii_only))
    if ascii_only and sheet.footer:
        console.print()
    console.print(*map(fit, sheet.footer), sep="\n", soft_wrap=not terminal, end="\n" if sheet.footer else "")
    return "\n".join(line.rstrip() for line in console.file.getvalue().splitlines()) + "\n"


def _width() -> int:
    """The width of the terminal in columns."""
    import shutil

    return max(1, shutil.get_terminal_size((80, 24)).columns)


def _console(width: int, *, colour: bool) -> Any:
    from rich.console import Console

    return Console(
        file=io.StringIO(), width=width, force_terminal=colour, no_color=not colour, highlight=False, markup=False,
        emoji=False, color_system="standard" if colour else None, legacy_windows=False,
    )  # fmt: skip


def _widths(columns: list[Column], headings: list[str], rows: list[list[str]], room: int) -> list[int] | None:
    """How wide each column may be in ``room`` for all their values, or None where not even the least widths fit.

    A number keeps its width; headings, and texts between their pieces, are wrapped.
    """
    from rich.cells import cell_len

    widths, least = [], []
    for place, (column, heading) in enumerate(zip(columns, headings, strict=True)):
        cells = [row[place] for row in rows]
        if not column.exact:
            cells = [piece.rstrip()[:_WORD] for text in cells for piece in _pieces(text)]
        words = max(map(cell_len, heading.split()))
        least.append(max([words, *map(cell_len, cells)]))
        widths.append(max([cell_len(heading), *(cell_len(row[place]) for row in rows)]))
    while sum(widths) > room:
        gap, place = max((width - low, place) for place, (width, low) in enumerate(zip(widths, least, strict=True)))
        if gap <= 0:
            return None
        widths[place] -= 1
    return widths


def _pieces(text: str) -> list[str]:
    """The words of a text, and of a layer's name the blocks that it stands in: a line may end after each."""
    return re.findall(r"[^/ ]*[/ ]|[^/ ]+", text)


def _broken(text: str, width: int) -> str:
    """The text in lines of at most ``width``, as far as its pieces allow."""
    from rich.cells import cell_len

    lines = [""]
    for piece in _pieces(text):
        if lines[-1] and cell_len(lines[-1] + piece.rstrip()) > width:
            lines.append("")
        lines[-1] += piece
    return "\n".join(line.rstrip() for line in lines)


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
        table.add_row(*(Text(_broken(text, width)) for text, width in zip(row, widths, strict=True)))
    return table


def _stacked(title: str, headings: list[str], rows: list[list[str]], footer: list[str]) -> str:
    """Every row as lines of its own, for a terminal too narrow for columns."""
    lines = [title] if title else []
    for first, *rest in rows:
        lines.append(first)
        lines += [f"  {heading} {text}" for heading, text in zip(headings[1:], rest, strict=True)]
    return "\n".join([*lines, *([""] if footer else []), *footer]) + "\n"
