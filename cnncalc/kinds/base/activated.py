"""Kinds that may end in an activation function."""

from __future__ import annotations

from cnncalc.kinds.activation import FUNCTIONS, KINDS, Activation
from cnncalc.kinds.base.fields import Word
from cnncalc.kinds.base.function import Function
from cnncalc.kinds.base.kind import Kind


class Activated(Kind):
    """A kind with an ``activation`` field."""

    activation = Word(FUNCTIONS, default=None, last=True, doc="an activation function at the end")


def added(kind: Kind) -> Function | None:
    """The function that the ``activation`` field of ``kind`` names, or None."""
    word = kind.__dict__["activation"] if isinstance(kind, Activated) else None
    return None if word is None else KINDS[word]()


def ending(kind: Kind) -> Function | None:
    """The activation function that gives the output of ``kind``: the one that it names, or the kind itself; or None."""
    if isinstance(kind, Activation):
        return kind.chosen
    return kind if isinstance(kind, Function) else added(kind)
