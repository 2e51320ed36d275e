"""An answer as text and as data."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from cnncalc.render.data import plain
from cnncalc.render.forms.text import number, sizes

_ALTERNATIVES = 8  # numbers for a letter of which all are written


def written(value: Any, key: str | None, sign: str = "×", *, separators: bool = True) -> str:
    """An answer to ``key`` as text: sizes, a number, or of a letter (which has no dot) every number that is right."""
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


def as_data(value: Any) -> Any:
    """An answer as in the JSON."""
    value = [as_data(item) for item in value] if isinstance(value, list) else value
    return float(value) if isinstance(value, Fraction) else plain(value)
