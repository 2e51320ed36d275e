"""Code that kinds share in PyTorch."""

from __future__ import annotations

from collections.abc import Iterable

from cnncalc.export.padding import Ends
from cnncalc.shape import Shape

LAYOUT = "channels_first"


def axis(shape: Shape) -> int:
    """The axis of a value that counts its channels or features."""
    return 1 if shape.rank > 2 else shape.rank


def axis_of(shape: Shape, name: str) -> int:
    """The axis of a value by its name."""
    return axis(shape) if name == "channels" else shape.axes.index(name) + (2 if shape.rank > 2 else 1)


def first(shape: Shape, call: str) -> str:
    """A call of a module that needs the features of a sequence before its steps."""
    return call.replace("{0}", "{0}.transpose(1, 2)") + ".transpose(1, 2)" if shape.rank == 2 else call


def last(shape: Shape, call: str) -> str:
    """A call that needs the channels of an image last."""
    return call.replace("{0}", "{0}.movedim(1, -1)") + ".movedim(-1, 1)" if shape.rank > 2 else call


def padded(ends: Iterable[Ends], value: str = "") -> str:
    """``F.pad`` of ``{0}``, the last axis first, with everything that the windows reach."""
    widths = [number for end in reversed(list(ends)) for number in (end.begin, end.end + end.extra)]
    return f"F.pad({{0}}, ({', '.join(map(str, widths))}){value})"
