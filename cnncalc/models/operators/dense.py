"""Products: dense layers, and products of two computed values, which belong to attention."""

from __future__ import annotations

from cnncalc.models.graph import Node, Tensor
from cnncalc.models.importer import Importer, Unsupported, Weight
from cnncalc.models.operators import attending
from cnncalc.models.values import Factor


def gemm(importer: Importer, node: Node) -> None:
    """Gemm with a constant matrix: ``x·W + b``."""
    kernel, bias, settings = importer.tensor(node, 1), importer.tensor(node, 2), node.settings
    if kernel is None or settings.get("transA", 0):
        raise Unsupported("Gemm of two computed matrices")
    if (settings.get("alpha", 1.0), settings.get("beta", 1.0)) != (1.0, 1.0) or len(kernel.shape) != 2:
        raise Unsupported("Gemm with a factor")
    _dense(importer, node, kernel, bias, turned=bool(settings.get("transB", 0)))


def matmul(importer: Importer, node: Node) -> None:
    """MatMul with a constant matrix, and with a bias where one was added to it: a dense layer at each position."""
    kernel, bias = importer.tensor(node, 1), importer.tensor(node, 2)
    if kernel is None and node.inputs[0] in importer.values and node.inputs[1] in importer.values:
        attending.product(importer, node)
        return
    if kernel is None or len(kernel.shape) != 2 or node.inputs[0] not in importer.values:
        raise Unsupported("MatMul with a constant on the left, or of more than two axes")
    _dense(importer, node, kernel, bias, turned=False)


def _dense(importer: Importer, node: Node, kernel: Tensor, bias: Tensor | None, *, turned: bool) -> None:
    if kernel.turned is not None:
        kernel, turned = kernel.turned, not turned
    weights = {"kernel": Weight(kernel, (1, 0) if turned else None)}
    units = kernel.shape[0] if turned else kernel.shape[1]
    if bias is not None:
        weights["bias"] = Weight(bias)
    name = importer.named(node, kernel.name, bias.name if bias else "")
    if attending.output(importer, node, weights, units, name):
        return
    value, order = importer.mixed_up(node.inputs[0])
    if order:
        weights["kernel"] = weights["kernel"].in_order(0, order)
        value = value._replace(dims=(*value.dims[:-1], (Factor("channels", value.shape.channels),)))
    fields = {"units": units} if bias is not None else {"units": units, "bias": False}
    fields |= {"flatten": False} if value.shape.rank > 2 else {}
    tied = importer.tied(weights["kernel"]) if value.shape.rank < 3 else ""
    importer.add(node, "dense", fields, [value], name, weights, tied=tied)


OPERATORS = {"Gemm": gemm, "MatMul": matmul}
