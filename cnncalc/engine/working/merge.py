"""Operands joined number by number."""

from __future__ import annotations

from typing import Any

import numpy as np

from cnncalc.engine.arrays import Array, Weights
from cnncalc.engine.kernels import Formula, Place, by_hand
from cnncalc.engine.kernels.merge import spread
from cnncalc.kinds.add import Add
from cnncalc.kinds.average import Average
from cnncalc.kinds.maximum import Maximum
from cnncalc.kinds.multiply import Multiply
from cnncalc.kinds.subtract import Subtract

_SIGNS = {"add": " + ", "subtract": " − ", "multiply": "·", "average": " + ", "maximum": ", "}


@by_hand(Add, Subtract, Multiply, Average, Maximum)
def merge_by_hand(kind: Any, weights: Weights, *xs: Array) -> Place:
    """The numbers of all operands at a place; ``[C]`` spreads over the positions."""
    every = np.broadcast_arrays(*(x[0] for x in spread(xs)))
    text = _SIGNS[kind.word()].join(["{}"] * len(xs))
    text = f"({text})/{len(xs)}" if kind.word() == "average" else f"max({text})" if kind.word() == "maximum" else text
    return lambda place: Formula(text, tuple(x[place] for x in every))
