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


def as_table(sheet: Sheet, to_file: bool = False) -> str:
    """The sheet as text for standard output: with its terminal's width and colours, or plain in a pipe or file."""
    terminal = sys.stdout.isatty() and not to_file
    ascii_only = only_ascii(sys.stdout) and not to_file
    width = _width() if terminal else _NATURAL
    console = _console(width, terminal)
    table = _table(sheet, ascii_only)
    if console.measure(table).minimum > width:
        text = _stacked(sheet)
        return to_ascii(text) if ascii_only else text
    console.print(table)
    for line in sheet.footer:
        console.print(line, markup=False, highlight=False, soft_wrap=not terminal)
    text = "\n".join(line.rstrip() for line in console.file.getvalue().splitlines()) + "\n"
    return to_ascii(text) if ascii_only else text


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


def _table(sheet: Sheet, ascii_only: bool) -> Table:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    fit = to_ascii if ascii_only else str
    table = Table(
        title=Text(fit(printable(sheet.title)), style="bold") if sheet.title else None,
        title_justify="left",
        box=box.ASCII2 if ascii_only else box.SIMPLE_HEAD,
        pad_edge=False,
    )
    for column in sheet.columns:
        exact = column.type in ("number", "sizes")
        table.add_column(
            fit(column.heading), justify="right" if exact else "left", no_wrap=exact, overflow="fold",
            min_width=None if exact else min(8, _widest(sheet, column)), style="dim" if column.key == "kind" else "",
        )  # fmt: skip
    for row in sheet.rows:
        table.add_row(*(Text(fit(cell(column, row[column.key]))) for column in sheet.columns))
    return table


def _widest(sheet: Sheet, column: Column) -> int:
    return max([len(column.heading), *(len(cell(column, row[column.key])) for row in sheet.rows)])


def _stacked(sheet: Sheet) -> str:
    """Every row as lines of its own, for a terminal too narrow for columns."""
    lines = [printable(sheet.title)] if sheet.title else []
    for row in sheet.rows:
        first, *rest = sheet.columns
        lines.append(cell(first, row[first.key]))
        lines += [f"  {column.heading} {cell(column, row[column.key])}" for column in rest]
    return "\n".join([*lines, *sheet.footer]) + "\n"
