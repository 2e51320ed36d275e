"""Pools, and means over all positions."""

from __future__ import annotations

from typing import Any

from cnncalc.models import windows
from cnncalc.models.graph import Node
from cnncalc.models.importer import Importer, Unsupported


def pool(importer: Importer, node: Node) -> None:
    """MaxPool, AveragePool, LpPool."""
    x = importer.image(node.inputs[0])
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
    importer.add(node, word, {"keepdims": True}, [importer.image(node.inputs[0])], importer.named(node))


def mean(importer: Importer, node: Node) -> None:
    """ReduceMean, ReduceMax, ReduceSum over every spatial axis, or over one axis."""
    value = importer.uncut(importer.values[node.inputs[0]])
    axes = node.settings.get("axes") or importer.numbers(node, 1)
    if not axes or value.rolls:
        raise Unsupported(f"{node.op} over all axes")
    places = {value.placed(axis) for axis in axes}
    over = {factor.axis for place in places for factor in value.dims[place]}
    over |= {axis for axis in value.axes if value.sizes_by_axis[axis] == 1} if not over else set()
    outside = {f.axis for place, dim in enumerate(value.dims) if place not in places for f in dim}
    if not over or over & outside:
        raise Unsupported(f"{node.op} over {' and '.join(sorted(over)) or 'no axis'}")
    keep = bool(node.settings.get("keepdims", 1))
    words = {"ReduceMean": "global_avgpool", "ReduceMax": "global_maxpool"}
    if over == set(value.shape.axes[:-1]) and node.op in words:
        word = words[node.op]
        fields: dict[str, Any] = {"keepdims": True}
    elif len(over) == 1 and node.op != "ReduceMax" and value.shape.rank > 1:
        word, fields = "mean" if node.op == "ReduceMean" else "sum", {"axis": over.pop(), "keepdims": True}
    else:
        raise Unsupported(f"{node.op} over {' and '.join(sorted(over))}")
    made = importer.add(node, word, fields, [value], importer.named(node), axes=importer.natural(value.shape.rank))
    dims = [() if place in places else dim for place, dim in enumerate(value.dims) if keep or place not in places]
    importer.values[node.outputs[0]] = made._replace(dims=tuple(dims))


def adaptive(importer: Importer, node: Node) -> None:
    """PyTorch's adaptive pools, which ONNX does not have."""
    word = "adaptive_avgpool" if node.op == "AdaptiveAveragePool" else "adaptive_maxpool"
    fields = {"output": windows.one(node.settings["output"])}
    importer.add(node, word, fields, [importer.image(node.inputs[0])], importer.named(node))


OPERATORS = {
    "AdaptiveAveragePool": adaptive, "AdaptiveMaxPool": adaptive,
    "MaxPool": pool, "AveragePool": pool, "LpPool": pool, "GlobalAveragePool": over_all, "GlobalMaxPool": over_all,
    "ReduceMean": mean, "ReduceMax": mean, "ReduceSum": mean,
}  # fmt: skip
