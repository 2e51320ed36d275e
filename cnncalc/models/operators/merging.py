"""Operators that join values: sums, products, concat."""

from __future__ import annotations

from cnncalc.models.graph import Node, Tensor
from cnncalc.models.importer import Importer, Unsupported, Value, Weight

WORDS = {"Add": "add", "Sum": "add", "Sub": "subtract", "Mul": "multiply", "Max": "maximum", "Mean": "average"}


def join(importer: Importer, node: Node) -> None:
    """Add, Sub, Mul, Max, Mean of computed values; with a constant what it says of one value."""
    constants = [name for name in node.inputs if name in importer.constants]
    if constants:
        _with_constant(importer, node, constants)
        return
    values = [importer.values[name] for name in node.inputs]
    rank = max(value.shape.rank for value in values)
    if any(value.shape.rank != rank for value in values) or len({value.axes for value in values}) > 1:
        values = [importer.value(name) for name in node.inputs]
        if any(value.shape.rank != rank for value in values):
            raise Unsupported(f"{node.op} of values with different numbers of axes")
    importer.add(node, WORDS[node.op], {}, values, importer.named(node), axes=values[0].axes)


def divide(importer: Importer, node: Node) -> None:
    """Div by a fixed number."""
    _with_constant(importer, node, [name for name in node.inputs if name in importer.constants])


def _with_constant(importer: Importer, node: Node, constants: list[str]) -> None:
    """One number for all, one factor or one number added for each channel; a bias goes into the dense layer above."""
    if len(node.inputs) != 2 or len(constants) != 1:
        raise Unsupported(f"{node.op} with a constant")
    (name,) = (name for name in node.inputs if name not in constants)
    value, constant = importer.values[name], importer.constants[constants[0]]
    if constant.size == 1 and constant.numbers():
        _rescale(importer, node, value, first=node.inputs[0] == name)
    elif node.op == "Add" and _dense_bias(importer, value, constant, importer.readers.get(name, 0)):
        importer.values[node.outputs[0]] = value
    elif node.op in ("Add", "Mul") and _by_channel(value, constant):
        word, weight = ("bias", "bias") if node.op == "Add" else ("scale", "gamma")
        weights = {weight: Weight(constant, None, (constant.size,))}
        importer.add(node, word, {}, [value], importer.named(node, constant.name), weights)
    else:
        raise Unsupported(f"{node.op} with a constant of {'×'.join(map(str, constant.shape))}")


def _rescale(importer: Importer, node: Node, value: Value, *, first: bool) -> None:
    """``x·a``, ``x/a``, ``x + a``, ``x − a`` and ``a − x`` for one fixed number."""
    constant = next(importer.constants[name] for name in node.inputs if name in importer.constants)
    number = float(f"{(constant.numbers() or [0])[0]:.9g}")
    fields = {
        "Mul": {"scale": number}, "Add": {"offset": number},
        "Sub": {"offset": -number} if first else {"scale": -1.0, "offset": number},
        "Div": {"scale": 1 / number} if first and number else None,
    }.get(node.op)  # fmt: skip
    if fields is None:
        raise Unsupported(f"{node.op} with a constant")
    importer.add(node, "rescale", fields, [value], importer.named(node))


def _dense_bias(importer: Importer, value: Value, bias: Tensor, readers: int) -> bool:
    """Whether a constant is the bias of the dense layer above, which has none yet; it is then put there."""
    layer = next((layer for layer in importer.layers if layer.name == value.name), None)
    if layer is None or layer.word != "dense" or "bias" in layer.weights or readers != 1:
        return False
    if bias.shape != (layer.fields["units"],):
        return False
    del layer.fields["bias"]
    layer.weights["bias"] = Weight(bias)
    return True


def _by_channel(value: Value, constant: Tensor) -> bool:
    """Whether a constant has one number for each channel, in the place where the channels are."""
    place = len(value.axes) - value.axes.index("channels")  # from the end, as shapes are matched
    alone = all(size == 1 for axis, size in enumerate(reversed(constant.shape), 1) if axis != place)
    return constant.size == value.shape.channels and alone and len(constant.shape) >= place


def concat(importer: Importer, node: Node) -> None:
    """Concat of computed values along any axis of one example."""
    values = [importer.value(name) for name in node.inputs if name in importer.values]
    if len(values) < len(node.inputs):
        raise Unsupported("Concat with a constant")
    word = values[0].axis(node.settings["axis"])
    if len(values) == 1:
        importer.passed(node)
        return
    fields = {} if word == "channels" else {"axis": word}
    importer.add(node, "concat", fields, values, importer.named(node), axes=values[0].axes)


OPERATORS = {**dict.fromkeys(WORDS, join), "Div": divide, "Concat": concat}
