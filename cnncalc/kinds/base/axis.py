"""What the kinds that work along one named axis share."""

from __future__ import annotations

from cnncalc.kinds.base.kind import Kind, Misfit
from cnncalc.shape import Shape

AXES = ("channels", "height", "width", "depth", "time")


def position(x: Shape, axis: str, kind: Kind) -> int:
    """Where ``axis`` is among the sizes of ``x``, channels last. Raises Misfit if ``x`` has no such axis."""
    if axis not in x.axes:
        raise Misfit(
            f"{kind.word()} needs an axis {axis}; its input has {' and '.join(x.axes)}",
            help=f"axis: one of {', '.join(x.axes)}",
            field="axis",
        )
    return x.axes.index(axis)
