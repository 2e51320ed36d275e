"""A layer's padding along one axis: a number for each side, a ``(begin, end)`` pair, or a word."""

from __future__ import annotations

from typing import Any

from cnncalc.symbolic.expr import Number

SAME = ("same", "same_lower")
WORDS = ("valid", *SAME)
CAUSAL = (*WORDS, "causal")  # for sequences: all of the padding is at the beginning, so that no step sees a later one


def sides(padding: Any) -> tuple[Number, Number]:
    """What is before and behind the axis; not for ``same``, which depends on the size."""
    if isinstance(padding, tuple):
        return padding
    return (0, 0) if padding == "valid" else (padding, padding)


def both(padding: Any) -> Number:
    """Both sides together: ``2P``, or their sum where they differ."""
    if isinstance(padding, tuple):
        return padding[0] + padding[1]
    return 0 if padding == "valid" else 2 * padding


def halves(total: Number, word: str) -> tuple[Number, Number]:
    """The two sides of ``same``. An odd number is larger by one at the end; with ``same_lower`` at the beginning."""
    begin = total // 2 if word == "same" else total - total // 2
    return begin, total - begin
