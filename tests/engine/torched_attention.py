"""Attention, mixtures of experts and products of sequences as PyTorch has them, with random settings.

Grouped heads are ``scaled_dot_product_attention(enable_gqa=True)``; rotary positions are products of complex numbers;
windows are pairs of positions of the whole image, each asked whether they share a window; buckets are the published
code of T5; experts are chosen as in Mixtral's published code.
"""

from __future__ import annotations

import math
import random
from typing import Any, NamedTuple

import numpy as np
import torch
import torch.nn.functional as F

Tensors = dict[str, torch.Tensor]


class Case(NamedTuple):
    """A spec with its weights, its inputs and the output of PyTorch: tensors of the default type, with gradients."""

    text: str
    arrays: Tensors
    inputs: Tensors
    output: torch.Tensor


class Arrays(NamedTuple):
    """A case in NumPy's arrays."""

    text: str
    arrays: dict[str, np.ndarray]
    inputs: dict[str, np.ndarray]
    output: np.ndarray


class Drawn:
    """Random settings, and the arrays that they need."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.arrays: Tensors = {}
        torch.manual_seed(seed)

    def weight(self, name: str, *sizes: int) -> torch.Tensor:
        self.arrays[name] = noise(*sizes) * (0.5 if len(sizes) == 1 else sizes[0] ** -0.5)
        return self.arrays[name]

    def flag(self) -> bool:
        return self.random.random() < 0.5


def noise(*sizes: int) -> torch.Tensor:
    return torch.randn(*sizes, requires_grad=True)


def _layer(word: str, fields: dict[str, Any], **inputs: str) -> str:
    def flow(value: Any) -> str:
        if isinstance(value, list):
            return f"[{', '.join(map(flow, value))}]"
        return str(value).lower() if isinstance(value, bool) else str(value)

    listed = ", ".join(f"{key}: {flow(value)}" for key, value in fields.items())
    sizes = ", ".join(f"{name}: {size}" for name, size in inputs.items())
    return f"input: {{{sizes}}}\nlayers:\n  - {word}: {{{listed}}}\n"


def _projections(drawn: Drawn, fields: dict[str, Any], features: int, memory: int) -> dict[str, Any]:
    """Random projections of a layer ``a``, each a function; ``fields`` get the biases that there are."""
    heads, kv_heads = fields["heads"], fields.get("kv_heads", fields["heads"])
    key = fields.get("key_dim", features // heads)
    value = fields.get("value_dim", key)
    sizes = {
        "query": (features, heads * key),
        "key": (memory, kv_heads * key),
        "value": (memory, kv_heads * value),
        "output": (heads * value, features),
    }
    biased = [name for name in sizes if drawn.flag()]
    fields["bias"] = biased
    found = {}
    for name, (rows, columns) in sizes.items():
        kernel = drawn.weight(f"a/{name}_kernel", rows, columns)
        bias = drawn.weight(f"a/{name}_bias", columns) if name in biased else torch.zeros(columns)
        found[name] = lambda x, kernel=kernel, bias=bias: x @ kernel + bias
    return found


def _split(x: torch.Tensor, heads: int) -> torch.Tensor:
    return x.unflatten(-1, (heads, -1)).transpose(-2, -3)


def _attended(
    fields: dict[str, Any], projections: dict[str, Any], x: torch.Tensor, memory: torch.Tensor,
    mask: torch.Tensor | None, turn: Any = None,
) -> torch.Tensor:  # fmt: skip
    """Attention of the positions of ``x`` to those of ``memory``; the mask is added to the scores."""
    heads, kv_heads = fields["heads"], fields.get("kv_heads", fields["heads"])
    q, k, v = (_split(projections[name](each), count) for name, each, count in (
        ("query", x, heads), ("key", memory, kv_heads), ("value", memory, kv_heads)))  # fmt: skip
    if turn:
        q, k = turn(q), turn(k)
    y = F.scaled_dot_product_attention(q, k, v, attn_mask=mask, enable_gqa=True)
    return projections["output"](y.transpose(-2, -3).flatten(-2))


def _complex_turn(x: torch.Tensor, base: float) -> torch.Tensor:
    """Su et al. (2021), equation 13: each pair of columns is a complex number, times e^(i·position·θ)."""
    positions, dim = x.shape[-2:]
    angles = torch.outer(torch.arange(positions).double(), base ** (-torch.arange(0, dim, 2).double() / dim))
    numbers = torch.view_as_complex(x.double().unflatten(-1, (-1, 2)).contiguous())
    return torch.view_as_real(numbers * torch.polar(torch.ones_like(angles), angles)).flatten(-2).to(x.dtype)


def relative_position_bucket(
    relative_position: torch.Tensor, bidirectional: bool = True, num_buckets: int = 32, max_distance: int = 128
) -> torch.Tensor:
    """As published with T5 (google-research/text-to-text-transfer-transformer, and transformers/modeling_t5.py)."""
    relative_buckets = torch.zeros_like(relative_position)
    if bidirectional:
        num_buckets //= 2
        relative_buckets += (relative_position > 0).to(torch.long) * num_buckets
        relative_position = torch.abs(relative_position)
    else:
        relative_position = -torch.min(relative_position, torch.zeros_like(relative_position))
    max_exact = num_buckets // 2
    is_small = relative_position < max_exact
    relative_position_if_large = max_exact + (
        torch.log(relative_position.float() / max_exact)
        / math.log(max_distance / max_exact)
        * (num_buckets - max_exact)
    ).to(torch.long)
    relative_position_if_large = torch.min(
        relative_position_if_large, torch.full_like(relative_position_if_large, num_buckets - 1)
    )
    return relative_buckets + torch.where(is_small, relative_position, relative_position_if_large)


def _added(drawn: Drawn, fields: dict[str, Any], queries: int, positions: int) -> torch.Tensor | None:
    """What is added to the scores of a sequence: relative bias and the causal mask."""
    i, j = torch.arange(queries)[:, None], torch.arange(positions)
    mask = torch.zeros(queries, positions)
    kind = fields.get("relative_bias", "none")
    if kind == "buckets":
        table = drawn.weight("a/relative_bias", fields["buckets"], fields["heads"])
        mask = table[relative_position_bucket(j - i, not fields["causal"], fields["buckets"])].permute(2, 0, 1)
    elif kind == "table":
        table = drawn.weight("a/relative_bias", queries + positions - 1, fields["heads"])
        mask = table[i - j + positions - 1].permute(2, 0, 1)
    if fields["causal"]:
        mask = mask.masked_fill(torch.ones(queries, positions).triu(1).bool(), -math.inf)
    return mask


def sequence(seed: int) -> Case:
    """Attention on a sequence, or from one to another, with all that it may have there."""
    drawn = Drawn(seed)
    kv_heads = drawn.random.choice((1, 2, 3))
    fields: dict[str, Any] = {"name": "a", "heads": kv_heads * drawn.random.choice((1, 2, 3)), "causal": drawn.flag()}
    features = 2 * fields["heads"] * drawn.random.choice((1, 2))
    if drawn.flag():
        fields["key_dim"] = drawn.random.choice((2, 4, 6))
    if drawn.flag():
        fields["kv_heads"] = kv_heads
    if drawn.flag():
        fields["value_dim"] = drawn.random.randint(1, 7)
    fields["rotary"] = drawn.flag()
    fields["relative_bias"] = drawn.random.choice(("none", "table", "buckets"))
    fields["buckets"] = drawn.random.choice((8, 16, 32))
    queries, positions = drawn.random.randint(1, 40), drawn.random.randint(1, 40)
    x = noise(2, queries, features)
    inputs, sizes, memory = {"x": x}, {"x": f"[{queries}, {features}]"}, x
    if drawn.flag():
        memory = noise(2, positions, 5)
        inputs["m"], sizes["m"] = memory, f"[{positions}, 5]"
    fields["from"] = list(inputs)
    projections = _projections(drawn, fields, features, memory.shape[-1])
    mask = _added(drawn, fields, queries, memory.shape[1])
    turn = None
    if fields["rotary"]:
        base = fields["rotary_base"] = drawn.random.choice((10_000, 500_000, 1.5))
        turn = lambda each: _complex_turn(each, base)  # noqa: E731
    y = _attended(fields, projections, x, memory, mask, turn)
    return Case(_layer("attention", fields, **sizes), drawn.arrays, inputs, y)


def image(seed: int) -> Case:
    """Attention within windows of an image, or over all of it: every pair of positions is asked."""
    drawn = Drawn(seed)
    fields: dict[str, Any] = {"name": "a", "heads": drawn.random.choice((1, 2, 3))}
    features = 2 * fields["heads"]
    fields["relative_bias"] = drawn.random.choice(("none", "table"))
    window = drawn.random.choice((0, 1, 2, 3, 4))
    shift = 0
    if window:
        height, width = (window * drawn.random.randint(1, 3) for _ in range(2))
        shift = drawn.random.randrange(window)
        fields |= {"window": window, "shift": shift}
    else:
        height, width = drawn.random.randint(1, 6), drawn.random.randint(1, 6)
    x = noise(2, height, width, features)
    projections = _projections(drawn, fields, features, features)
    spans = [window or height, window or width]
    table = None
    if fields["relative_bias"] == "table":
        table = drawn.weight("a/relative_bias", (2 * spans[0] - 1) * (2 * spans[1] - 1), fields["heads"])
    places = [divmod(n, width) for n in range(height * width)]
    offsets = [[_offset(n, m, (height, width), spans, shift) for m in places] for n in places]
    rows = [[0 if apart is None else _row(apart, spans) for apart in line] for line in offsets]
    added = torch.zeros(1, *[len(places)] * 2) if table is None else table[torch.tensor(rows)].permute(2, 0, 1)
    mask = added.masked_fill(torch.tensor([[apart is None for apart in line] for line in offsets]), -math.inf)
    y = _attended(fields, projections, x.flatten(1, 2), x.flatten(1, 2), mask).unflatten(1, (height, width))
    return Case(_layer("attention", fields, x=f"{height}x{width}x{features}"), drawn.arrays, {"x": x},
                y)  # fmt: skip


def _row(offset: list[int], spans: list[int]) -> int:
    """The row of the table for two positions that are ``offset`` apart."""
    return (offset[0] + spans[0] - 1) * (2 * spans[1] - 1) + offset[1] + spans[1] - 1


def _offset(
    first: tuple[int, int], second: tuple[int, int], sizes: tuple[int, int], spans: list[int], shift: int
) -> list[int] | None:
    """How far apart two positions lie where they see each other. The windows begin ``shift`` further on; those at the
    end go on at the beginning, and what lies on either side of that seam does not see the other.
    """
    apart = []
    for one, other, size, span in zip(first, second, sizes, spans, strict=True):
        moved = shift if size > span else 0
        places = [position - moved for position in (one, other)]
        if places[0] // span != places[1] // span:
            return None
        apart.append(places[0] - places[1])
    return apart


def experts(seed: int) -> Case:
    """A mixture of experts of two dense layers, as Mixtral's published code routes it."""
    drawn = Drawn(seed)
    count = drawn.random.randint(1, 6)
    top = drawn.random.randint(1, count)
    x = noise(2, drawn.random.randint(1, 9), 6)
    weights = F.softmax(x @ drawn.weight("m/router/kernel", 6, count), dim=-1)
    weights, chosen = torch.topk(weights, top, dim=-1)
    weights = weights / weights.sum(dim=-1, keepdim=True)
    y = torch.zeros(*x.shape[:2], 4)
    for number in range(count):
        first = drawn.weight(f"m/{number + 1}/dense1/kernel", 6, 5)
        second, bias = (
            drawn.weight(f"m/{number + 1}/dense2/kernel", 5, 4),
            drawn.weight(f"m/{number + 1}/dense2/bias", 4),
        )
        share = (weights * (chosen == number)).sum(-1, keepdim=True)
        y += share * (F.silu(x @ first) @ second + bias)
    layers = "[dense: {units: 5, bias: false, activation: silu}, dense: 4]"
    text = _layer("moe", {"name": "m", "experts": count, "top": top, "layers": layers}, x=f"[{x.shape[1]}, 6]")
    return Case(text, drawn.arrays, {"x": x}, y)


def product(seed: int) -> Case:
    """The product of two sequences."""
    drawn = Drawn(seed)
    t, f, g = (drawn.random.randint(1, 9) for _ in range(3))
    turned = drawn.flag()
    a, b = noise(2, t, f), noise(2, *((g, f) if turned else (f, g)))
    text = _layer("matmul", {"from": ["a", "b"], "transpose": turned}, a=f"[{t}, {f}]", b=str([*b.shape[1:]]))
    return Case(text, {}, {"a": a, "b": b}, torch.bmm(a, b.mT if turned else b))


def tied(seed: int) -> Case:
    """A dense layer, and the same transposed, with a bias of its own."""
    drawn = Drawn(seed)
    inner = drawn.random.randint(1, 9)
    x = noise(3, 7)
    kernel, bias = drawn.weight("code/kernel", 7, inner), drawn.weight("code/bias", inner)
    own = drawn.flag()
    back = drawn.weight("out/bias", 7) if own else None
    y = torch.sigmoid(F.linear(torch.relu(x @ kernel + bias), kernel, back))
    text = _layer("dense", {"name": "code", "units": inner, "activation": "relu"}, x="7")
    text += f"  - use: {{name: out, layer: code, transposed: true, bias: {str(own).lower()}, activation: sigmoid}}\n"
    return Case(text, drawn.arrays, {"x": x}, y)


MAKERS = {"sequence": sequence, "image": image, "experts": experts, "product": product, "tied": tied}
RECORDED = 8  # of each that are recorded


def made(name: str, seed: int) -> Arrays:
    """The case of the maker ``name`` in arrays."""
    text, *groups, output = MAKERS[name](seed)
    arrays, inputs = ({key: each.detach().numpy().copy() for key, each in group.items()} for group in groups)
    return Arrays(text, arrays, inputs, output.detach().numpy())


def cases(seed: int = 0, count: int = RECORDED) -> dict[str, Arrays]:
    """``count`` cases of each maker by name."""
    return {f"{name}-{n}": made(name, 1000 * seed + n) for name in MAKERS for n in range(count)}
