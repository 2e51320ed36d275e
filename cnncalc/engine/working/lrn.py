"""Local response normalisation, number by number."""

from __future__ import annotations

from cnncalc.engine.arrays import Array, Weights
from cnncalc.engine.kernels import Formula, Place, by_hand
from cnncalc.kinds.lrn import Lrn


@by_hand(Lrn)
def lrn_by_hand(kind: Lrn, weights: Weights, x: Array) -> Place:
    """``3/(1 + 0.0001/5·(1² + 3²))^0.75``: the squares of the neighbouring channels."""

    def place(index: tuple[int, ...]) -> Formula:
        channel = index[-1]
        near = x[0][index[:-1]][max(0, channel - (kind.size - 1) // 2) : channel + kind.size // 2 + 1]
        squares = " + ".join(["{}²"] * len(near))
        text = f"{{}}/({kind.k:g} + {kind.alpha:g}/{kind.size}·({squares}))^{kind.beta:g}"
        return Formula(text, (x[0][index], *near))

    return place
