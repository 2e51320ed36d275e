"""The largest of the operands."""

from __future__ import annotations

from cnncalc.kinds._merge import Merge


class Maximum(Merge):
    """The largest of the operands."""
