"""Kinds that may end in an activation function."""

from __future__ import annotations

from cnncalc.kinds.activation import FUNCTIONS
from cnncalc.kinds.base.fields import Word
from cnncalc.kinds.base.kind import Kind


class Activated(Kind):
    """A kind with an ``activation`` field."""

    activation = Word(FUNCTIONS, default=None, last=True, doc="an activation function at the end")
