"""Attention."""

from __future__ import annotations

from typing import Any

from cnncalc.models.importer import Importer, Unsupported
from cnncalc.models.keras.called import Called
from cnncalc.models.keras.layers.adding import Array, add
from cnncalc.models.keras.settings import flag, usual, whole, wrong

PROJECTIONS = {"query": "query_dense", "key": "key_dense", "value": "value_dense", "output": "output_dense"}


def attention(importer: Importer, node: Called) -> None:
    """MultiHeadAttention: its projections have an axis for the heads."""
    if len(node.outputs) != 1 or not 1 <= len(node.inputs) <= 3 or len(set(node.inputs[1:])) > 1:
        raise Unsupported("keras.MultiHeadAttention with keys that differ from its values, or whose scores are used")
    if any(node.keywords.get(name) is not None for name in ("attention_mask", "query_mask", "value_mask", "key_mask")):
        raise Unsupported("keras.MultiHeadAttention with a mask that is computed")
    usual(node, output_shape=None, attention_axes=[1])
    values = [importer.value(name) for name in node.inputs]
    query, memory = values[0], values[-1]
    if any(value.shape.rank != 2 for value in values):
        raise Unsupported("keras.MultiHeadAttention on values that are not sequences")
    heads, key = whole(node, "num_heads"), whole(node, "key_dim")
    value = key if node.settings.get("value_dim") is None else whole(node, "value_dim")
    fields: dict[str, Any] = {"heads": heads}
    fields |= {} if key * heads == query.shape.channels else {"key_dim": key}
    fields |= {} if value == key else {"key_dim": key, "value_dim": value}
    fields |= {} if flag(node, "use_bias", usual=True) else {"bias": False}
    fields |= {"causal": True} if node.keywords.get("use_causal_mask") is True else {}
    shapes = {
        "query": (query.shape.channels, heads, key),
        "key": (memory.shape.channels, heads, key),
        "value": (memory.shape.channels, heads, value),
        "output": (heads, value, query.shape.channels),
    }
    arrays = {}
    for name, part in PROJECTIONS.items():
        arrays[f"{name}_kernel"] = Array(0, (part,), shape=shapes[name])
        bias = shapes[name][1:] if name != "output" else shapes[name][2:]
        arrays[f"{name}_bias"] = Array(1, (part,), shape=bias)
    reads = [query] if query.name == memory.name else [query, memory]
    add(importer, node, "attention", fields, arrays, reads=reads)


def grouped(importer: Importer, node: Called) -> None:
    """GroupedQueryAttention of one sequence on itself: heads share keys and values."""
    if len(node.outputs) != 1 or len(set(node.inputs)) != 1 or node.keywords.get("attention_mask") is not None:
        raise Unsupported(f"{node.op} of several values, or with a mask that is computed")
    x = importer.value(node.inputs[0])
    heads, shared, size = (whole(node, name) for name in ("num_query_heads", "num_key_value_heads", "head_dim"))
    if x.shape.rank != 2 or heads % shared:
        raise wrong(node, "num_key_value_heads", shared)
    fields: dict[str, Any] = {"heads": heads}
    fields |= {} if size * heads == x.shape.channels else {"key_dim": size}
    fields |= {} if shared == heads else {"kv_heads": shared}
    fields |= {} if flag(node, "use_bias", usual=True) else {"bias": False}
    fields |= {"causal": True} if node.keywords.get("use_causal_mask") is True else {}
    channels, arrays = x.shape.channels, {}
    for name, part in PROJECTIONS.items():
        count = shared if name in ("key", "value") else heads
        kernel = (heads, size, channels) if name == "output" else (channels, count, size)
        arrays[f"{name}_kernel"] = Array(0, (part,), shape=kernel)
        arrays[f"{name}_bias"] = Array(1, (part,), shape=(channels,) if name == "output" else (count, size))
    add(importer, node, "attention", fields, arrays, reads=[x])


LAYERS = {"MultiHeadAttention": attention, "GroupedQueryAttention": grouped, "GroupQueryAttention": grouped}
