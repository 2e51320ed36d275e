"""The sum of the numbers along an axis."""

from __future__ import annotations

from cnncalc.kinds.base.reduction import Reduction


class Sum(Reduction):
    """The sum of the numbers along an axis."""
