"""Activation functions, and elementwise kinds."""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from typing import Any

from cnncalc.export.onnx.builder import Builder, channel_axis
from cnncalc.kinds.activation import FUNCTIONS
from cnncalc.kinds.base.function import Function
from cnncalc.shape import Shape
from cnncalc.summary.rows import Row

#: Functions without settings, with their operators.
PLAIN = {
    "relu": "Relu", "elu": "Elu", "selu": "Selu", "celu": "Celu", "mish": "Mish", "sigmoid": "Sigmoid",
    "hard_swish": "HardSwish", "tanh": "Tanh", "softplus": "Softplus", "softsign": "Softsign", "abs": "Abs",
    "linear": "Identity",
}  # fmt: skip


def function(out: Builder, kind: Any, x: str, shape: Shape) -> str:
    """An activation function of the value ``x``."""
    word = kind.word()
    if word == "silu":
        return str(out.add("Mul", x, out.add("Sigmoid", x)))
    if word == "relu6":
        return str(out.add("Clip", x, out.constant(0.0), out.constant(6.0)))
    if word == "leaky_relu":
        return str(out.add("LeakyRelu", x, alpha=float(kind.slope)))
    if word == "gelu":
        return str(out.add("Gelu", x, approximate="tanh" if kind.approximate else "none"))
    if word == "hard_sigmoid":
        return str(out.add("HardSigmoid", x, alpha=1 / 6, beta=0.5))
    if word in ("softmax", "log_softmax"):
        return str(out.add("Softmax" if word == "softmax" else "LogSoftmax", x, axis=channel_axis(shape)))
    return str(out.add(PLAIN[word], x))


def _function(out: Builder, row: Row, x: str) -> str:
    kind: Any = row.layer.kind
    return function(out, kind if isinstance(kind, Function) else kind.chosen, x, row.output)


def identity(out: Builder, row: Row, x: str) -> str:
    """Dropout: nothing at inference."""
    return x


def prelu(out: Builder, row: Row, x: str) -> str:
    """One slope for each channel, or a single one."""
    alpha = out.weights(row)["alpha"]
    return str(out.add("PRelu", x, out.learned(row, "alpha", out.per_channel(alpha, row.output))))


def scale(out: Builder, row: Row, x: str) -> str:
    """A learned factor."""
    return str(out.add("Mul", x, _spread(out, row, "gamma")))


def bias(out: Builder, row: Row, x: str) -> str:
    """Learned numbers that are added."""
    return str(out.add("Add", x, _spread(out, row, "bias")))


def _spread(out: Builder, row: Row, name: str) -> str:
    kind: Any = row.layer.kind
    array = out.weights(row)[name]
    if kind.over == "all":
        array = out.of_example(array, row.output)
    elif kind.over == "channels":
        array = out.per_channel(array, row.output)
    return out.learned(row, name, array)


def rescale(out: Builder, row: Row, x: str) -> str:
    """Fixed factors and offsets."""
    kind: Any = row.layer.kind
    factor, offset = (
        out.constant(out.per_channel(out.np.asarray(given, out.np.float32).reshape(-1), row.output))
        for given in (kind.scale, kind.offset)
    )
    return str(out.add("Add", out.add("Mul", x, factor), offset))


def _merged(op: str) -> Callable[..., str]:
    def merge(out: Builder, row: Row, *xs: str) -> str:
        operands = _as_wide(out, row, xs)
        if op in ("Sum", "Mean", "Max"):
            return str(out.add("Add" if (op, len(xs)) == ("Sum", 2) else op, *operands))
        return reduce(lambda a, b: str(out.add(op, a, b)), operands)

    return merge


def _as_wide(out: Builder, row: Row, xs: tuple[str, ...]) -> list[str]:
    """The operands with as many axes as the widest: ``[N, C]`` broadcasts to every position."""
    rank = row.output.rank
    axes = {2: [1]}.get(rank, list(range(2, rank + 1)))
    return [
        str(out.add("Unsqueeze", x, out.constant(axes))) if shape.rank < rank else x
        for x, shape in zip(xs, row.xs, strict=True)
    ]


KINDS: dict[str, Callable[..., str]] = {
    **dict.fromkeys(FUNCTIONS, _function),
    "activation": _function, "dropout": identity, "stochastic_depth": identity, "prelu": prelu, "scale": scale,
    "bias": bias, "rescale": rescale, "add": _merged("Sum"), "subtract": _merged("Sub"), "multiply": _merged("Mul"),
    "average": _merged("Mean"), "maximum": _merged("Max"),
}  # fmt: skip
