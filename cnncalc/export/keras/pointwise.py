"""Activation functions, norms, and elementwise kinds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cnncalc.export.code.said import Said, arguments, unless
from cnncalc.export.missing import Untranslated
from cnncalc.export.order import moved
from cnncalc.kinds.activation import FUNCTIONS
from cnncalc.kinds.base.activated import added
from cnncalc.kinds.base.function import Function
from cnncalc.summary.rows import Row

LAYOUT = "channels_last"
#: Kinds whose layer has an argument for the activation.
TAKING = ("conv", "depthwise_conv", "separable_conv", "transposed_conv", "dense")
#: Functions that Keras lacks.
_WORDLESS = ("leaky_relu", "abs", "linear")


def function(kind: Any) -> Said:
    """An activation function."""
    word = kind.word()
    if word == "linear":
        return Said(call="{0}")
    if word == "abs":
        return Said(call="ops.abs({0})")
    if word == "leaky_relu":
        return Said(f"layers.LeakyReLU({arguments(negative_slope=kind.slope)})")
    if word == "gelu" and kind.approximate:
        return Said(call="ops.gelu({0}, approximate=True)")
    name = {"hard_swish": "hard_silu"}.get(word, word)
    return Said(f'layers.Activation("{name}")', f'layers.Activation("{name}")({{0}})')


def ending(row: Row) -> Said | None:
    """The activation after a layer that has no argument for it."""
    found = added(row.layer.kind)
    if found is None or (row.kind in TAKING and found.word() not in _WORDLESS):
        return None
    said = function(found)
    return said._replace(call=said.call.replace("{m}", said.module))


def _function(row: Row) -> Said:
    kind: Any = row.layer.kind
    return function(kind if isinstance(kind, Function) else kind.chosen)


def _norm(row: Row, module: str, *sizes: int, **more: Any) -> Said:
    kind: Any = row.layer.kind
    arrays = row.layer.kind.weights(*row.xs)
    parts = {name: None if array in arrays else False for name, array in (("center", "beta"), ("scale", "gamma"))}
    settings = arguments(*sizes, **more, epsilon=unless(kind.eps, 1e-3), **parts)
    return Said(f"layers.{module}({settings})")


def batchnorm(row: Row) -> Said:
    """layers.BatchNormalization."""
    return _norm(row, "BatchNormalization")


def layernorm(row: Row) -> Said:
    """layers.LayerNormalization over the features, or over the whole example."""
    kind: Any = row.layer.kind
    if kind.axes == "all" and row.output.rank > 1:
        said = _norm(row, "LayerNormalization", axis=list(range(1, row.output.rank + 1)))
        order = moved(row.output, row.summary.layout, LAYOUT)
        axes = ", ".join(map(str, range(1, row.output.rank + 1)))
        module = said.module.replace(arguments(axis=list(range(1, row.output.rank + 1))), f"axis=[{axes}]")
        return said._replace(module=module, loads="" if order == sorted(order) else f"turned(w, {tuple(order)})")
    return _norm(row, "LayerNormalization")


def rmsnorm(row: Row) -> Said:
    """layers.RMSNormalization."""
    kind: Any = row.layer.kind
    if "gamma" not in row.layer.kind.weights(*row.xs) or (kind.axes == "all" and row.output.rank > 1):
        raise Untranslated("rmsnorm without gamma, or over more than the features")
    return Said(f"layers.RMSNormalization({arguments(epsilon=kind.eps)})")


def groupnorm(row: Row) -> Said:
    """layers.GroupNormalization."""
    kind: Any = row.layer.kind
    if row.output.rank == 1:
        raise Untranslated("groupnorm of features, which have no positions")
    return _norm(row, "GroupNormalization", kind.groups)


def instancenorm(row: Row) -> Said:
    """layers.GroupNormalization with a group for each channel."""
    if row.output.rank == 1:
        raise Untranslated("instancenorm of features, which have no positions")
    return _norm(row, "GroupNormalization", row.output.channels)


def lrn(row: Row) -> Said:
    """A helper function in the file."""
    kind: Any = row.layer.kind
    return Said(call=f"local_response_norm({{0}}, {arguments(kind.size, kind.alpha, kind.beta, kind.k)})")


def prelu(row: Row) -> Said:
    """layers.PReLU, whose slopes are shared along the positions."""
    kind: Any = row.layer.kind
    axes = list(range(1, row.output.rank + int(kind.shared)))
    shared = f"shared_axes=[{', '.join(map(str, axes))}]" if axes else ""
    return Said(f"layers.PReLU({shared})")


def _spread(module: str) -> Callable[[Row], Said]:
    def spread(row: Row) -> Said:
        kind: Any = row.layer.kind
        sizes = {"channels": (row.output.channels,), "one": (1,), "all": tuple(row.output.written(LAYOUT))}[kind.over]
        order = moved(row.output, row.summary.layout, LAYOUT)
        turned = kind.over == "all" and order != sorted(order)
        return Said(f"{module}({arguments(*sizes)})", loads=f"turned(w, {tuple(order)})" if turned else "")

    return spread


def rescale(row: Row) -> Said:
    """layers.Rescaling."""
    kind: Any = row.layer.kind
    scale, offset = (list(given) if isinstance(given, tuple) else given for given in (kind.scale, kind.offset))
    return Said(f"layers.Rescaling({scale!r}, offset={offset!r})")


def dropout(row: Row) -> Said:
    """layers.Dropout."""
    kind: Any = row.layer.kind
    return Said(f"layers.Dropout({kind.rate!r})")


def stochastic_depth(row: Row) -> Said:
    """layers.Dropout of whole examples."""
    kind: Any = row.layer.kind
    ones = ", ".join(["None", *["1"] * row.output.rank])
    return Said(f"layers.Dropout({kind.rate!r}, noise_shape=({ones}))")


def _merged(module: str) -> Callable[[Row], Said]:
    def merge(row: Row) -> Said:
        rank = row.output.rank
        ones = "[:" + ", None" * (rank - 1) + "]"
        xs = [f"{{{i}}}" + (ones if x.rank < rank else "") for i, x in enumerate(row.xs)]
        if len(xs) == 1:
            return Said(call="{0}")
        return Said(f"layers.{module}()", f"{{m}}([{', '.join(xs)}])")

    return merge


KINDS: dict[str, Callable[[Row], Said]] = {
    **dict.fromkeys(FUNCTIONS, _function), "activation": _function, "batchnorm": batchnorm, "layernorm": layernorm,
    "rmsnorm": rmsnorm, "groupnorm": groupnorm, "instancenorm": instancenorm, "lrn": lrn, "prelu": prelu,
    "scale": _spread("Scale"), "bias": _spread("Bias"), "rescale": rescale, "dropout": dropout,
    "stochastic_depth": stochastic_depth, "add": _merged("Add"), "subtract": _merged("Subtract"),
    "multiply": _merged("Multiply"), "average": _merged("Average"), "maximum": _merged("Maximum"),
}  # fmt: skip
