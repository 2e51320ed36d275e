"""Layers and functions of Keras that are operators in other sources too, and are read by ``models/operators``.

So patterns of several operators are found as in any other model: ``x·relu6(x + 3)/6`` is a hard_swish.
Source: keras.io/api/layers and keras.io/api/ops.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any

from cnncalc.models.graph import Graph, Node, Tensor
from cnncalc.models.importer import Unsupported
from cnncalc.models.keras import settings
from cnncalc.models.keras.called import Called, Ref

#: Activation functions by Keras's names: the operator, and its settings.
ACTIVATIONS: dict[str, tuple[str, dict[str, Any]]] = {
    "linear": ("Identity", {}), "relu": ("Relu", {}), "relu6": ("Clip", {"min": 0.0, "max": 6.0}),
    "sigmoid": ("Sigmoid", {}), "tanh": ("Tanh", {}), "softplus": ("Softplus", {}), "softsign": ("Softsign", {}),
    "selu": ("Selu", {}), "elu": ("Elu", {}), "celu": ("Celu", {}), "gelu": ("Gelu", {}), "silu": ("Silu", {}),
    "swish": ("Silu", {}), "mish": ("Mish", {}), "leaky_relu": ("LeakyRelu", {"alpha": 0.2}),
    "hard_sigmoid": ("HardSigmoid", {"alpha": 1 / 6, "beta": 0.5}), "hard_silu": ("HardSwish", {}),
    "hard_swish": ("HardSwish", {}), "softmax": ("Softmax", {"axis": -1}), "log_softmax": ("LogSoftmax", {"axis": -1}),
}  # fmt: skip
#: Layers and functions that join values, element by element.
JOINED = {
    "Add": "Add", "Subtract": "Sub", "Multiply": "Mul", "Maximum": "Max", "Average": "Mean", "TrueDivide": "Div",
    "Divide": "Div",
}  # fmt: skip
#: Functions of TensorFlow in models of Keras 2, and their counterparts in Keras.
TENSORFLOW = {
    "__operators__.add": "Add", "math.add": "Add", "math.multiply": "Multiply", "math.subtract": "Subtract",
    "math.truediv": "TrueDivide", "math.divide": "TrueDivide", "math.maximum": "Maximum", "nn.relu": "Relu",
    "nn.relu6": "Relu6", "math.sigmoid": "Sigmoid", "nn.sigmoid": "Sigmoid", "math.tanh": "Tanh", "nn.tanh": "Tanh",
    "nn.silu": "Silu", "nn.swish": "Silu", "nn.softplus": "Softplus", "cast": "Cast", "identity": "Identity",
}  # fmt: skip
#: Layers that return their input at inference.
PASSED = (
    "Activity", "ActivityRegularization", "AlphaDropout", "Cast", "GaussianDropout", "GaussianNoise", "Identity",
    "RandomBrightness", "RandomContrast", "RandomCrop", "RandomFlip", "RandomRotation", "RandomTranslation",
    "RandomZoom", "StopGradient",
)  # fmt: skip


def function(name: Any) -> str:
    """The name of an activation function, given as text or as a mapping in a config; "" for none."""
    if name is None:
        return "linear"
    if isinstance(name, dict) and name.get("class_name") == "function":
        name = name.get("config")
    return name if isinstance(name, str) else ""


def translate(graph: Graph, node: Called, arguments: list[Any]) -> list[Node] | None:
    """The nodes for a call; None if its layer is not one of these, or has settings that they lack."""
    own, _, word = node.op.rpartition(".")
    if node.op == "keras.CustomScaleLayer" and len(node.inputs) == 2:
        return _scaled_sum(graph, node)
    write = (FUNCTIONS if own == "keras.ops" else LAYERS if own == "keras" else {}).get(word)
    if write is None or (node.timed and word not in ("Activation", "ReLU", "LeakyReLU", *JOINED, *PASSED)):
        return None
    try:
        op, inputs, found = write(graph, node, arguments)
    except Unsupported:
        return None
    return [Node(op, node.name, inputs, node.outputs, found)]


Written = tuple[str, list[str], dict[str, Any]]  # an operator, what it reads, and its settings


def _constant(graph: Graph, *numbers: float, scalar: bool = False) -> str:
    """The name of a constant that holds these numbers."""
    whole = all(type(number) is int for number in numbers)
    data = struct.pack(f"<{len(numbers)}{'q' if whole else 'd'}", *numbers)
    name = f"constant {len(graph.tensors)}"
    shape = () if scalar else (len(numbers),)
    graph.tensors[name] = Tensor("", shape, "int64" if whole else "float64", lambda: data)
    return name


def _joined(graph: Graph, node: Called, arguments: list[Any]) -> Written:
    """Values, and at most one number."""
    op = JOINED[node.op.rpartition(".")[2]]
    operands = arguments[0] if arguments and isinstance(arguments[0], list) else arguments
    operands = [*operands, *(node.keywords[key] for key in ("x2", "y") if key in node.keywords)]
    names, reads = [], iter(node.inputs)
    for operand in operands:
        if isinstance(operand, Ref):
            names.append(next(reads))
        elif isinstance(operand, (int, float)) and not isinstance(operand, bool):
            names.append(_constant(graph, float(operand), scalar=True))
        else:
            raise settings.wrong(node, "the operand", operand)
    if op == "Max" and any(operand == 0 for operand in operands):
        return "Relu", node.inputs, {}
    return op, names, {}


def _activation(graph: Graph, node: Called, arguments: list[Any]) -> Written:
    name = function(node.settings.get("activation"))
    if name not in ACTIVATIONS:
        raise settings.wrong(node, "activation", node.settings.get("activation"))
    op, found = ACTIVATIONS[name]
    return op, node.inputs, dict(found)


def _scaled_sum(graph: Graph, node: Called) -> list[Node]:
    """InceptionResNetV2's ``x + scale · y``."""
    (x, y), scaled = node.inputs, f"{node.outputs[0]} scaled"
    factor = _constant(graph, settings.number(node, "scale", 1.0), scalar=True)
    return [
        Node("Mul", f"{node.name}.scale", [y, factor], [scaled]),
        Node("Add", node.name, [x, scaled], node.outputs),
    ]


def _relu(graph: Graph, node: Called, arguments: list[Any]) -> Written:
    """ReLU with an upper bound, a negative slope, or neither."""
    slope, top = node.settings.get("negative_slope"), node.settings.get("max_value")
    settings.usual(node, threshold=0.0)
    if slope and top is None:
        return "LeakyRelu", node.inputs, {"alpha": settings.number(node, "negative_slope")}
    if slope:
        raise settings.wrong(node, "max_value", top)
    if top is None:
        return "Relu", node.inputs, {}
    return "Clip", node.inputs, {"min": 0.0, "max": settings.number(node, "max_value")}


def _leaky(graph: Graph, node: Called, arguments: list[Any]) -> Written:
    key = next((key for key in ("negative_slope", "alpha") if key in node.settings), "negative_slope")
    usual = 0.2 if node.op.startswith("keras.ops") else 0.3
    return "LeakyRelu", node.inputs, {"alpha": settings.number(node, key, usual)}


def _elu(graph: Graph, node: Called, arguments: list[Any]) -> Written:
    return "Elu", node.inputs, {"alpha": settings.number(node, "alpha", 1.0)}


def _softmax(graph: Graph, node: Called, arguments: list[Any]) -> Written:
    axis = node.settings.get("axis", -1)
    axis = axis[0] if isinstance(axis, list) and len(axis) == 1 else axis
    if type(axis) is not int:
        raise settings.wrong(node, "axis", axis)
    return "LogSoftmax" if "Log" in node.op else "Softmax", node.inputs, {"axis": axis}


def _concat(graph: Graph, node: Called, arguments: list[Any]) -> Written:
    axis = node.settings.get("axis", -1)
    if type(axis) is not int:
        raise settings.wrong(node, "axis", axis)
    return "Concat", node.inputs, {"axis": axis}


def _reshape(graph: Graph, node: Called, arguments: list[Any]) -> Written:
    """To the sizes in the config; the batch stays."""
    given = node.settings.get("newshape")
    sizes = [-1 if size is None else size for size in given] if isinstance(given, list) else [None]
    if any(type(size) is not int or not -1 <= size < settings.LARGEST for size in sizes):
        raise settings.wrong(node, "newshape", given)
    target = [0, *sizes[1:]] if sizes[0] in (-1, 1) else sizes
    return "Reshape", [node.inputs[0], _constant(graph, *target)], {}


def _known(graph: Graph, node: Called, arguments: list[Any]) -> Written:
    """ExpandDims and Squeeze: to the sizes recorded with the call that reads them."""
    known = graph.known.get(node.outputs[0], ())
    sizes = [size for size in known[1:] if size is not None]
    if not sizes or len(sizes) != len(known) - 1:
        raise settings.wrong(node, "axis", node.settings.get("axis"))
    return "Reshape", [node.inputs[0], _constant(graph, 0, *sizes)], {}


def _transpose(graph: Graph, node: Called, arguments: list[Any]) -> Written:
    return "Transpose", node.inputs, {"perm": node.settings.get("axes")}


def _mean(graph: Graph, node: Called, arguments: list[Any]) -> Written:
    axes = node.settings.get("axis")
    found = {"axes": axes if isinstance(axes, list) else [axes], "keepdims": int(bool(node.settings.get("keepdims")))}
    return "ReduceMean" if node.op.endswith("Mean") else "ReduceMax", node.inputs, found


def _clip(graph: Graph, node: Called, arguments: list[Any]) -> Written:
    return "Clip", node.inputs, {"min": settings.number(node, "x_min"), "max": settings.number(node, "x_max")}


def _gelu(graph: Graph, node: Called, arguments: list[Any]) -> Written:
    return "Gelu", node.inputs, {"approximate": "tanh"} if node.settings.get("approximate", True) else {}


def _negative(graph: Graph, node: Called, arguments: list[Any]) -> Written:
    return "Mul", [*node.inputs, _constant(graph, -1.0, scalar=True)], {}


def _passed(graph: Graph, node: Called, arguments: list[Any]) -> Written:
    return "Identity", node.inputs[:1], {}


def _same(name: str) -> Callable[[Graph, Called, list[Any]], Written]:
    op, found = ACTIVATIONS[name]
    return lambda graph, node, arguments: (op, node.inputs, dict(found))


LAYERS: dict[str, Callable[[Graph, Called, list[Any]], Written]] = {
    **dict.fromkeys(("Add", "Subtract", "Multiply", "Maximum", "Average"), _joined), **dict.fromkeys(PASSED, _passed),
    "Activation": _activation, "ReLU": _relu, "LeakyReLU": _leaky, "ELU": _elu, "Softmax": _softmax,
    "Concatenate": _concat,
}  # fmt: skip
FUNCTIONS: dict[str, Callable[[Graph, Called, list[Any]], Written]] = {
    **dict.fromkeys(JOINED, _joined), **dict.fromkeys(("Cast", "Identity", "StopGradient"), _passed),
    "Relu": _same("relu"), "Relu6": _same("relu6"), "Sigmoid": _same("sigmoid"), "Tanh": _same("tanh"),
    "Silu": _same("silu"), "Softplus": _same("softplus"), "Softsign": _same("softsign"), "Selu": _same("selu"),
    "Mish": _same("mish"), "HardSigmoid": _same("hard_sigmoid"), "HardSilu": _same("hard_silu"),
    "LeakyRelu": _leaky, "Elu": _elu, "Celu": _elu, "Gelu": _gelu, "Softmax": _softmax, "LogSoftmax": _softmax,
    "Clip": _clip, "Negative": _negative, "Concatenate": _concat, "Reshape": _reshape, "ExpandDims": _known,
    "Squeeze": _known, "Transpose": _transpose, "Mean": _mean, "Max": _mean,
}  # fmt: skip
