"""Normalisation: the mean and the variance, then each number by them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from cnncalc.engine.arrays import Array, Weights, inward
from cnncalc.engine.kernels import Formula, Place, Shown, by_hand
from cnncalc.kinds.norm import Batchnorm, Groupnorm, Instancenorm, Layernorm, Rmsnorm

_SUMMANDS = 12  # most numbers of a mean that is written out, and most means


@by_hand(Batchnorm)
def batchnorm_by_hand(kind: Batchnorm, weights: Weights, x: Array) -> Place:
    """By the moving mean and variance of the channel."""
    learned = [name for name in ("gamma", "beta") if name in weights]
    text = f"({{}} − {{}})/√({{}} + {kind.eps:g})" + "·{}" * ("gamma" in weights) + " + {}" * ("beta" in weights)

    def place(index: tuple[int, ...]) -> Formula:
        names = ("moving_mean", "moving_variance", *learned)
        return Formula(text, (x[0][index], *(weights[name][index[-1]] for name in names)))

    return place


@by_hand(Layernorm, Groupnorm, Instancenorm, Rmsnorm)
def norm_by_hand(kind: Any, weights: Weights, x: Array) -> Iterator[Shown]:
    """Over the channels of a position, a group of channels, the positions of a channel, or everything."""
    parts, axes, over = _parts(kind, x[0])
    centred = parts
    if not isinstance(kind, Rmsnorm):
        mean = parts.mean(axis=axes, keepdims=True)
        yield Shown("μ", f"the mean over {over}", np.squeeze(mean), _means(parts, axes, "{}"))
        centred = parts - mean
    variance = np.mean(centred * centred, axis=axes, keepdims=True)
    name, said = ("m", "the mean of x²") if isinstance(kind, Rmsnorm) else ("σ²", "the mean of (x − μ)²")
    yield Shown(name, f"{said} over {over}", np.squeeze(variance), _means(centred, axes, "{}²"))
    scaled = (centred / np.sqrt(variance + parts.dtype.type(kind.eps))).reshape(x[0].shape)
    formula = f"x/√(m + {kind.eps:g})" if isinstance(kind, Rmsnorm) else f"(x − μ)/√(σ² + {kind.eps:g})"
    learned = {name: inward(array[None], kind.layout)[0] for name, array in weights.items()}
    yield Shown("z" if learned else "y", formula, scaled)
    if learned:
        y = scaled * learned.get("gamma", 1) + learned.get("beta", 0)
        sums = " + ".join(["γ·z"] * ("gamma" in learned) or ["z"]) + " + β" * ("beta" in learned)
        yield Shown("y", sums, y)


def _parts(kind: Any, x: Array) -> tuple[Array, tuple[int, ...], str]:
    """An example, the axes that are normalised together, and a name for them."""
    if isinstance(kind, Groupnorm):
        groups = x.reshape(*x.shape[:-1], kind.groups, -1)
        return groups, (*range(x.ndim - 1), x.ndim), "each group of channels"
    if isinstance(kind, Instancenorm):
        return x, tuple(range(x.ndim - 1)), "the positions of each channel"
    if kind.axes == "all":
        return x, tuple(range(x.ndim)), "the whole example"
    return x, (x.ndim - 1,), "the channels of each position" if x.ndim > 1 else "the features"


def _means(x: Array, axes: tuple[int, ...], each: str) -> tuple[Formula, ...]:
    """Each mean written out, if it has few numbers."""
    rest = [axis for axis in range(x.ndim) if axis not in axes]
    rows = x.transpose(*rest, *axes).reshape(int(np.prod([x.shape[axis] for axis in rest])), -1)
    if rows.shape[1] > _SUMMANDS or rows.shape[0] > _SUMMANDS:
        return ()
    text = f"({' + '.join([each] * rows.shape[1])})/{rows.shape[1]}"
    return tuple(Formula(text, tuple(row)) for row in rows)
