"""Attention as models write it out: two products with a softmax between them, and a dense layer after them."""

from __future__ import annotations

from math import prod

from cnncalc.models.graph import Node, Tensor
from cnncalc.models.importer import Importer, Unsupported, Value, Weight
from cnncalc.models.operators import heads
from cnncalc.models.products import Product, bare, prefixed
from cnncalc.models.values import Dim, joined
from cnncalc.shape import Shape


def product(importer: Importer, node: Node) -> None:
    """MatMul of two computed values."""
    left, right = (importer.values[name] for name in node.inputs[:2])
    importer.values[node.outputs[0]] = _mixed(importer, node, left, right) or _scores(importer, node, left, right)


def dot_product_attention(importer: Importer, node: Node) -> None:
    """PyTorch's scaled_dot_product_attention of queries, keys and values."""
    query, key, value = (importer.values[name] for name in node.inputs[:3])
    order = [*range(len(key.dims) - 2), len(key.dims) - 1, len(key.dims) - 2]
    scores = _scores(importer, node, query, key.transposed(order))
    made = importer.products[scores.name]
    mask = importer.tensor(node, 3)
    if mask is None and len(node.inputs) > 3 and node.inputs[3]:
        raise Unsupported("attention with a mask that is computed")
    added = ((mask, scores.dims),) if mask is not None else ()
    if node.settings.get("is_causal"):
        added = ((heads.CAUSAL, scores.dims),)
    scale = node.settings.get("scale") or query.all_sizes[-1] ** -0.5
    scores = _named(importer, made._replace(scale=made.scale * scale, added=added, softmax=True), scores)
    mixed = _mixed(importer, node, scores, value)
    if mixed is None:
        raise Unsupported("attention of queries, keys and values whose sizes do not match")
    importer.values[node.outputs[0]] = mixed


def _scores(importer: Importer, node: Node, left: Value, right: Value) -> Value:
    """A product that looks like queries times keys."""
    if any(value.name in importer.products for value in (left, right)):
        left, right = importer.uncut(left), importer.uncut(right)
    if len(left.dims) != len(right.dims) or left.all_sizes[:-2] != right.all_sizes[:-2]:
        raise Unsupported("a product of two computed values whose sizes do not match")
    dims = (*prefixed("q.", left.dims[:-1]), *prefixed("k.", right.dims[-1:]))
    made = Product(node, left._replace(factor=1.0), right._replace(factor=1.0), dims, left.factor * right.factor)
    return _named(importer, made)


def _named(importer: Importer, made: Product, seen: Value | None = None) -> Value:
    name = f"product {len(importer.products)}"
    importer.products[name] = made
    return Value(name, Shape((), 1), made.dims if seen is None else seen.dims)


def softmax(importer: Importer, node: Node) -> bool:
    """Whether the softmax is over the columns of a product, and so becomes part of it."""
    value = importer.values[node.inputs[0]]
    made = importer.products.get(value.name)
    if made is None or made.scores or made.softmax or node.op != "Softmax":
        return False
    if value.place(node.settings.get("axis", -1)) != len(value.dims) - 1 or _own(value.dims[-1]) != _own(made.dims[-1]):
        return False
    if made.added and value.factor != 1.0:
        return False
    made = made._replace(scale=made.scale * value.factor, softmax=True)
    importer.values[node.outputs[0]] = _named(importer, made, value)
    return True


def add(importer: Importer, node: Node, value: Value, constant: Tensor) -> bool:
    """Whether a constant is added to a product: a mask, or a relative position bias."""
    made = importer.products.get(value.name)
    if made is None or made.scores or made.softmax or len(constant.shape) > len(value.dims):
        return False
    ahead = [1] * (len(value.dims) - len(constant.shape))
    if any(size not in (1, own) for size, own in zip([*ahead, *constant.shape], value.all_sizes, strict=True)):
        return False
    made = made._replace(added=(*made.added, (constant, value.dims)), scale=made.scale * value.factor)
    importer.values[node.outputs[0]] = _named(importer, made, value._replace(factor=1.0))
    return True


def _own(dim: Dim) -> Dim:
    return joined(dim)


def _outer(value: Value) -> list[tuple[str, int]]:
    """Heads and windows, in their order."""
    return [(factor.axis, factor.size) for factor in joined([f for dim in value.dims[:-2] for f in bare(dim)])]


def _mixed(importer: Importer, node: Node, left: Value, right: Value) -> Value | None:
    """Scores times values: the rows of values mixed. None if the left factor is not scores."""
    scores = importer.products.get(left.name)
    if scores is None or not scores.softmax or right.name in importer.products or left.factor != 1.0:
        return None
    if len(left.dims) != len(right.dims) or left.all_sizes[:-2] != right.all_sizes[:-2]:
        return None
    if _outer(left) != _outer(right):
        return None
    if _own(left.dims[-1]) != _own(scores.dims[-1]) or _own(bare(left.dims[-1])) != _own(right.dims[-2]):
        return None
    dims = (*left.dims[:-1], *prefixed("v.", right.dims[-1:]))
    return _named(importer, Product(node, left, right._replace(factor=1.0), dims, right.factor, scores=scores))


def output(importer: Importer, node: Node, weights: dict[str, Weight], units: int, name: str) -> bool:
    """Whether a dense layer reads mixed values, and so is the last part of attention."""
    value = importer.values[node.inputs[0]]
    made = importer.products.get(value.name)
    if made is None or made.scores is None:
        return False
    found = heads.matched(importer, made, value, units)
    if found is None:
        return False
    kernel = weights["kernel"]._replace(picks=found.rows)
    given = found.weights | {"output_kernel": kernel} | ({"output_bias": weights["bias"]} if "bias" in weights else {})
    fields = found.fields | heads.biases(given)
    importer.absorbed |= set(found.absorbed)
    title = heads.path(name, found.names)
    attention = importer.add(Node("", node.name, []), "attention", fields, found.reads, title, given)
    importer.titles[attention.name] = title
    dims = (*(_position(dim) for dim in value.dims[:-1]), attention.dims[attention.place(-1)])
    channels = next(dim for dim in attention.dims if attention.whole(dim) == "channels")
    importer.values[node.outputs[0]] = attention._replace(dims=(*dims[:-1], channels), rolls=found.rolls)
    return True


def _position(dim: Dim) -> Dim:
    return joined(bare(dim))


def macs(made: Product) -> int:
    """Multiply–accumulates of a product."""
    return prod(made.sizes) * made.inner


OPERATORS = {"ScaledDotProductAttention": dot_product_attention}
