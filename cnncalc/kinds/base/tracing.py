"""A kind and its operands fed with letters that remember their values, so that its rules give their working."""

from __future__ import annotations

from cnncalc.kinds.base.fields import traced
from cnncalc.kinds.base.kind import Kind, Misfit, Note, axis_letters
from cnncalc.shape import Shape
from cnncalc.symbolic.expr import value


def trace(kind: Kind, xs: tuple[Shape, ...]) -> tuple[Kind, tuple[Shape, ...]]:
    """The kind and its operands with a letter for each number, so that its rules show their working."""
    named = [_lettered(x, f"_{number}" if len(xs) > 1 else "") for number, x in enumerate(xs, 1)]
    return kind.mapped(traced, axis_letters(xs[0])), tuple(named)


def _lettered(x: Shape, subscript: str) -> Shape:
    spatial = tuple(traced(size, letter + subscript) for size, letter in zip(x.spatial, axis_letters(x), strict=True))
    return Shape(spatial, traced(x.channels, ("C" if x.spatial else "N") + subscript))


def notes(kind: Kind, xs: tuple[Shape, ...]) -> list[Note]:
    """What a kind says about its operands besides its numbers, with the working."""
    if not kind.notes(*xs):
        return []
    named_kind, named = trace(kind, xs)
    return named_kind.notes(*named)


def refusal(kind: Kind, xs: tuple[Shape, ...], misfit: Misfit) -> tuple[str, ...]:
    """The working of the wrong size; empty if no size is wrong."""
    from cnncalc.symbolic.expr import write

    if misfit.number is None:
        return ()
    named_kind, named = trace(kind, xs)
    try:
        named_kind.output(*named)
    except Misfit as again:
        return (f"{misfit.letter}_out = {write(again.number)} = {write(value(again.number))}",)
    return ()
