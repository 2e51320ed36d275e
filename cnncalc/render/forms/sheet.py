"""A table as data: columns and rows. It is written as a table for a terminal, CSV, Markdown or LaTeX."""

from __future__ import annotations

from typing import Any, NamedTuple

from cnncalc.render.forms.text import number, printable, sizes


class Column(NamedTuple):
    """A column: the key of its values, its heading, and what they are: text, texts, number or sizes.

    A ``spare`` one is left out on a terminal too narrow for it. A value of type sizes is a list of them, a list of such
    lists, or a word that stands for them.
    """

    key: str
    heading: str
    type: str = "text"
    spare: bool = False

    @property
    def exact(self) -> bool:
        """Whether its values are numbers, which are never cut, and aligned to the right."""
        return self.type in ("number", "sizes")


class Sheet(NamedTuple):
    """A table: its title, columns, rows of values by key, and lines below it."""

    title: str
    columns: list[Column]
    rows: list[dict[str, Any]]
    footer: list[str] = []  # noqa: RUF012


def cell(column: Column, value: Any, sign: str = "×", *, separators: bool = True) -> str:
    """A value as text."""
    if value is None:
        return "–"
    if column.type == "sizes" and not isinstance(value, str):
        several = value if value and isinstance(value[0], list) else [value]
        return "; ".join(sizes(one, sign) for one in several)
    if column.type == "texts":
        return "; ".join(printable(str(item)) for item in value)
    if column.type == "number" and separators:
        return number(value)
    return printable(str(value))
