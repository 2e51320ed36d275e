"""What a kind is in PyTorch, and the words that kinds share."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from cnncalc.export.padding import Ends
from cnncalc.shape import Shape

LAYOUT = "channels_first"


class Said(NamedTuple):
    """A layer in PyTorch.

    ``module`` constructs it; empty where it has none. ``call`` is its value, with ``{m}`` for the module and ``{0}``,
    ``{1}``, ... for what it reads; by default the module called. ``loads`` is the function of ``helpers.py`` that turns
    our arrays into the module's, as it is called. A ``light`` module has no numbers of its own: where ``call`` does not
    need it, it is made only inside ``nn.Sequential``.
    """

    module: str = ""
    call: str = "{m}({0})"
    loads: str = ""
    light: bool = False

    @property
    def chains(self) -> bool:
        """Whether the module alone gives the value, so that it can follow another in ``nn.Sequential``."""
        return bool(self.module) and (self.light or self.call == "{m}({0})")


def axis(shape: Shape) -> int:
    """The axis of a value that counts its channels or features."""
    return 1 if shape.rank > 2 else shape.rank


def axis_of(shape: Shape, name: str) -> int:
    """The axis of a value by its name."""
    return axis(shape) if name == "channels" else shape.axes.index(name) + (2 if shape.rank > 2 else 1)


def arguments(*given: Any, **named: Any) -> str:
    """Arguments of a call as one writes them; those that are None are left out."""
    texts = [written(value) for value in given]
    return ", ".join(texts + [f"{name}={written(value)}" for name, value in named.items() if value is not None])


def written(value: Any) -> str:
    """A setting: one number where a row of numbers is the same everywhere."""
    if isinstance(value, list | tuple):
        numbers = list(value)
        return written(numbers[0]) if len(set(numbers)) == 1 else f"({', '.join(map(written, numbers))})"
    return repr(value)


def unless(value: Any, usual: Any) -> Any:
    """``value``, or None where it is the usual one."""
    every = list(value) if isinstance(value, list | tuple) else [value]
    return None if all(each == usual for each in every) else value


def first(shape: Shape, call: str) -> str:
    """A call of a module that wants the features of a sequence before its steps."""
    return call.replace("{0}", "{0}.transpose(1, 2)") + ".transpose(1, 2)" if shape.rank == 2 else call


def last(shape: Shape, call: str) -> str:
    """A call of what wants the channels of an image last."""
    return call.replace("{0}", "{0}.movedim(1, -1)") + ".movedim(-1, 1)" if shape.rank > 2 else call


def padded(ends: Iterable[Ends], value: str = "") -> str:
    """``F.pad`` of ``{0}``, the last axis first, with all that the windows reach."""
    widths = [number for end in reversed(list(ends)) for number in (end.begin, end.end + end.extra)]
    return f"F.pad({{0}}, ({', '.join(map(str, widths))}){value})"


def even(ends: Iterable[Ends]) -> bool:
    """Whether the padding is the same at both sides of each axis."""
    return all(end.begin == end.end for end in ends)
