"""Activation functions, and operators that change nothing at inference."""

from __future__ import annotations

import math
from typing import Any

from cnncalc.models.graph import Node, Tensor
from cnncalc.models.importer import Importer, Unsupported, Weight
from cnncalc.models.operators import attending

#: Operators that are an activation of ours, and the settings that make them so.
SAME = {
    "Relu": "relu", "Sigmoid": "sigmoid", "Tanh": "tanh", "Softplus": "softplus", "Softsign": "softsign",
    "HardSwish": "hard_swish", "Mish": "mish", "Selu": "selu", "Silu": "silu",
    "Abs": "abs",
}  # fmt: skip


def same(importer: Importer, node: Node) -> None:
    """An activation without settings."""
    _add(importer, node, SAME[node.op], {})


def _add(importer: Importer, node: Node, word: str, fields: dict[str, Any]) -> None:
    importer.add(node, word, fields, [importer.uncut(importer.values[node.inputs[0]])], importer.named(node))


def leaky_relu(importer: Importer, node: Node) -> None:
    """LeakyRelu with its slope."""
    slope = round(node.settings.get("alpha", 0.01), 7)
    _add(importer, node, "leaky_relu", {} if slope == 0.01 else {"slope": slope})


def of_alpha_1(importer: Importer, node: Node) -> None:
    """Elu and Celu."""
    if node.settings.get("alpha", 1.0) != 1.0:
        raise Unsupported(f"{node.op} with alpha {node.settings['alpha']}")
    _add(importer, node, node.op.lower(), {})


def hard_sigmoid(importer: Importer, node: Node) -> None:
    """HardSigmoid as PyTorch defines it: with a slope of 1/6."""
    alpha, beta = node.settings.get("alpha", 0.2), node.settings.get("beta", 0.5)
    if not (math.isclose(alpha, 1 / 6, rel_tol=1e-5) and beta == 0.5):
        raise Unsupported(f"HardSigmoid with alpha {alpha:g} and beta {beta:g}")
    _add(importer, node, "hard_sigmoid", {})


def gelu(importer: Importer, node: Node) -> None:
    """Gelu, exact or by tanh."""
    _add(importer, node, "gelu", {"approximate": True} if node.settings.get("approximate") == "tanh" else {})


def softmax(importer: Importer, node: Node) -> None:
    """Softmax over the channels or features, or over the scores of attention."""
    if attending.softmax(importer, node):
        return
    value = importer.featured(node.inputs[0], node.settings.get("axis", -1))
    word = "softmax" if node.op == "Softmax" else "log_softmax"
    importer.add(node, word, {}, [value], importer.named(node))


def clip(importer: Importer, node: Node) -> None:
    """Clip from 0 to 6, which is relu6; from 0 on, which is relu."""
    low = importer.numbers(node, 1) or [node.settings.get("min", -math.inf)]
    high = importer.numbers(node, 2) or [node.settings.get("max", math.inf)]
    word = {(0, 6): "relu6", (0, math.inf): "relu"}.get((low[0], high[0]))
    if word is None:
        raise Unsupported(f"Clip from {low[0]:g} to {high[0]:g}")
    _add(importer, node, word, {})


def prelu(importer: Importer, node: Node) -> None:
    """PRelu: one slope for each channel, or a single one."""
    value, slope = importer.featured(node.inputs[0], 1), importer.tensor(node, 1)
    if slope is None or slope.size not in (1, value.shape.channels):
        raise Unsupported("PRelu with slopes that are not one for each channel")
    shared = slope.size == 1 and value.shape.channels != 1
    weights = {"alpha": Weight(slope, None, (slope.size,))}
    importer.add(node, "prelu", {"shared": True} if shared else {}, [value], importer.named(node, slope.name), weights)


def passed(importer: Importer, node: Node) -> None:
    """Identity, Dropout and Cast: the output is the input."""
    importer.passed(node)


def constant(importer: Importer, node: Node) -> None:
    """Constant: a tensor stored in the node."""
    tensor = node.settings.get("value")
    if not isinstance(tensor, Tensor):
        raise Unsupported("Constant without a tensor")
    importer.constants[node.outputs[0]] = tensor


OPERATORS = {
    **dict.fromkeys(SAME, same), "LeakyRelu": leaky_relu, "Elu": of_alpha_1, "Celu": of_alpha_1,
    "HardSigmoid": hard_sigmoid, "Gelu": gelu, "Softmax": softmax, "LogSoftmax": softmax, "Clip": clip, "PRelu": prelu,
    "Identity": passed, "Dropout": passed, "Cast": passed, "Constant": constant,
}  # fmt: skip
