"""Activation functions, number by number."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cnncalc.engine.arrays import Array, Weights
from cnncalc.engine.kernels import Formula, Place, by_hand
from cnncalc.kinds.activation import KINDS, Activation, LogSoftmax, Softmax
from cnncalc.kinds.base.activated import ending
from cnncalc.kinds.base.function import Function

#: The formula of a function of one number.
FORMULAS = {
    "relu": "max(0, {0})",
    "relu6": "min(max(0, {0}), 6)",
    "sigmoid": "1/(1 + e^(−{0}))",
    "silu": "{0}/(1 + e^(−{0}))",
    "softplus": "ln(1 + e^{0})",
    "softsign": "{0}/(1 + |{0}|)",
    "abs": "|{0}|",
    "hard_sigmoid": "relu6({0} + 3)/6",
    "hard_swish": "{0}·relu6({0} + 3)/6",
    "gelu": "{0}·Φ({0})",
    "mish": "{0}·tanh(ln(1 + e^{0}))",
    "linear": "{0}",
}


@by_hand(Activation, *(kind for kind in KINDS.values() if not kind.over_channels))
def function_by_hand(kind: Any, weights: Weights, x: Array) -> Place:
    """One number at a time; softmax like its own kind."""
    function = ending(kind)
    assert function is not None
    if function.over_channels:
        return over_channels(function, x)
    word = function.word()
    text = FORMULAS.get(word, f"{word}({{0}})")
    if word == "leaky_relu":
        return lambda place: Formula(f"{{0}}·{function.slope:g}" if x[0][place] < 0 else "{0}", (x[0][place],))  # type: ignore[attr-defined]
    if word in ("elu", "celu"):
        return lambda place: Formula("e^{0} − 1" if x[0][place] < 0 else "{0}", (x[0][place],))
    return lambda place: Formula(text, (x[0][place],))


@by_hand(Softmax, LogSoftmax)
def over_channels_by_hand(kind: Any, weights: Weights, x: Array) -> Place:
    """Each number against all channels of its position."""
    return over_channels(kind, x)


def over_channels(kind: Function, x: Array) -> Callable[[tuple[int, ...]], Formula]:
    """The quotient, or its logarithm, at any place."""
    form = softmax if kind.word() == "softmax" else log_softmax

    def place(index: tuple[int, ...]) -> Formula:
        return form(x[0][index[:-1]], index[-1])

    return place


def softmax(row: Array, index: int) -> Formula:
    """``e^2/(e^2 + e^1)``."""
    return Formula(f"e^{{}}/({' + '.join(['e^{}'] * len(row))})", (row[index], *row))


def log_softmax(row: Array, index: int) -> Formula:
    """``2 − ln(e^2 + e^1)``."""
    return Formula(f"{{}} − ln({' + '.join(['e^{}'] * len(row))})", (row[index], *row))
