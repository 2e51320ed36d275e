"""Dropout: the identity when run."""

from __future__ import annotations

from cnncalc.kinds.base.fields import Real
from cnncalc.kinds.base.kind import Pointwise


class Dropout(Pointwise):
    """Sets a share of the numbers to zero in training; the identity when run."""

    identity = True
    rescales = True
    rate = Real(0.5, most=1.0, doc="share to drop")
    reference = "Srivastava et al., Dropout (2014)"
