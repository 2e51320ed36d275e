"""Operators that belong together: several that a framework writes for one operator become that operator again.

Each pattern is searched from its last node backwards, and only if nothing else reads the values in between.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from cnncalc.models.graph import Graph, Node, Tensor

Found = tuple[Node, list[Node]]  # the operator, and the nodes that it replaces


def pairs(node: Node) -> list[tuple[str, str]]:
    """The two inputs of a node in either order; nothing of a node with more or fewer."""
    if len(node.inputs) != 2:
        return []
    first, second = node.inputs
    return [(first, second), (second, first)]


class View:
    """A graph seen from its values: the node that makes each, and how many read it."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.makers = {name: node for node in graph.nodes for name in node.outputs}
        self.readers = graph.readers()

    def maker(self, name: str, *ops: str, readers: int = 1) -> Node | None:
        """The node that makes a value, if it is one of ``ops`` and has at most ``readers`` readers."""
        node = self.makers.get(name)
        return node if node and node.inputs and node.op in ops and self.readers.get(name, 0) <= readers else None

    def tensor(self, name: str) -> Tensor | None:
        """The array of this name, which may be kept under another."""
        maker = self.makers.get(name)
        return self.tensor(maker.inputs[0]) if maker and maker.op == "Identity" else self.graph.tensors.get(name)

    def numbers(self, name: str) -> list[Any] | None:
        """The numbers of a small constant."""
        tensor, maker = self.graph.tensors.get(name), self.makers.get(name)
        if tensor is None and maker is not None and maker.op == "Constant":
            tensor = maker.settings.get("value")
        return tensor.numbers() if isinstance(tensor, Tensor) else None

    def scalar(self, name: str) -> float | None:
        """The one number of a constant."""
        numbers = self.numbers(name)
        return float(numbers[0]) if numbers and len(numbers) == 1 else None

    def split(self, node: Node) -> tuple[str, float] | None:
        """The value and the number that a node with two inputs joins; None if neither is a number."""
        for value, other in pairs(node):
            number = self.scalar(other)
            if number is not None:
                return value, number
        return None


def silu(view: View, node: Node) -> Found | None:
    """``x · sigmoid(x)``, and ``x · hard_sigmoid(x)``."""
    for x, gate in pairs(node) if node.op == "Mul" else ():
        maker = view.maker(gate, "Sigmoid", "HardSigmoid")
        if maker and maker.inputs[0] == x:
            if maker.op == "HardSigmoid" and not math.isclose(maker.settings.get("alpha", 0.2), 1 / 6, rel_tol=1e-5):
                return None
            op = "Silu" if maker.op == "Sigmoid" else "HardSwish"
            return Node(op, node.name, [x], node.outputs), [maker, node]
    return None


def hard_sigmoid(view: View, node: Node) -> Found | None:
    """``relu6(x + 3) / 6`` (keras.applications.mobilenet_v3)."""
    scaled = view.split(node) if node.op in ("Mul", "Div") else None
    clip = view.maker(scaled[0], "Clip") if scaled else None
    if clip is None or scaled is None or not math.isclose(scaled[1], 6 if node.op == "Div" else 1 / 6, rel_tol=1e-5):
        return None
    bounds = [view.scalar(name) for name in clip.inputs[1:]] or [clip.settings.get("min"), clip.settings.get("max")]
    moved = view.maker(clip.inputs[0], "Add")
    part = view.split(moved) if moved else None
    if bounds != [0.0, 6.0] or moved is None or part is None or part[1] != 3.0:
        return None
    found = Node("HardSigmoid", node.name, [part[0]], node.outputs, {"alpha": 1 / 6, "beta": 0.5})
    return found, [moved, clip, node]


def gelu(view: View, node: Node) -> Found | None:
    """``x · (1 + erf(x/√2)) / 2``, its factors in any order."""
    chain = _factors(view, node)
    if chain is None:
        return None
    values, number, nodes = chain
    if len(values) != 2 or not math.isclose(number, 0.5, rel_tol=1e-4):
        return None
    for x, rest in (values, values[::-1]):
        one = view.maker(rest, "Add")
        part = view.split(one) if one else None
        erf = view.maker(part[0], "Erf") if part and part[1] == 1.0 else None
        scaled = view.maker(erf.inputs[0], "Div", "Mul") if erf else None
        inner = view.split(scaled) if scaled else None
        if one and erf and scaled and inner and inner[0] == x:
            wanted = math.sqrt(2) if scaled.op == "Div" else math.sqrt(0.5)
            if math.isclose(inner[1], wanted, rel_tol=1e-4):
                return Node("Gelu", node.name, [x], node.outputs), [scaled, erf, one, *nodes]
    return None


def _factors(view: View, node: Node) -> tuple[list[str], float, list[Node]] | None:
    """The values that a chain of products multiplies, the number beside them, and the nodes of the chain."""
    if node.op != "Mul":
        return None
    values, number, nodes = [], 1.0, [node]
    for name in node.inputs:
        factor = view.scalar(name)
        inner = view.maker(name, "Mul")
        if factor is not None:
            number *= factor
        elif inner and (more := _factors(view, inner)):
            values += more[0]
            number *= more[1]
            nodes = more[2] + nodes
        else:
            values.append(name)
    return values, number, nodes


def biased(view: View, node: Node) -> Found | None:
    """``x·W + b``: a dense layer, which is used again with its bias or not at all."""
    for value, bias in pairs(node) if node.op == "Add" else ():
        product, vector = view.maker(value, "MatMul"), view.tensor(bias)
        kernel = view.tensor(product.inputs[-1]) if product else None
        if product is None or vector is None or kernel is None or len(kernel.shape) != 2 or len(product.inputs) != 2:
            continue
        if vector.sources and vector.shape == kernel.shape[1:]:
            return Node("MatMul", product.name, [*product.inputs, bias], node.outputs), [product, node]
    return None


def rms(view: View, node: Node) -> Found | None:
    """``x / √(mean of squares + eps)`` along one axis, or ``x`` times the inverse root (T5 and Llama)."""
    for x, other in pairs(node)[: 2 if node.op == "Mul" else 1] if node.op in ("Mul", "Div") else ():
        nodes, root = [node], other
        if node.op == "Mul":
            inverse = view.maker(other, "Reciprocal", "Div")
            if inverse is None or (inverse.op == "Div" and view.scalar(inverse.inputs[0]) != 1.0):
                continue
            nodes, root = [inverse, node], inverse.inputs[-1]
        maker = view.maker(root, "Sqrt")
        found = _mean_of_squares(view, maker.inputs[0], x) if maker else None
        if maker and found:
            settings, inner = found
            return Node("RMSNormalization", node.name, [x], node.outputs, settings), [*inner, maker, *nodes]
    return None


def _mean_of_squares(view: View, name: str, x: str) -> tuple[dict[str, Any], list[Node]] | None:
    """The settings and the nodes of ``mean(x²) + eps`` along one axis, which stays; None of anything else."""
    total = view.maker(name, "Add")
    part = view.split(total) if total else None
    mean = view.maker(part[0], "ReduceMean") if part else None
    square = view.maker(mean.inputs[0], "Pow", "Mul") if mean else None
    if total is None or part is None or mean is None or square is None or square.inputs[0] != x:
        return None
    axes = view.numbers(mean.inputs[1]) if len(mean.inputs) > 1 else mean.settings.get("axes")
    squared = square.inputs[1] == x if square.op == "Mul" else view.scalar(square.inputs[1]) == 2.0
    if not squared or axes is None or len(axes) != 1 or not mean.settings.get("keepdims", 1):
        return None
    return {"epsilon": part[1], "axis": axes[0]}, [square, mean, total]


PATTERNS: tuple[Callable[[View, Node], Found | None], ...] = (hard_sigmoid, silu, gelu, rms, biased)


def recognise(graph: Graph) -> Graph:
    """The graph with each pattern replaced by one operator."""
    view = View(graph)
    gone: set[int] = set()
    stands: dict[int, Node] = {}
    for node in graph.nodes:
        for pattern in PATTERNS if node.inputs else ():
            found = pattern(view, node)
            if found and not any(id(part) in gone for part in found[1]):
                stands[id(node)] = found[0]
                gone |= {id(part) for part in found[1]}
                break
    graph.nodes = [stands.get(id(node), node) for node in graph.nodes if id(node) not in gone or id(node) in stands]
    return graph
