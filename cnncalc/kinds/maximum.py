"""The largest of the operands."""

from __future__ import annotations

from cnncalc.kinds.base.merge import Merge


class Maximum(Merge):
    """The largest of the operands."""
