"""Arrays as matrices in aligned columns, a matrix for each channel."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import islice, product
from typing import Any

from cnncalc.units import significant

WIDTH = 80
_ROWS, _MAPS = 16, 4  # rows of a matrix, and matrices of an array, that are shown
_DIGITS = (6, 5, 4, 3)  # of each number: the most that fit into the width


def plain(number: float) -> str:
    """``0.75``, ``−2``, ``−∞``: six digits at most, but every digit before the point."""
    return _short(number, 6)


def bracketed(number: float) -> str:
    """A number after an operator: a negative one in brackets."""
    return f"({plain(number)})" if number < 0 else plain(number)


def _short(number: float, digits: int) -> str:
    shown = significant(number, digits) if math.isfinite(number) else str(number).replace("inf", "∞")
    return ("0" if shown == "-0" else shown).replace("-", "−")


def titled(name: str, array: Any) -> list[str]:
    """``y (3×3):`` and the matrices below it; a short list on the same line."""
    if array.ndim < 2 and array.size <= 8:
        return [f"  {name} = ({', '.join(map(plain, array.ravel().tolist()))})"]
    return [f"  {name} ({'×'.join(map(str, array.shape))}):", *lines(array, 4)]


def lines(array: Any, indent: int) -> Iterator[str]:
    """An array ``[spatial..., channels]`` as matrices; a sequence or a list as a single matrix."""
    if array.ndim < 3:
        yield from _matrix(array.reshape(-1, array.shape[-1]).tolist(), indent)
        return
    axes = (array.shape[-1], *array.shape[:-3])
    for place in islice(product(*map(range, axes)), _MAPS):
        channel, *others = place
        if math.prod(axes) > 1:
            slices = "".join(f", position {other + 1}" for other in others)
            yield f"{' ' * indent}channel {channel + 1}{slices}:"
        yield from _matrix(array[(*others, slice(None), slice(None), channel)].tolist(), indent)
    if math.prod(axes) > _MAPS:
        yield f"{' ' * indent}… and {math.prod(axes) - _MAPS} more maps"


def _matrix(rows: list[list[float]], indent: int) -> Iterator[str]:
    """Rows with their columns aligned on the right, cut if they do not fit."""
    shown = rows[:_ROWS]
    room = WIDTH - indent
    for digits in _DIGITS:
        cells = [[_short(number, digits) for number in row] for row in shown]
        width = max(len(cell) for row in cells for cell in row) + 2
        if width * len(rows[0]) <= room:
            break
    fit = len(rows[0]) if width * len(rows[0]) <= room else max(1, room // width - 1)
    for row in cells:
        line = "".join(cell.rjust(width) for cell in row[:fit])
        yield " " * (indent - 2) + line + ("  …" if fit < len(row) else "")
    if fit < len(rows[0]) or len(rows) > _ROWS:
        across = f"{fit} of {len(rows[0])} {'columns' if len(rows) > 1 else 'numbers'}"
        down = f"{len(shown)} of {len(rows)} rows, " if len(rows) > 1 else ""
        yield f"{' ' * indent}… {down}{across}"
