"""Normalisations."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cnncalc.export.missing import Untranslated
from cnncalc.export.onnx.builder import Builder
from cnncalc.summary.rows import Row


def _learned(out: Builder, row: Row, name: str, fill: float) -> str:
    """One of the arrays of a norm, or an array of ``fill`` if it is switched off."""
    arrays = out.weights(row)
    return out.learned(row, name) if name in arrays else out.constant([fill] * row.output.channels)


def _scaled(out: Builder, row: Row) -> list[str]:
    return [_learned(out, row, "gamma", 1.0), _learned(out, row, "beta", 0.0)]


def batchnorm(out: Builder, row: Row, x: str) -> str:
    """BatchNormalization."""
    moving = [out.learned(row, name) for name in ("moving_mean", "moving_variance")]
    y = out.add("BatchNormalization", out.first(x, row.xs[0]), *_scaled(out, row), *moving, epsilon=_eps(row))
    return out.back(y, row.output)


def _eps(row: Row) -> float:
    kind: Any = row.layer.kind
    return float(kind.eps)


def layernorm(out: Builder, row: Row, x: str) -> str:
    """LayerNormalization over the features, or over the whole example."""
    kind: Any = row.layer.kind
    shape, arrays = row.output, out.weights(row)
    if kind.axes == "all":
        scale, *shift = _over_all(out, row)
        return str(out.add("LayerNormalization", x, scale, *shift, axis=1, epsilon=_eps(row)))
    scale = _learned(out, row, "gamma", 1.0)
    shift = [out.learned(row, "beta")] if "beta" in arrays else []
    return out.native(
        out.add("LayerNormalization", out.last(x, shape), scale, *shift, axis=-1, epsilon=_eps(row)), shape
    )


def _over_all(out: Builder, row: Row) -> list[str]:
    """gamma (default: ones) and beta, if any, with the sizes of an example."""
    arrays, shape = out.weights(row), row.output
    ones = out.np.ones(shape.written(out.summary.layout), out.np.float32)
    gamma = out.of_example(arrays.get("gamma", ones), shape)
    found = [out.learned(row, "gamma", gamma) if "gamma" in arrays else out.constant(gamma)]
    return [*found, out.learned(row, "beta", out.of_example(arrays["beta"], shape))] if "beta" in arrays else found


def rmsnorm(out: Builder, row: Row, x: str) -> str:
    """x over the root of the mean of its squares, step by step."""
    kind: Any = row.layer.kind
    shape = row.output
    whole = kind.axes == "all"
    x = x if whole else out.last(x, shape)
    axes = out.constant(list(range(1, shape.rank + 1)) if whole else [-1])
    mean = out.add("ReduceMean", out.add("Mul", x, x), axes, keepdims=1)
    y = out.add("Div", x, out.add("Sqrt", out.add("Add", mean, out.constant(_eps(row)))))
    if "gamma" in out.weights(row):
        y = out.add("Mul", y, _over_all(out, row)[0] if whole else out.learned(row, "gamma"))
    return y if whole else out.native(y, shape)


def groupnorm(out: Builder, row: Row, x: str) -> str:
    """GroupNormalization; features are channels of one position for it."""
    kind: Any = row.layer.kind
    shape = row.output
    x = out.reshape(x, shape.channels, 1) if shape.rank == 1 else out.first(x, shape)
    y = out.add("GroupNormalization", x, *_scaled(out, row), num_groups=kind.groups, epsilon=_eps(row))
    return out.reshape(y, shape.channels) if shape.rank == 1 else out.back(y, shape)


def instancenorm(out: Builder, row: Row, x: str) -> str:
    """InstanceNormalization."""
    if row.output.rank == 1:
        raise Untranslated("instancenorm of features, which have no positions")
    y = out.add("InstanceNormalization", out.first(x, row.output), *_scaled(out, row), epsilon=_eps(row))
    return out.back(y, row.output)


def lrn(out: Builder, row: Row, x: str) -> str:
    """LRN of an image; otherwise, and for an even size, which runtimes refuse, a product with a band matrix."""
    kind: Any = row.layer.kind
    shape, np = row.output, out.np
    if shape.rank == 3 and kind.size % 2:
        return str(
            out.add("LRN", x, size=kind.size, alpha=float(kind.alpha), beta=float(kind.beta), bias=float(kind.k))
        )
    places = np.arange(shape.channels)
    apart = places[:, None] - places  # rows are the channels that are summed
    band = ((apart >= -((kind.size - 1) // 2)) & (apart <= kind.size // 2)).astype(np.float32)
    x = out.last(x, shape)
    squares = out.add("MatMul", out.add("Mul", x, x), out.constant(band * (kind.alpha / kind.size)))
    root = out.add("Pow", out.add("Add", squares, out.constant(float(kind.k))), out.constant(float(kind.beta)))
    return out.native(out.add("Div", x, root), shape)


KINDS: dict[str, Callable[..., str]] = {
    "batchnorm": batchnorm, "layernorm": layernorm, "rmsnorm": rmsnorm, "groupnorm": groupnorm,
    "instancenorm": instancenorm, "lrn": lrn,
}  # fmt: skip
