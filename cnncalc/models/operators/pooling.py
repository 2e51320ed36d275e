"""Pools, and means over all positions."""

from __future__ import annotations

from typing import Any

from cnncalc.models import windows
from cnncalc.models.graph import Node
from cnncalc.models.importer import Importer, Unsupported
from cnncalc.shape import SPATIAL


def pool(importer: Importer, node: Node) -> None:
    """MaxPool, AveragePool, LpPool."""
    x = importer.value(node.inputs[0])
    word = {"MaxPool": "maxpool", "AveragePool": "avgpool", "LpPool": "lppool"}[node.op]
    fields: dict[str, Any] = windows.fields(node, len(x.shape.spatial), node.settings["kernel_shape"], "size")
    if fields["stride"] == fields["size"]:
        del fields["stride"]
    if node.settings.get("ceil_mode"):
        fields["ceil_mode"] = True
    if word == "avgpool":
        if "dilation" in fields:
            raise Unsupported("AveragePool with a dilation")
        if "padding" in fields and not node.settings.get("count_include_pad"):
            fields["count_include_pad"] = False
    if word == "lppool":
        fields["p"] = node.settings.get("p", 2)
    importer.add(node, word, fields, [x], importer.named(node))


def over_all(importer: Importer, node: Node) -> None:
    """GlobalAveragePool, GlobalMaxPool: the spatial axes stay, with a size of 1."""
    word = "global_avgpool" if node.op == "GlobalAveragePool" else "global_maxpool"
    importer.add(node, word, {"keepdims": True}, [importer.value(node.inputs[0])], importer.named(node))


def mean(importer: Importer, node: Node) -> None:
    """ReduceMean and ReduceMax over every spatial axis."""
    value = importer.values[node.inputs[0]]
    axes = node.settings.get("axes") or importer.numbers(node, 1)
    if not axes:
        raise Unsupported(f"{node.op} over all axes")
    over = {value.axis(axis) for axis in axes}
    if over != set(SPATIAL[value.shape.rank - 1]) or not over:
        raise Unsupported(f"{node.op} over {' and '.join(sorted(over))}")
    keep = bool(node.settings.get("keepdims", 1))
    word = "global_avgpool" if node.op == "ReduceMean" else "global_maxpool"
    importer.add(node, word, {"keepdims": True} if keep else {}, [value], importer.named(node))


def adaptive(importer: Importer, node: Node) -> None:
    """PyTorch's adaptive pools, which ONNX does not have."""
    word = "adaptive_avgpool" if node.op == "AdaptiveAveragePool" else "adaptive_maxpool"
    fields = {"output": windows.one(node.settings["output"])}
    importer.add(node, word, fields, [importer.value(node.inputs[0])], importer.named(node))


OPERATORS = {
    "AdaptiveAveragePool": adaptive, "AdaptiveMaxPool": adaptive,
    "MaxPool": pool, "AveragePool": pool, "LpPool": pool, "GlobalAveragePool": over_all, "GlobalMaxPool": over_all,
    "ReduceMean": mean, "ReduceMax": mean,
}  # fmt: skip
