"""Convolutions. ONNX kernels are ``[filters, C/groups, ...]``, transposed ones ``[C, filters/groups, ...]``."""

from __future__ import annotations

from cnncalc.models import windows
from cnncalc.models.graph import Node, Tensor
from cnncalc.models.importer import Importer, Unsupported, Weight


def _kernel(importer: Importer, node: Node, rank: int) -> Tensor:
    kernel = importer.tensor(node, 1)
    if kernel is None:
        raise Unsupported(f"{node.op} with a kernel that is computed")
    if len(kernel.shape) != rank + 2:
        raise Unsupported(f"{node.op} with a kernel of {len(kernel.shape)} axes on {rank} spatial axes")
    return kernel


def _bias(importer: Importer, node: Node, weights: dict[str, Weight], fields: dict[str, object]) -> None:
    bias = importer.tensor(node, 2)
    if bias is None and len(node.inputs) > 2 and node.inputs[2]:
        raise Unsupported(f"{node.op} with a bias that is computed")
    if bias is None:
        fields["bias"] = False
    else:
        weights["bias"] = Weight(bias)


def conv(importer: Importer, node: Node) -> None:
    """Conv; with as many groups as channels it is a depthwise convolution."""
    x = importer.image(node.inputs[0])
    rank = len(x.shape.spatial)
    kernel, groups = _kernel(importer, node, rank), node.settings.get("group", 1)
    filters, channels, *sizes = kernel.shape
    spatial = tuple(range(2, rank + 2))
    name = importer.named(node, kernel.name)
    if groups == x.shape.channels > 1 and channels == 1:
        multiplier = filters // groups
        fields = {**windows.fields(node, rank, sizes), **({"multiplier": multiplier} if multiplier > 1 else {})}
        weights = {"kernel": Weight(kernel, (*spatial, 0, 1), (*sizes, groups, multiplier))}
        _bias(importer, node, weights, fields)
        importer.add(node, "depthwise_conv", fields, [x], name, weights)
        return
    fields = {"filters": filters, **windows.fields(node, rank, sizes), **({"groups": groups} if groups > 1 else {})}
    weights = {"kernel": Weight(kernel, (*spatial, 1, 0))}
    _bias(importer, node, weights, fields)
    importer.add(node, "conv", fields, [x], name, weights)


def transposed(importer: Importer, node: Node) -> None:
    """ConvTranspose."""
    x = importer.image(node.inputs[0])
    rank = len(x.shape.spatial)
    kernel, groups = _kernel(importer, node, rank), node.settings.get("group", 1)
    if node.settings.get("output_shape"):
        raise Unsupported("ConvTranspose with an output_shape")
    _, filters, *sizes = kernel.shape
    fields = {"filters": filters * groups, **windows.fields(node, rank, sizes)}
    extra = list(node.settings.get("output_padding") or [0] * rank)
    if any(extra):
        fields["output_padding"] = windows.one(extra)
    if groups > 1:
        fields["groups"] = groups
    weights = {"kernel": Weight(kernel, (*range(2, rank + 2), 0, 1))}
    _bias(importer, node, weights, fields)
    importer.add(node, "transposed_conv", fields, [x], importer.named(node, kernel.name), weights)


OPERATORS = {"Conv": conv, "ConvTranspose": transposed}
