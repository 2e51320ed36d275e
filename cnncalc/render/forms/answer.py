"""An answer as text and as data."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from cnncalc.render.data import plain
from cnncalc.render.forms.text import number, sizes
from cnncalc.spec.demand import asks_numbers

_LONGEST = 200  # characters of a matrix that are shown in a table
_ALTERNATIVES = 8  # most numbers for a letter that are all written


def written(value: Any, key: str | None, sign: str = "×", *, separators: bool = True) -> str:
    """An answer to ``key`` as text: sizes, a number, or every right number for a letter (a key without a dot)."""
    if isinstance(value, list) and asks_numbers(key or ""):
        return matrix(value, separators=separators)
    if isinstance(value, list) and "." not in (key or "."):
        shown = (
            [str(n) for n in value] if len(value) <= _ALTERNATIVES else [*map(str, value[:3]), "...", str(value[-1])]
        )
        return " or ".join(shown)
    if isinstance(value, list):
        return sizes([float(n) if isinstance(n, Fraction) else n for n in value], sign)
    if isinstance(value, Fraction):
        value = float(value)
    return "" if value is None else number(value) if separators and not isinstance(value, str) else str(value)


def matrix(value: Any, *, separators: bool = True) -> str:
    """Nested lists on one line, without axes of size 1: ``0 2 −1; 2 3 4``; more axes in brackets.

    Without ``separators`` the text is for a program: complete, in ASCII.
    """
    while isinstance(value, list) and len(value) == 1:
        value = value[0]
    if isinstance(value, list):
        rows = [_row(row) for row in value]
        text = " ".join(rows) if all(len(row) == 1 for row in map(_listed, value)) else "; ".join(rows)
    else:
        text = str(value)
    if not separators:
        return text
    if len(text) > _LONGEST:
        text = f"{text[:_LONGEST].rpartition(' ')[0]} …"
    return text.replace("-", "−")


def _listed(value: Any) -> list[Any]:
    """The items of nested lists without axes of size 1."""
    while isinstance(value, list) and len(value) == 1:
        value = value[0]
    return value if isinstance(value, list) else [value]


def _row(value: Any) -> str:
    items = [_listed(item) for item in _listed(value)]
    if all(len(item) == 1 for item in items):
        return " ".join(str(item[0]) for item in items)
    return "[" + ", ".join(f"[{_row(item)}]" for item in items) + "]"


def as_data(value: Any) -> Any:
    """An answer as in the JSON."""
    value = [as_data(item) for item in value] if isinstance(value, list) else value
    return float(value) if isinstance(value, Fraction) else plain(value)
