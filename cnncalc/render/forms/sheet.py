"""A table as data: columns and rows. It is written as a table for a terminal, CSV, Markdown or LaTeX."""

from __future__ import annotations

from typing import Any, NamedTuple

from cnncalc.render.forms.text import number, printable, sizes


class Column(NamedTuple):
    """A column: the key of its values, its heading, and what they are: text, texts, number or sizes."""

    key: str
    heading: str
    type: str = "text"

    @property
    def exact(self) -> bool:
        """Whether its values are numbers, which are never cut and stand to the right."""
        return self.type in ("number", "sizes")


class Sheet(NamedTuple):
    """A table: its title, columns, rows of values by key, and lines below it."""

    title: str
    columns: list[Column]
    rows: list[dict[str, Any]]
    footer: list[str] = []  # noqa: RUF012

    def write(self, format: str, to_file: bool = False) -> str:
        """The sheet as ``table`` (with the terminal's colours unless it goes to a file), csv, markdown or latex."""
        if format == "table":
            from cnncalc.render.forms.table import as_table

            return as_table(self, to_file)
        return {"csv": as_csv, "markdown": as_markdown, "latex": as_latex}[format](self)


def cell(column: Column, value: Any, sign: str = "×", separators: bool = True) -> str:
    """A value as text."""
    if value is None:
        return "–"
    if column.type == "sizes":
        return sizes(value, sign)
    if column.type == "texts":
        return "; ".join(printable(str(item)) for item in value)
    if column.type == "number" and separators:
        return number(value)
    return printable(str(value))


def as_csv(sheet: Sheet) -> str:
    """CSV with a heading line: numbers bare, sizes as 64x64x32, and no cell that a spreadsheet takes for a formula."""
    import csv
    import io

    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow([column.key for column in sheet.columns])
    for row in sheet.rows:
        writer.writerow([csv_cell(column, row[column.key]) for column in sheet.columns])
    return stream.getvalue()


def csv_cell(column: Column, value: Any) -> str:
    """A cell of CSV; a text that begins ``= + - @`` gets a leading ``'``."""
    text = "" if value is None else cell(column, value, "x", separators=False)
    return f"'{text}" if column.type.startswith("text") and text[:1] in ("=", "+", "-", "@", "\t", "\r") else text


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


def markdown(text: str) -> str:
    """``text`` with what Markdown or HTML would read as markup escaped."""
    escaped = "".join(f"\\{c}" if c in "\\`*_[]#|~$" else c for c in text)
    return escaped.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


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


_LATEX = {
    "\\": r"\textbackslash{}", "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_", "{": r"\{", "}": r"\}",
    "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "<": r"$<$", ">": r"$>$", "|": r"$|$", "×": r"$\times$",
    "−": "$-$", "·": r"$\cdot$", "⌊": r"$\lfloor$", "⌋": r"$\rfloor$", "⌈": r"$\lceil$", "⌉": r"$\rceil$", "–": "--",
    "→": r"$\rightarrow$", "≤": r"$\leq$", "≥": r"$\geq$", "√": r"$\surd$", "Σ": r"$\Sigma$", "∞": r"$\infty$",
    '"': "''", "…": r"\ldots{}",
}  # fmt: skip


def latex(text: str) -> str:
    """``text`` with what LaTeX would read as commands escaped."""
    return "".join(_LATEX.get(character, character) for character in text)
