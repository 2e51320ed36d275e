"""A sheet as a table for a terminal, CSV, Markdown or LaTeX."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from typing import Any, TextIO

from cnncalc.render.forms.markup import latex, markdown
from cnncalc.render.forms.sheet import Column, Sheet, cell
from cnncalc.render.forms.text import printable


def write(sheet: Sheet, format: str, *, to_file: bool = False, stream: TextIO | None = None) -> str:
    """The sheet as ``table`` (for the terminal ``stream`` unless it goes to a file), csv, markdown or latex."""
    if format == "table":
        from cnncalc.render.forms.table import as_table

        return as_table(sheet, to_file=to_file, stream=stream)
    return {"csv": as_csv, "markdown": as_markdown, "latex": as_latex}[format](sheet)


def as_csv(sheet: Sheet) -> str:
    """CSV with a heading line: numbers bare, sizes as 64x64x32, and no cell that a spreadsheet reads as a formula."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow([column.key for column in sheet.columns])
    for row in sheet.rows:
        writer.writerow([csv_cell(column, row[column.key]) for column in sheet.columns])
    return stream.getvalue()


_TEXT = Column("", "")
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")


def csv_line(cells: Iterable[str | None]) -> str:
    """A line of CSV of texts; none of them begins a formula."""
    stream = io.StringIO()
    csv.writer(stream, lineterminator="\n").writerow([csv_cell(_TEXT, text) for text in cells])
    return stream.getvalue()


def csv_cell(column: Column, value: Any) -> str:
    """A cell of CSV; a text that begins ``= + - @``, in any width, gets a leading ``'``."""
    text = "" if value is None else cell(column, value, "x", separators=False)
    return f"'{text}" if column.type.startswith("text") and text[:1] in _FORMULA else text


def as_markdown(sheet: Sheet) -> str:
    """A Markdown table with its title above and its footer below."""
    lines = [f"**{markdown(printable(sheet.title))}**", ""] if sheet.title else []
    lines.append("| " + " | ".join(markdown(column.heading) for column in sheet.columns) + " |")
    rule = ["---:" if column.exact else "---" for column in sheet.columns]
    lines.append("| " + " | ".join(rule) + " |")
    for row in sheet.rows:
        lines.append("| " + " | ".join(markdown(cell(c, row[c.key])) for c in sheet.columns) + " |")
    lines += ["", *(f"{markdown(line)}  " for line in sheet.footer)] if sheet.footer else []
    return "\n".join(lines) + "\n"


def as_latex(sheet: Sheet) -> str:
    """A LaTeX tabular with its footer below; it needs no packages."""
    alignment = "".join("r" if column.exact else "l" for column in sheet.columns)
    lines = [f"% {latex(printable(sheet.title))}"] if sheet.title else []
    lines += [f"\\begin{{tabular}}{{{alignment}}}", "\\hline"]
    lines.append(" & ".join(latex(column.heading) for column in sheet.columns) + r" \\ \hline")
    for row in sheet.rows:
        lines.append(" & ".join(latex(cell(c, row[c.key])) for c in sheet.columns) + r" \\")
    lines += ["\\hline", "\\end{tabular}"]
    lines += ["", *(latex(line) + r"\par" for line in sheet.footer)] if sheet.footer else []
    return "\n".join(lines) + "\n"
