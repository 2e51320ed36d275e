"""The sum of the operands."""

from __future__ import annotations

from cnncalc.kinds.base.merge import Merge


class Add(Merge):
    """The sum of the operands."""
