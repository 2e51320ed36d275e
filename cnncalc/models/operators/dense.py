"""Dense layers: Gemm, and a product with a constant matrix."""

from __future__ import annotations

from cnncalc.models.graph import Node
from cnncalc.models.importer import Importer, Unsupported, Weight


def gemm(importer: Importer, node: Node) -> None:
    """Gemm with a constant matrix: ``x·W + b``."""
    value, kernel, bias = importer.values[node.inputs[0]], importer.tensor(node, 1), importer.tensor(node, 2)
    settings = node.settings
    if kernel is None or settings.get("transA", 0) or value.axes[-1] != "channels":
        raise Unsupported("Gemm of two computed matrices")
    if (settings.get("alpha", 1.0), settings.get("beta", 1.0)) != (1.0, 1.0) or len(kernel.shape) != 2:
        raise Unsupported("Gemm with a factor")
    turned = bool(settings.get("transB", 0))
    weights = {"kernel": Weight(kernel, (1, 0) if turned else None)}
    units = kernel.shape[0] if turned else kernel.shape[1]
    if bias is not None:
        weights["bias"] = Weight(bias)
    fields = {"units": units} if bias is not None else {"units": units, "bias": False}
    fields |= {"flatten": False} if value.shape.rank > 2 else {}
    importer.add(node, "dense", fields, [value], importer.named(node, kernel.name), weights)


def matmul(importer: Importer, node: Node) -> None:
    """MatMul with a constant matrix: a dense layer at each position. A bias that is added after it becomes its own."""
    kernel = importer.tensor(node, 1)
    if kernel is None or len(kernel.shape) != 2 or node.inputs[0] not in importer.values:
        raise Unsupported("MatMul of two computed matrices")
    value = importer.values[node.inputs[0]]
    if value.axes[-1] != "channels":
        raise Unsupported("MatMul over another axis than the features")
    at_each = {"flatten": False} if value.shape.rank > 2 else {}
    fields = {"units": kernel.shape[1], "bias": False, **at_each}
    importer.add(node, "dense", fields, [value], importer.named(node, kernel.name), {"kernel": Weight(kernel)})


OPERATORS = {"Gemm": gemm, "MatMul": matmul}
