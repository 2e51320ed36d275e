"""Activation functions, norms, and elementwise kinds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cnncalc.export.code.said import Said, arguments, unless
from cnncalc.export.missing import Untranslated
from cnncalc.export.order import moved
from cnncalc.export.pytorch.said import LAYOUT, axis, first, last
from cnncalc.kinds.activation import FUNCTIONS
from cnncalc.kinds.base.function import Function
from cnncalc.shape import Shape
from cnncalc.summary.rows import Row

#: Functions without settings: the module, and the call.
PLAIN = {
    "relu": ("ReLU", "F.relu"), "relu6": ("ReLU6", "F.relu6"), "elu": ("ELU", "F.elu"), "selu": ("SELU", "F.selu"),
    "celu": ("CELU", "F.celu"), "silu": ("SiLU", "F.silu"), "mish": ("Mish", "F.mish"),
    "sigmoid": ("Sigmoid", "torch.sigmoid"), "hard_sigmoid": ("Hardsigmoid", "F.hardsigmoid"),
    "hard_swish": ("Hardswish", "F.hardswish"), "tanh": ("Tanh", "torch.tanh"), "softplus": ("Softplus", "F.softplus"),
    "softsign": ("Softsign", "F.softsign"), "linear": ("Identity", ""), "abs": ("", "torch.abs"),
}  # fmt: skip


def function(kind: Any, shape: Shape) -> Said:
    """An activation function."""
    word = kind.word()
    if word in PLAIN:
        module, call = PLAIN[word]
        return Said(f"nn.{module}()" if module else "", f"{call}({{0}})" if call else "{0}", light=True)
    if word == "leaky_relu":
        slope = arguments(kind.slope)
        return Said(f"nn.LeakyReLU({slope})", f"F.leaky_relu({{0}}, {slope})", light=True)
    if word == "gelu":
        form = arguments(approximate="tanh") if kind.approximate else ""
        return Said(f"nn.GELU({form})", f"F.gelu({{0}}{', ' + form if form else ''})", light=True)
    over = f"dim={axis(shape)}"
    names = {"softmax": "Softmax", "log_softmax": "LogSoftmax"}
    return Said(f"nn.{names[word]}({over})", f"F.{word}({{0}}, {over})", light=True)


def _function(row: Row) -> Said:
    kind: Any = row.layer.kind
    return function(kind if isinstance(kind, Function) else kind.chosen, row.output)


def _norm(row: Row, module: str, *sizes: int, **more: Any) -> Said:
    kind: Any = row.layer.kind
    learns = any(name in row.layer.kind.weights(*row.xs) for name in ("gamma", "beta"))
    usual = more.pop("affine", True)
    settings = arguments(*sizes, eps=unless(kind.eps, 1e-5), affine=None if learns == usual else learns, **more)
    return Said(f"nn.{module}({settings})", first(row.xs[0], "{m}({0})"), "norm(w)" if row.weights or learns else "")


def batchnorm(row: Row) -> Said:
    """nn.BatchNorm."""
    return _norm(row, f"BatchNorm{max(1, row.output.rank - 1)}d", row.output.channels)


def groupnorm(row: Row) -> Said:
    """nn.GroupNorm."""
    kind: Any = row.layer.kind
    return _norm(row, "GroupNorm", kind.groups, row.output.channels)


def instancenorm(row: Row) -> Said:
    """nn.InstanceNorm."""
    if row.output.rank == 1:
        raise Untranslated("instancenorm of features, which have no positions")
    return _norm(row, f"InstanceNorm{row.output.rank - 1}d", row.output.channels, affine=False)


def _over_example(module: str) -> Callable[[Row], Said]:
    def norm(row: Row) -> Said:
        kind: Any = row.layer.kind
        arrays, shape = row.layer.kind.weights(*row.xs), row.output
        whole = kind.axes == "all"
        sizes = str(tuple(shape.written(LAYOUT))) if whole else str(shape.channels)
        plain = arguments(elementwise_affine=False) if not arrays else ""
        shift = arguments(bias=False) if module == "LayerNorm" and arrays and "beta" not in arrays else ""
        eps = arguments(eps=unless(kind.eps, 1e-5 if module == "LayerNorm" else None))
        settings = ", ".join(filter(None, (sizes, eps, plain, shift)))
        order = moved(shape, row.summary.layout, LAYOUT)
        turned = f", {tuple(order)}" if whole and order != sorted(order) else ""
        call = "{m}({0})" if whole else last(shape, "{m}({0})")
        return Said(f"nn.{module}({settings})", call, f"norm(w{turned})" if arrays else "")

    return norm


def lrn(row: Row) -> Said:
    """nn.LocalResponseNorm; with an even size, PyTorch takes the extra channel before."""
    kind: Any = row.layer.kind
    settings = arguments(kind.size, alpha=unless(kind.alpha, 1e-4), beta=unless(kind.beta, 0.75), k=unless(kind.k, 1.0))
    call = "{m}({0})" if kind.size % 2 else "{m}({0}.flip(1)).flip(1)"
    shape = row.output
    if shape.rank == 1:
        call = call.replace("{0}", "{0}.unsqueeze(-1)") + ".squeeze(-1)"
    return Said(f"nn.LocalResponseNorm({settings})", first(shape, call))


def prelu(row: Row) -> Said:
    """nn.PReLU."""
    (count,) = row.layer.kind.weights(*row.xs)["alpha"]
    call = "{m}({0})" if count == 1 else first(row.output, "{m}({0})")
    return Said(f"nn.PReLU({'' if count == 1 else count})", call, "prelu(w)")


def _spread(module: str) -> Callable[[Row], Said]:
    def spread(row: Row) -> Said:
        kind: Any = row.layer.kind
        shape = row.output
        if kind.over == "all":
            order = moved(shape, row.summary.layout, LAYOUT)
            turned = f", {tuple(order)}" if order != sorted(order) else ""
            return Said(f"{module}({arguments(*shape.written(LAYOUT))})", loads=f"spread(w{turned})")
        count = shape.channels if kind.over == "channels" else 1
        ones = [1] * (shape.rank - 1) if shape.rank > 2 else []
        return Said(f"{module}({arguments(count, *ones)})", loads="spread(w)")

    return spread


def rescale(row: Row) -> Said:
    """A helper module in the file."""
    kind: Any = row.layer.kind
    ones = row.output.rank - 1 if row.output.rank > 2 else 0
    return Said(f"Rescale({kind.scale!r}, {kind.offset!r}, {ones})")


def dropout(row: Row) -> Said:
    """nn.Dropout."""
    kind: Any = row.layer.kind
    return Said(f"nn.Dropout({kind.rate!r})")


def stochastic_depth(row: Row) -> Said:
    """A helper module in the file."""
    kind: Any = row.layer.kind
    return Said(f"StochasticDepth({kind.rate!r})")


def _merged(form: str) -> Callable[[Row], Said]:
    """``form`` joins the operands, or is a function of two with the operands in it."""

    def merge(row: Row) -> Said:
        rank = row.output.rank
        ones = "[:, None]" if rank == 2 else "[:, :" + ", None" * (rank - 1) + "]"
        xs = [f"{{{i}}}" + (ones if x.rank < rank else "") for i, x in enumerate(row.xs)]
        if form == "mean":
            return Said(call=f"({' + '.join(xs)}) / {len(xs)}")
        if form == "torch.maximum":
            call = xs[0]
            for x in xs[1:]:
                call = f"torch.maximum({call}, {x})"
            return Said(call=call)
        return Said(call=f" {form} ".join(xs))

    return merge


KINDS: dict[str, Callable[[Row], Said]] = {
    **dict.fromkeys(FUNCTIONS, _function), "activation": _function, "batchnorm": batchnorm, "groupnorm": groupnorm,
    "instancenorm": instancenorm, "layernorm": _over_example("LayerNorm"), "rmsnorm": _over_example("RMSNorm"),
    "lrn": lrn, "prelu": prelu, "scale": _spread("Scale"), "bias": _spread("Bias"), "rescale": rescale,
    "dropout": dropout, "stochastic_depth": stochastic_depth, "add": _merged("+"), "subtract": _merged("-"),
    "multiply": _merged("*"), "average": _merged("mean"), "maximum": _merged("torch.maximum"),
}  # fmt: skip
