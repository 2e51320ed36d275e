"""The product of the operands."""

from __future__ import annotations

from cnncalc.kinds._merge import Merge


class Multiply(Merge):
    """The product of the operands."""
