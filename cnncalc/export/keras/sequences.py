"""Tokens, positions, recurrent layers, attention and mixtures of experts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cnncalc.export.code.said import Said, arguments, unless
from cnncalc.export.missing import Untranslated
from cnncalc.kinds.attention import PROJECTIONS
from cnncalc.summary.rows import Row

_LAYERS = {"rnn": "SimpleRNN", "lstm": "LSTM", "gru": "GRU"}
_MERGES = {"concat": None, "sum": "sum", "average": "ave", "multiply": "mul"}


def embedding(row: Row) -> Said:
    """layers.Embedding."""
    kind: Any = row.layer.kind
    return Said(f"layers.Embedding({kind.vocab}, {kind.dim})")


def positional_encoding(row: Row) -> Said:
    """A helper layer or function in the file."""
    kind: Any = row.layer.kind
    if kind.style == "learned":
        (length, features) = row.layer.kind.weights(*row.xs)["embeddings"]
        return Said(f"LearnedPositions({length}, {features})")
    spatial = ", ".join(map(str, row.output.spatial)) + "," * (row.output.rank == 2)
    return Said(call=f"{{0}} + sinusoidal_positions(({spatial}), {row.output.channels})")


def class_token(row: Row) -> Said:
    """A helper layer in the file."""
    return Said(f"ClassToken({row.output.channels})")


def recurrent(row: Row) -> Said:
    """layers.SimpleRNN, layers.LSTM and layers.GRU."""
    kind: Any = row.layer.kind
    if kind.layers > 1 or kind.projection is not None:
        raise Untranslated(f"{row.kind} of several layers or with a projection")
    if len(row.xs) > 1 and (kind.bidirectional or row.xs[1].rank > 1):
        raise Untranslated(f"{row.kind} in two directions from a given state")
    after = {"reset_after": None if kind.resets_after else False} if row.kind == "gru" else {}
    settings = arguments(
        kind.units, return_sequences=kind.return_sequences or None, use_bias=None if kind.bias else False, **after
    )
    module = f"layers.{_LAYERS[row.kind]}({settings})"
    if kind.bidirectional:
        merge = arguments(merge_mode=_MERGES[kind.merge])
        module = f"layers.Bidirectional({module}{', ' + merge if merge else ''})"
    states = ", ".join(f"{{{number}}}" for number in range(1, len(row.xs)))
    call = "{m}({0})" if not states else f"{{m}}({{0}}, initial_state=[{states}])"
    return Said(module, call, f"recurrent(w, stacked={row.kind == 'gru'})")


def attention(row: Row) -> Said:
    """layers.MultiHeadAttention, or layers.GroupQueryAttention if heads share keys and values."""
    kind: Any = row.layer.kind
    query, memory = row.xs[0], row.xs[-1]
    biases = [name for name in PROJECTIONS if kind.has_bias(name)]
    if kind.window is not None or kind.rotary or kind.relative_bias != "none":
        raise Untranslated("attention with windows, rotary positions or a relative bias")
    if 0 < len(biases) < len(PROJECTIONS):
        raise Untranslated("attention with some of its biases")
    if query.rank > 2 or memory.rank > 2:
        raise Untranslated("attention of an image")
    key, value = kind.key_size(query), kind.value_size(query)
    bias = None if biases else False
    loads = f"attention(w, {key}, {value})"
    causal = ", use_causal_mask=True" if kind.causal else ""
    call = f"{{m}}({{0}}, {'{1}' if len(row.xs) > 1 else '{0}'}{causal})"
    if kind.kv_heads is not None and kind.kv_heads != kind.heads:
        if value != key:
            raise Untranslated("attention with kv_heads and a value_dim")
        sizes = arguments(key, kind.heads, kind.kv_heads, use_bias=bias)
        return Said(f"layers.GroupQueryAttention({sizes})", call, loads)
    sizes = arguments(kind.heads, key, value_dim=unless(value, key), use_bias=bias)
    return Said(f"layers.MultiHeadAttention({sizes})", call, loads)


def moe(row: Row) -> Said:
    """A helper function in the file."""
    kind: Any = row.layer.kind
    experts = ", ".join(f"{{{i}}}" for i in range(1, len(row.xs)))
    return Said(call=f"mixture({{0}}, [{experts}], top={kind.top})")


KINDS: dict[str, Callable[[Row], Said]] = {
    "embedding": embedding, "positional_encoding": positional_encoding, "class_token": class_token,
    "rnn": recurrent, "lstm": recurrent, "gru": recurrent, "attention": attention, "moe": moe,
}  # fmt: skip
