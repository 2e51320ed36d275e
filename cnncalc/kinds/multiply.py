"""The product of the operands."""

from __future__ import annotations

from cnncalc.kinds.base.merge import Merge


class Multiply(Merge):
    """The product of the operands."""
