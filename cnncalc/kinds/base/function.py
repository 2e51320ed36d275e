"""What is true of an activation function, stated with the function itself."""

from __future__ import annotations

from math import inf
from typing import ClassVar

from cnncalc.kinds.base.kind import Pointwise


class Function(Pointwise):
    """An activation function: the output has the sizes of the input, and nothing is learned.

    ``bounds`` are the smallest and the largest number that it can give. ``rises``: it never falls, so the largest of
    some numbers may be taken before it as well as after. ``over_channels``: each number depends on all channels of its
    position. ``derivative`` is dy/dx, in x and y, σ the sigmoid, Φ the normal distribution and φ its density.
    """

    bounds: ClassVar[tuple[float, float]] = (-inf, inf)
    rises: ClassVar[bool] = False
    over_channels: ClassVar[bool] = False
    derivative: ClassVar[str]

    @classmethod
    def gives_shares(cls) -> bool:
        """Whether its numbers lie between 0 and 1, as the KL divergence of two shares needs them."""
        return cls.bounds[0] >= 0 and cls.bounds[1] <= 1
