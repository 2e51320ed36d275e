"""Attention: queries, keys and values, then for each head the scores, their softmax row by row, and the mixture."""

from __future__ import annotations

from collections.abc import Generator, Iterator

import numpy as np

from cnncalc.engine.arrays import Array, Weights
from cnncalc.engine.kernels import Formula, Shown, by_hand
from cnncalc.engine.kernels.activation import softmax
from cnncalc.engine.kernels.window import shape_of
from cnncalc.engine.relative import Relative, turned
from cnncalc.engine.working import activation
from cnncalc.kinds.attention import Attention

_POSITIONS = 6  # most positions in the row of a softmax that is written out


@by_hand(Attention)
def attention_by_hand(kind: Attention, weights: Weights, query: Array, memory: Array | None = None) -> Iterator[Shown]:
    """For a sequence, or an image as a sequence of its positions; an image in windows is not shown step by step."""
    read = query if memory is None else memory
    if kind.window is not None:
        return
    x, other = (each[0].reshape(-1, each.shape[-1]) for each in (query, read))
    letter = "X" if memory is None else "memory"
    made = []
    for name, source, called in (("query", x, "X"), ("key", other, letter), ("value", other, letter)):
        product = source @ weights[f"{name}_kernel"]
        bias = weights.get(f"{name}_bias")
        made.append(product if bias is None else product + bias)
        initial = name[0].upper()
        yield Shown(initial, f"{called}·W_{initial}" + (f" + b_{initial}" if bias is not None else ""), made[-1])
    relative = Relative(kind, weights, shape_of(query), shape_of(read))
    heads: list[Array] = []
    for head in range(kind.heads):
        steps = _head(kind, head, made, relative)
        heads.append((yield from steps))
    mixed = np.concatenate(heads, axis=-1)
    if kind.heads > 1:
        yield Shown("H", f"head_1 to head_{kind.heads} side by side", mixed)
    y, bias = mixed @ weights["output_kernel"], weights.get("output_bias")
    name = "H" if kind.heads > 1 else "head_1"
    yield Shown("y", f"{name}·W_O", y) if bias is None else Shown("y", f"{name}·W_O + b_O", y + bias)


def _head(kind: Attention, head: int, made: list[Array], relative: Relative) -> Generator[Shown, None, Array]:
    """Yield the steps of one head; return its mixture ``[T, value_dim]``."""
    shared = kind.heads if kind.kv_heads is None else kind.kv_heads
    counts = (kind.heads, shared, shared)
    own = [head, head * shared // kind.heads, head * shared // kind.heads]
    q, k, v = (np.split(each, count, axis=-1)[place] for each, count, place in zip(made, counts, own, strict=True))
    n, group = head + 1, f"head {head + 1}" if kind.heads > 1 else ""
    if kind.rotary:
        q, k = turned(q, kind.rotary_base), turned(k, kind.rotary_base)
    if kind.heads > 1 or kind.rotary:
        said = ", turned by position" if kind.rotary else ""
        for letter, part, place, turns in zip("QKV", (q, k, v), own, (said, said, ""), strict=True):
            yield Shown(f"{letter}_{n}", f"its columns of {letter} (head {place + 1}){turns}", part, (), group)
    d = q.shape[-1]
    scores = q @ k.T * q.dtype.type(d**-0.5)
    yield Shown(f"S_{n}", f"Q_{n}·K_{n}ᵀ/√{d}" if kind.heads > 1 else f"Q·Kᵀ/√{d}", scores, _products(q, k), group)
    if relative:
        scores = scores + relative.of(head).rows(slice(0, len(q)))
        yield Shown(f"S_{n}", f"S_{n} + the bias of each distance", scores, (), group)
    if kind.causal:
        scores = np.where(np.tri(*scores.shape) > 0, scores, -np.inf)
        yield Shown(f"S_{n}", f"S_{n} with −∞ where a position comes later", scores, (), group)
    shares = softmax(kind, {}, scores)
    few = scores.shape[1] <= _POSITIONS
    quotients = tuple(activation.softmax(row, i) for row in scores for i in range(len(row) * few))
    yield Shown(f"A_{n}", f"softmax of each row of S_{n}", shares, quotients, group)
    value = f"V_{n}" if kind.heads > 1 else "V"
    yield Shown(f"head_{n}", f"A_{n}·{value}", shares @ v, (), group)
    return shares @ v


def _products(q: Array, k: Array) -> tuple[Formula, ...]:
    """Each score written out, if queries and keys are short."""
    d = q.shape[-1]
    if d > _POSITIONS or len(k) > _POSITIONS:
        return ()
    text = f"({' + '.join(['{}·{}'] * d)})/√{d}"
    return tuple(Formula(text, tuple(n for pair in zip(a, b, strict=True) for n in pair)) for a in q for b in k)
