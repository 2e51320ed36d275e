"""The mean of the numbers along an axis."""

from __future__ import annotations

from cnncalc.kinds.base.reduction import Reduction


class Mean(Reduction):
    """The mean of the numbers along an axis."""
