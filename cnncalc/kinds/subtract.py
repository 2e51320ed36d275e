"""The first operand less the second."""

from __future__ import annotations

from cnncalc.kinds.base.merge import Merge


class Subtract(Merge):
    """The first operand less the second."""

    operands = (2, 2)
