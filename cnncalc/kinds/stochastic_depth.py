"""Stochastic depth: the identity when run."""

from __future__ import annotations

from cnncalc.kinds.base.fields import Real
from cnncalc.kinds.base.kind import Pointwise


class StochasticDepth(Pointwise):
    """In training drops a whole residual branch at times; the identity when run."""

    identity = True
    rate = Real(0.5, most=1.0, doc="how often the branch is dropped")
    reference = "Huang et al., Deep networks with stochastic depth (2016)"
