"""A layer in the code of a framework, and how settings are written."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from cnncalc.export.padding import Ends


class Said(NamedTuple):
    """A layer in code.

    ``module`` constructs it; empty if it has none. ``call`` is its value, with ``{m}`` for the module and ``{0}``,
    ``{1}``, ... for its inputs; by default a call of the module. With several lines, ``{0}`` is the result of the
    line before. ``loads`` is the call that converts our arrays to the module's. A ``light`` module
    has no parameters: if ``call`` does not need it, it is constructed only in nn.Sequential.
    """

    module: str = ""
    call: str = "{m}({0})"
    loads: str = ""
    light: bool = False

    @property
    def chains(self) -> bool:
        """Whether a plain call of the module gives the value, so that it can follow another in ``nn.Sequential``."""
        return bool(self.module) and (self.light or self.call == "{m}({0})")


def arguments(*given: Any, **named: Any) -> str:
    """Arguments of a call as text; those that are None are left out."""
    texts = [written(value) for value in given]
    return ", ".join(texts + [f"{name}={written(value)}" for name, value in named.items() if value is not None])


def written(value: Any) -> str:
    """A setting as text: one number if all numbers are the same."""
    if isinstance(value, list | tuple):
        numbers = list(value)
        return written(numbers[0]) if len(set(numbers)) == 1 else f"({', '.join(map(written, numbers))})"
    return f'"{value}"' if isinstance(value, str) else repr(value)


def unless(value: Any, usual: Any) -> Any:
    """``value``, or None if it is the default."""
    every = list(value) if isinstance(value, list | tuple) else [value]
    return None if all(each == usual for each in every) else value


def even(ends: Iterable[Ends]) -> bool:
    """Whether the padding is the same at both sides of each axis."""
    return all(end.begin == end.end for end in ends)
