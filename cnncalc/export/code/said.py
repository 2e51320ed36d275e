"""What a layer is in the code of a framework, and how settings are written."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from cnncalc.export.padding import Ends


class Said(NamedTuple):
    """A layer in code.

    ``module`` constructs it; empty where it has none. ``call`` is its value, with ``{m}`` for the module and ``{0}``,
    ``{1}``, ... for what it reads; by default the module called. Of several lines, each reads in ``{0}`` what the one
    before gives. ``loads`` is the function that turns our arrays into the module's, as it is called. A ``light`` module
    has no numbers of its own: where ``call`` does not need it, it is made only where modules follow each other.
    """

    module: str = ""
    call: str = "{m}({0})"
    loads: str = ""
    light: bool = False

    @property
    def chains(self) -> bool:
        """Whether the module alone gives the value, so that it can follow another in ``nn.Sequential``."""
        return bool(self.module) and (self.light or self.call == "{m}({0})")


def arguments(*given: Any, **named: Any) -> str:
    """Arguments of a call as one writes them; those that are None are left out."""
    texts = [written(value) for value in given]
    return ", ".join(texts + [f"{name}={written(value)}" for name, value in named.items() if value is not None])


def written(value: Any) -> str:
    """A setting: one number where a row of numbers is the same everywhere."""
    if isinstance(value, list | tuple):
        numbers = list(value)
        return written(numbers[0]) if len(set(numbers)) == 1 else f"({', '.join(map(written, numbers))})"
    return f'"{value}"' if isinstance(value, str) else repr(value)


def unless(value: Any, usual: Any) -> Any:
    """``value``, or None where it is the usual one."""
    every = list(value) if isinstance(value, list | tuple) else [value]
    return None if all(each == usual for each in every) else value


def even(ends: Iterable[Ends]) -> bool:
    """Whether the padding is the same at both sides of each axis."""
    return all(end.begin == end.end for end in ends)
