"""A leaky ReLU with a learned slope, number by number."""

from __future__ import annotations

from typing import Any

import numpy as np

from cnncalc.engine.arrays import Array, Weights
from cnncalc.engine.kernels import Formula, Place, by_hand
from cnncalc.kinds.prelu import Prelu


@by_hand(Prelu)
def prelu_by_hand(kind: Any, weights: Weights, x: Array) -> Place:
    """``−2·0.25`` for a negative number."""
    slopes = np.broadcast_to(weights["alpha"], x.shape[-1:])

    def place(index: tuple[int, ...]) -> Formula:
        number = x[0][index]
        return Formula("{}", (number,)) if number > 0 else Formula("{}·{}", (number, slopes[index[-1]]))

    return place
