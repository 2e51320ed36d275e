"""Attention in shifted windows as torchvision has it, for machines with torchvision."""

from __future__ import annotations

import random
from typing import NamedTuple

import numpy as np
import torch
from torchvision.models.swin_transformer import PatchMerging, ShiftedWindowAttention, swin_t

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
    arrays = _attention("a", module)
    fields = f"name: a, heads: {heads}, window: {window}, shift: {shift}, relative_bias: table"
    text = f"input: {{x: {height}x{width}x{features}}}\nlayers: [attention: {{{fields}}}]\n"
    return Case(text, {name: array.detach().numpy().copy() for name, array in arrays.items()}, {"x": x.numpy()},
                output.numpy())  # fmt: skip


def cases() -> dict[str, Case]:
    """Those that are recorded."""
    return {f"swin-{seed}": attention(seed) for seed in range(6)}


def whole(text: str, seed: int = 0) -> Case:
    """Swin-T with random weights, laid out for the spec ``text`` (specs/swin-t.yaml)."""
    torch.manual_seed(seed)
    model = swin_t(weights=None).eval()
    with torch.no_grad():
        x = torch.randn(1, 3, 224, 224)
        output = model(x)
    arrays: dict[str, torch.Tensor] = {}
    patches, _, norm = model.features[0]
    arrays |= {"patches/kernel": patches.weight.permute(2, 3, 1, 0), "patches/bias": patches.bias}
    arrays |= _norm("layernorm1", norm) | _norm("layernorm2", model.norm) | _linear("head", model.head)
    for stage in range(4):
        for number, block in enumerate(model.features[2 * stage + 1]):
            place = f"stage{stage + 1}" + (f"/{number // 2 + 1}/use1" if stage == 2 else "") + f"/use{number % 2 + 1}"
            first, second = f"{place}/residual1", f"{place}/residual2"
            arrays |= _norm(f"{first}/layernorm1", block.norm1) | _attention(f"{first}/attention1", block.attn)
            arrays |= _norm(f"{second}/layernorm1", block.norm2)
            arrays |= _linear(f"{second}/dense1", block.mlp[0]) | _linear(f"{second}/dense2", block.mlp[3])
        if stage < 3:
            arrays |= _merging(f"merging{stage + 1}", model.features[2 * stage + 2])
    inputs = {"input": x.permute(0, 2, 3, 1).numpy()}
    return Case(text, {name: array.detach().numpy().copy() for name, array in arrays.items()}, inputs, output.numpy())


def _attention(place: str, module: ShiftedWindowAttention) -> dict[str, torch.Tensor]:
    found = {f"{place}/relative_bias": module.relative_position_bias_table} | {
        f"{place}/output_{name}": array
        for name, array in (("kernel", module.proj.weight.T), ("bias", module.proj.bias))
    }
    for name, kernel, bias in zip(
        ("query", "key", "value"), module.qkv.weight.chunk(3), module.qkv.bias.chunk(3), strict=True
    ):
        found |= {f"{place}/{name}_kernel": kernel.T, f"{place}/{name}_bias": bias}
    return found


def _norm(name: str, module: torch.nn.LayerNorm) -> dict[str, torch.Tensor]:
    return {f"{name}/gamma": module.weight, f"{name}/beta": module.bias}


def _linear(name: str, module: torch.nn.Linear) -> dict[str, torch.Tensor]:
    bias = {} if module.bias is None else {f"{name}/bias": module.bias}
    return {f"{name}/kernel": module.weight.T, **bias}


def _merging(name: str, module: PatchMerging) -> dict[str, torch.Tensor]:
    """Pixels (i, j) of a patch are its part i + 2j there; here each channel has its four side by side."""
    order = torch.arange(len(module.norm.weight)).reshape(2, 2, -1).permute(2, 1, 0).flatten()
    found = _norm(f"{name}/layernorm1", module.norm) | _linear(f"{name}/dense1", module.reduction)
    return {key: array[order] for key, array in found.items()}
