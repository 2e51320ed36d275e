"""Normalisations."""

from __future__ import annotations

from typing import Any

from cnncalc.models.graph import Node
from cnncalc.models.importer import Importer, Unsupported, Weight


def _eps(node: Node, usual: float = 1e-5) -> dict[str, Any]:
    eps = float(f"{node.settings.get('epsilon', 1e-5):.6g}")
    return {} if eps == usual else {"eps": eps}


def _arrays(importer: Importer, node: Node, names: tuple[str, ...]) -> dict[str, Weight]:
    found = {}
    for place, name in enumerate(names, 1):
        tensor = importer.tensor(node, place)
        if tensor is None:
            raise Unsupported(f"{node.op} with a {name} that is computed")
        found[name] = Weight(tensor)
    return found


def batchnorm(importer: Importer, node: Node) -> None:
    """BatchNormalization at inference."""
    weights = _arrays(importer, node, ("gamma", "beta", "moving_mean", "moving_variance"))
    name = importer.named(node, weights["gamma"].tensor.name, weights["moving_mean"].tensor.name)
    importer.add(node, "batchnorm", _eps(node), [importer.featured(node.inputs[0], 1)], name, weights)


def instancenorm(importer: Importer, node: Node) -> None:
    """InstanceNormalization with a learned scale and shift."""
    weights = _arrays(importer, node, ("gamma", "beta"))
    fields = {**_eps(node), "scale": True, "center": True}
    name = importer.named(node, weights["gamma"].tensor.name)
    importer.add(node, "instancenorm", fields, [importer.image(node.inputs[0])], name, weights)


def groupnorm(importer: Importer, node: Node) -> None:
    """GroupNormalization with a scale and a shift for each channel (opset 21)."""
    weights = _arrays(importer, node, ("gamma", "beta"))
    value = importer.image(node.inputs[0])
    if weights["gamma"].tensor.size != value.shape.channels:
        raise Unsupported("GroupNormalization with one scale a group")
    fields = {"groups": node.settings["num_groups"], **_eps(node)}
    importer.add(node, "groupnorm", fields, [value], importer.named(node, weights["gamma"].tensor.name), weights)


def layernorm(importer: Importer, node: Node) -> None:
    """LayerNormalization over the features at each position, or over all of an example."""
    value = importer.values[node.inputs[0]]
    first = value.place(node.settings.get("axis", -1))
    given = [importer.tensor(node, place) for place in (1, 2)]
    fields = _eps(node) | {
        word: False for word, tensor in zip(("scale", "center"), given, strict=True) if tensor is None
    }
    weights = {
        name: Weight(tensor) for name, tensor in zip(("gamma", "beta"), given, strict=True) if tensor is not None
    }
    name = importer.named(node, *(tensor.name for tensor in given if tensor is not None))
    if any(tensor is None and any(node.inputs[place : place + 1]) for place, tensor in enumerate(given, 1)):
        raise Unsupported("LayerNormalization with a scale that is computed")
    if first != len(value.dims) - 1:
        raise Unsupported("LayerNormalization over an axis other than the features")
    seen, order = importer.mixed_up(node.inputs[0])
    weights = {key: weight.in_order(0, order) for key, weight in weights.items()}
    importer.add(node, "layernorm", fields, [seen], name, weights)


def rmsnorm(importer: Importer, node: Node) -> None:
    """RMSNormalization over the features at each position. A scale that is multiplied after it becomes its own."""
    value, gamma = importer.values[node.inputs[0]], importer.tensor(node, 1)
    if value.place(node.settings.get("axis", -1)) != len(value.dims) - 1:
        raise Unsupported("RMSNormalization over another axis than the features")
    if gamma is None and any(node.inputs[1:2]):
        raise Unsupported("RMSNormalization with a scale that is computed")
    seen, order = importer.mixed_up(node.inputs[0])
    weights = {} if gamma is None else {"gamma": Weight(gamma).in_order(0, order)}
    fields = _eps(node) | ({"scale": False} if gamma is None else {})
    importer.add(node, "rmsnorm", fields, [seen], importer.named(node, gamma.name if gamma else ""), weights)


def lrn(importer: Importer, node: Node) -> None:
    """LRN across channels."""
    usual = {"size": 5, "alpha": 1e-4, "beta": 0.75, "k": 1.0}
    given = {"size": node.settings["size"], "alpha": node.settings.get("alpha", 1e-4),
             "beta": node.settings.get("beta", 0.75), "k": node.settings.get("bias", 1.0)}  # fmt: skip
    fields = {key: float(f"{v:.6g}") if isinstance(v, float) else v for key, v in given.items()}
    fields = {key: value for key, value in fields.items() if value != usual[key]}
    importer.add(node, "lrn", fields, [importer.image(node.inputs[0])], importer.named(node))


OPERATORS = {
    "BatchNormalization": batchnorm, "InstanceNormalization": instancenorm, "GroupNormalization": groupnorm,
    "LayerNormalization": layernorm, "LRN": lrn,
    "RMSNormalization": rmsnorm,
}  # fmt: skip
