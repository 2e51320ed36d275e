"""Channels in groups of equal size."""

from __future__ import annotations

from cnncalc.kinds.base.kind import Misfit
from cnncalc.symbolic.arithmetic import anywhere
from cnncalc.symbolic.expr import Number, value


def check_groups(channels: Number, groups: Number, what: str, field: str = "groups", into: str = "groups") -> None:
    """Raise Misfit unless ``groups`` divides ``channels``."""
    c, g = value(channels), value(groups)
    if c is not None and g is not None and anywhere(c % g != 0):
        near = [n for n in range(1, min(c, 10_000) + 1) if c % n == 0]
        raise Misfit(
            f"{c} {what} are not divisible into {g} {into}",
            help=f"{field} that divide {c}: {', '.join(map(str, near[:12]))}{', ...' if len(near) > 12 else ''}",
            field=field,
        )
