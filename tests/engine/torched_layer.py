"""A layer with what PyTorch makes of it, and the random numbers that it needs."""

from __future__ import annotations

import random
from typing import Any, NamedTuple

import torch
from torch import nn

Tensors = dict[str, torch.Tensor]


class Layer(NamedTuple):
    """A layer called "l" as a spec, its weights as ours, its inputs, and what PyTorch puts out, channels last.

    The tensors have the default type, and gradients.
    """

    text: str
    weights: Tensors
    inputs: Tensors
    output: torch.Tensor


def spec(word: str, inputs: dict[str, tuple[int, ...]], **fields: Any) -> str:
    """One layer with its inputs."""
    given = ", ".join(f"{name}: {_flow(value)}" for name, value in {"name": "l", **fields}.items())
    listed = ", ".join(f"{name}: {list(size)}" for name, size in inputs.items())
    return f"input: {{{listed}}}\nlayers:\n  - {word}: {{{given}}}\n"


def _flow(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value).replace("'", "")


def stirred(module: nn.Module) -> nn.Module:
    """Every number of the module made random: PyTorch begins with zeros and ones in some places."""
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.add_(0.2 * torch.randn_like(parameter))
    return module


def noise(*sizes: int) -> torch.Tensor:
    return torch.randn(*sizes, requires_grad=True)


def last(x: torch.Tensor) -> torch.Tensor:
    """``[batch, C, ...]`` as ``[batch, ..., C]``."""
    return x.movedim(1, -1)


def case(word: str, x: torch.Tensor, y: torch.Tensor, weights: dict[str, torch.Tensor] | None = None,
         **fields: Any) -> Layer:  # fmt: skip
    """``x`` and ``y`` are ``[batch, ..., C]``."""
    named = {f"l/{name}": weight for name, weight in (weights or {}).items()}
    return Layer(spec(word, {"x": tuple(x.shape[1:])}, **fields), named, {"x": x}, y)


def sized(rng: random.Random, axes: int | None = None) -> torch.Tensor:
    """Noise ``[batch, ..., C]`` with as many spatial axes (None: 1 to 3)."""
    axes = rng.randint(1, 3) if axes is None else axes
    most = (12, 7, 4)[axes - 1]
    return noise(rng.randint(1, 2), *(rng.randint(2, most) for _ in range(axes)), 2 * rng.randint(1, 3))
