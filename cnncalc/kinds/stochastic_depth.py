"""Stochastic depth: the identity when run."""

from __future__ import annotations

from cnncalc.kinds.base.fields import Real
from cnncalc.kinds.base.kind import Pointwise


class StochasticDepth(Pointwise):
    """Drops a whole residual branch at random in training; the identity when run."""

    identity = True
    rate = Real(0.5, most=1.0, doc="the probability of dropping the branch")
    reference = "Huang et al., Deep networks with stochastic depth (2016)"
