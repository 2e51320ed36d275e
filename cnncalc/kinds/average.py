"""The mean of the operands."""

from __future__ import annotations

from cnncalc.kinds.base.merge import Merge


class Average(Merge):
    """The mean of the operands."""
