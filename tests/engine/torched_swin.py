"""Attention in shifted windows as torchvision has it, for machines with torchvision."""

from __future__ import annotations

import random
from typing import NamedTuple

import numpy as np
import torch
from torchvision.models.swin_transformer import ShiftedWindowAttention

Arrays = dict[str, np.ndarray]


class Case(NamedTuple):
    """A spec with its weights, its input and what torchvision puts out."""

    text: str
    arrays: Arrays
    inputs: Arrays
    output: np.ndarray


def attention(seed: int) -> Case:
    """A random ``ShiftedWindowAttention`` on an image that its windows fill."""
    rng = random.Random(seed)
    torch.manual_seed(seed)
    window, heads = rng.choice((2, 3, 4, 7)), rng.choice((1, 2, 3))
    shift, features = rng.randrange(window), 4 * heads
    height, width = (window * rng.randint(1, 3) for _ in range(2))
    module = ShiftedWindowAttention(features, [window] * 2, [shift] * 2, heads)
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.add_(0.3 * torch.randn_like(parameter))
        x = torch.randn(2, height, width, features)
        output = module(x)
    arrays = {"a/relative_bias": module.relative_position_bias_table, "a/output_kernel": module.proj.weight.T,
              "a/output_bias": module.proj.bias}  # fmt: skip
    for name, kernel, bias in zip(
        ("query", "key", "value"), module.qkv.weight.chunk(3), module.qkv.bias.chunk(3), strict=True
    ):
        arrays |= {f"a/{name}_kernel": kernel.T, f"a/{name}_bias": bias}
    fields = f"name: a, heads: {heads}, window: {window}, shift: {shift}, relative_bias: table"
    text = f"input: {{x: {height}x{width}x{features}}}\nlayers: [attention: {{{fields}}}]\n"
    return Case(text, {name: array.detach().numpy().copy() for name, array in arrays.items()}, {"x": x.numpy()},
                output.numpy())  # fmt: skip


def cases() -> dict[str, Case]:
    """Those that are recorded."""
    return {f"swin-{seed}": attention(seed) for seed in range(6)}
