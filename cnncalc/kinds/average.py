"""The mean of the operands."""

from __future__ import annotations

from cnncalc.kinds._merge import Merge


class Average(Merge):
    """The mean of the operands."""
