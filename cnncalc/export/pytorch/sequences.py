"""Tokens, positions, recurrent layers, attention and mixtures of experts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cnncalc.export.code.said import Said, arguments, unless
from cnncalc.export.missing import Untranslated
from cnncalc.export.pytorch.said import axis
from cnncalc.kinds.attention import PROJECTIONS
from cnncalc.summary.rows import Row


def embedding(row: Row) -> Said:
    """nn.Embedding."""
    kind: Any = row.layer.kind
    return Said(f"nn.Embedding({kind.vocab}, {kind.dim})", "{m}({0}.long())", "embedding(w)")


def positional_encoding(row: Row) -> Said:
    """A helper module in the file."""
    kind: Any = row.layer.kind
    shape = row.output
    if kind.style == "learned":
        (length, features) = row.layer.kind.weights(*row.xs)["embeddings"]
        return Said(f"LearnedPositions({length}, {features})", loads="positions(w)")
    return Said(f"SinusoidalPositions({tuple(shape.spatial)}, {shape.channels})")


def class_token(row: Row) -> Said:
    """A helper module in the file."""
    return Said(f"ClassToken({row.output.channels})", loads="token(w)")


def recurrent(row: Row) -> Said:
    """nn.RNN, nn.LSTM, nn.GRU; a GRU that resets before its product is a helper module in the file."""
    kind: Any = row.layer.kind
    if kind.merge != "concat" and kind.layers > 1:
        raise Untranslated(f"{row.kind} of several layers whose directions are joined by {kind.merge}")
    if row.kind == "gru" and not kind.resets_after:
        return _textbook(row)
    settings = arguments(
        row.xs[0].channels, kind.units, num_layers=unless(kind.layers, 1), bias=None if kind.bias else False,
        batch_first=True, bidirectional=kind.bidirectional or None, proj_size=kind.projection,
    )  # fmt: skip
    states = [_state(row, number) for number in range(1, len(row.xs))]
    given = "" if not states else f", {states[0]}" if len(states) == 1 else f", ({', '.join(states)})"
    whole = f"{{m}}({{0}}{given})"
    if kind.return_sequences:
        call = f"{whole}[0]"
    else:
        ended = f"{whole}[1][0]" if row.kind == "lstm" else f"{whole}[1]"
        call = f"{ended}[-2:].transpose(0, 1).flatten(1)" if kind.bidirectional else f"{ended}[-1]"
    gates = len(kind.gates)
    order = {"gru": ", (1, 0, 2)"}.get(row.kind, f", {tuple(range(gates))}")
    return Said(f"nn.{row.kind.upper()}({settings})", _joined(kind, call), f"recurrent(w{order})")


def _joined(kind: Any, call: str) -> str:
    """The two directions, which PyTorch puts side by side, joined in another way."""
    if kind.merge == "concat":
        return call
    join = {"sum": "sum(-2)", "average": "mean(-2)", "multiply": "prod(-2)"}[kind.merge]
    return f"{call}.unflatten(-1, (2, -1)).{join}"


def _state(row: Row, number: int) -> str:
    """An initial state in PyTorch's form, ``[layers · directions, N, h]``."""
    return f"{{{number}}}.unsqueeze(0)" if row.xs[number].rank == 1 else f"{{{number}}}.transpose(0, 1).contiguous()"


def _textbook(row: Row) -> Said:
    kind: Any = row.layer.kind
    if kind.layers > 1 or kind.bidirectional:
        raise Untranslated("gru with one bias of several layers or in two directions")
    settings = arguments(row.xs[0].channels, kind.units, bias=None if kind.bias else False)
    state = ", {1}" if len(row.xs) > 1 else ""
    call = f"{{m}}({{0}}{state})"
    return Said(f"TextbookGRU({settings})", call if kind.return_sequences else f"{call}[:, -1]", "textbook_gru(w)")


def attention(row: Row) -> Said:
    """A helper module in the file."""
    kind: Any = row.layer.kind
    query, memory = row.xs[0], row.xs[-1]
    bias = [name for name in PROJECTIONS if kind.has_bias(name)]
    settings = {
        "kv_heads": kind.kv_heads, "value_dim": kind.value_dim,
        "memory": unless(memory.channels, query.channels),
        "bias": None if len(bias) == len(PROJECTIONS) else tuple(bias) if bias else (),
        "causal": kind.causal or None, "rotary": kind.rotary or None,
        "base": unless(kind.rotary_base, 10_000.0),
    }  # fmt: skip
    key = kind.key_size(query)
    words = [arguments(query.channels, kind.heads, key)]
    words += [f"{name}={value!r}" for name, value in settings.items() if value is not None]
    loads = "attention(w)"
    if kind.relative_bias != "none":
        places = [tuple(kind.seen(x)) for x in (query, memory)]
        rest = f", buckets={kind.buckets}, both={not kind.causal}" if kind.relative_bias == "buckets" else ""
        words.append(f"relative=RelativeBias({kind.heads}, {places[0]}, {places[1]}{rest})")
    module = f"Attention({', '.join(words)})"
    if query.rank < 3 and memory.rank < 3:
        return Said(module, "{m}({0}, {1})" if len(row.xs) > 1 else "{m}({0})", loads)
    if kind.window is not None:
        shift = tuple(kind.shift if size > kind.window else 0 for size in query.spatial)
        module = f"WindowAttention({module}, {kind.window}, {shift})"
        return Said(module, loads="window_attention(w)")
    xs = [f"{{{i}}}" + (".flatten(2).transpose(1, 2)" if x.rank > 2 else "") for i, x in enumerate(row.xs)]
    call = f"{{m}}({', '.join(xs)})"
    back = f".transpose(1, 2).unflatten(2, {tuple(query.spatial)})" if query.rank > 2 else ""
    return Said(module, call + back, loads)


def moe(row: Row) -> Said:
    """A helper function in the file."""
    kind: Any = row.layer.kind
    experts = ", ".join(f"{{{i}}}" for i in range(1, len(row.xs)))
    return Said(call=f"mixture({{0}}, [{experts}], top={kind.top}, dim={axis(row.output)})")


KINDS: dict[str, Callable[[Row], Said]] = {
    "embedding": embedding, "positional_encoding": positional_encoding, "class_token": class_token,
    "rnn": recurrent, "lstm": recurrent, "gru": recurrent, "attention": attention, "moe": moe,
}  # fmt: skip
