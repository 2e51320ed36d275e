"""Layers with random settings and numbers, and what PyTorch makes of them: a function of each kind draws one."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import nn
from torch.func import functional_call
from torch.nn import functional as F
from torch.nn.utils.parametrizations import weight_norm
from torched_layer import Layer, Tensors, case, last, noise, sized, stirred
from torched_recurrent import gru_one_bias, recurrent

Arrays = dict[str, np.ndarray]


class Drawn(NamedTuple):
    """A layer in NumPy's arrays."""

    text: str
    weights: Arrays
    inputs: Arrays
    output: np.ndarray


def array(x: torch.Tensor) -> np.ndarray:
    return x.detach().contiguous().numpy().copy()


def scale(rng: random.Random) -> Layer:
    x, over = sized(rng), rng.choice(["channels", "one", "all"])
    gamma = noise(*{"channels": x.shape[-1:], "one": (1,), "all": x.shape[1:]}[over])
    return case("scale", x, x * gamma, {"gamma": gamma}, over=over)


def bias(rng: random.Random) -> Layer:
    x, over = sized(rng), rng.choice(["channels", "all"])
    learned = noise(*(x.shape[1:] if over == "all" else x.shape[-1:]))
    return case("bias", x, x + learned, {"bias": learned}, over=over)


def rescale(rng: random.Random) -> Layer:
    x = sized(rng)
    numbers = [[round(rng.uniform(-2, 2), 3) for _ in range(x.shape[-1])] for _ in range(2)]
    factor, offset = (each if rng.random() < 0.5 else each[0] for each in numbers)
    return case("rescale", x, x * torch.tensor(factor) + torch.tensor(offset), scale=factor, offset=offset)


def split(rng: random.Random) -> Layer:
    x = sized(rng)
    cuts = sorted(rng.sample(range(1, x.shape[-1]), rng.randint(1, x.shape[-1] - 1)))
    sizes = [b - a for a, b in zip([0, *cuts], [*cuts, x.shape[-1]], strict=True)]
    part = rng.randint(1, len(sizes))
    return case("split", x, x.split(sizes, -1)[part - 1], sizes=sizes, part=part)


def _axis(rng: random.Random, x: torch.Tensor) -> tuple[str, int]:
    names = {3: ["time"], 4: ["height", "width"], 5: ["depth", "height", "width"]}[x.ndim] + ["channels"]
    axis = rng.randrange(len(names))
    return names[axis], axis + 1


def slice(rng: random.Random) -> Layer:
    x = sized(rng)
    name, axis = _axis(rng, x)
    start = rng.randint(1, x.shape[axis])
    stop = rng.randint(start, x.shape[axis])
    return case("slice", x, x.narrow(axis, start - 1, stop - start + 1), axis=name, start=start, stop=stop)


def mean(rng: random.Random) -> Layer:
    x, keepdims = sized(rng), rng.random() < 0.5
    name, axis = _axis(rng, x)
    return case("mean", x, x.mean(axis, keepdim=keepdims), axis=name, keepdims=keepdims)


def sum(rng: random.Random) -> Layer:
    x, keepdims = sized(rng), rng.random() < 0.5
    name, axis = _axis(rng, x)
    return case("sum", x, x.sum(axis, keepdim=keepdims), axis=name, keepdims=keepdims)


def upsample(rng: random.Random) -> Layer:
    x, mode = sized(rng), rng.choice(["nearest", "bilinear"])
    corners = mode == "bilinear" and rng.random() < 0.5
    named = {"nearest": "nearest", "bilinear": {3: "linear", 4: "bilinear", 5: "trilinear"}[x.ndim]}[mode]
    size = [rng.randint(1, 15) for _ in x.shape[2:]]
    wanted: dict[str, Any] = {"align_corners": corners} if mode == "bilinear" else {}
    if rng.random() < 0.3:
        factors = [rng.randint(1, 4) for _ in x.shape[2:]]
        size = [w * f for w, f in zip(x.shape[1:-1], factors, strict=True)]
        fields: dict[str, Any] = {"factor": factors}
    else:
        fields = {"size": size}
    y = F.interpolate(x.movedim(-1, 1), size, mode=named, **wanted)
    return case("upsample", x, last(y), **fields, mode=mode, align_corners=corners)


def conv_weight_norm(rng: random.Random) -> Layer:
    x = sized(rng)
    axes, groups = x.ndim - 2, rng.choice([1, 1, 2])
    kernel, bias = rng.randint(1, 3), rng.random() < 0.5
    filters = groups * rng.randint(1, 4)
    padding = rng.randint((kernel - 1) // 2 + 1, kernel)
    made = getattr(nn, f"Conv{axes}d")(x.shape[-1], filters, kernel, padding=padding, groups=groups, bias=bias)
    weights, y = _normed(stirred(made), x.movedim(-1, 1))
    return case("conv", x, last(y), weights, filters=filters, kernel=kernel, padding=padding, groups=groups,
                bias=bias, weight_norm=True)  # fmt: skip


def dense_weight_norm(rng: random.Random) -> Layer:
    x, bias = sized(rng, 1), rng.random() < 0.5
    made = nn.Linear(x.shape[-1], units := rng.randint(1, 9), bias=bias)
    weights, y = _normed(stirred(made), x)
    return case("dense", x, y, weights, units=units, bias=bias, weight_norm=True)


def _normed(plain: Any, x: torch.Tensor) -> tuple[Tensors, torch.Tensor]:
    """The gain, the kernel ``[..., filters]`` and the bias of a module that is normalised, and what it makes of x."""
    made = weight_norm(plain)
    gain, kernel = made.parametrizations.weight.original0, made.parametrizations.weight.original1
    found = {"gain": 1.5 * gain.flatten() + 0.2, "kernel": kernel.movedim((1, 0), (-2, -1))}
    theirs = {"parametrizations.weight.original0": found["gain"].reshape(gain.shape),
              "parametrizations.weight.original1": found["kernel"].movedim((-2, -1), (1, 0))}  # fmt: skip
    if made.bias is not None:
        found["bias"] = theirs["bias"] = made.bias
    return found, functional_call(made, theirs, (x,))


def conv_lstm(rng: random.Random) -> Layer:
    """Keras 3's ConvLSTM2D, step by step: the state padded so that it keeps its size, the odd zero at the end."""
    steps, channels, filters, bias = rng.randint(1, 4), rng.randint(1, 3), rng.randint(1, 3), rng.random() < 0.7
    kernel, stride, padding = [rng.randint(1, 4), rng.randint(1, 4)], rng.randint(1, 2), rng.choice([0, 1])
    x = noise(rng.randint(1, 2), steps, rng.randint(4, 7), rng.randint(4, 7), channels)
    weights = {
        "kernel": noise(*kernel, channels, 4 * filters),
        "recurrent_kernel": noise(*kernel, filters, 4 * filters),
    }
    if bias:
        weights["bias"] = noise(4 * filters)
    weights = {name: weight / 3 for name, weight in weights.items()}
    ours = {name: weight.movedim((-1, -2), (0, 1)) for name, weight in weights.items() if weight.ndim > 1}
    h = c = None
    ends = [end for k in reversed(kernel) for end in ((k - 1) // 2, k - 1 - (k - 1) // 2)]
    states = []
    for step in range(steps):
        made = F.conv2d(x[:, step].movedim(-1, 1), ours["kernel"], weights.get("bias"), stride=stride, padding=padding)
        if h is not None:
            made = made + F.conv2d(F.pad(h, ends), ours["recurrent_kernel"])
        i, f, g, o = made.chunk(4, 1)
        new = torch.sigmoid(i) * torch.tanh(g)
        c = new if c is None else torch.sigmoid(f) * c + new
        h = torch.sigmoid(o) * torch.tanh(c)
        states.append(last(h))
    sequences = rng.random() < 0.5
    y = torch.stack(states, 1) if sequences else states[-1]
    return case("conv_lstm", x, y, weights, filters=filters, kernel=kernel, stride=stride, padding=padding, bias=bias,
                return_sequences=sequences)  # fmt: skip


def deformable_conv(rng: random.Random) -> Layer:
    """Each element of the window is a sample of the input by ``grid_sample``, whose corners are those of the input."""
    channels, groups, apart = 4, rng.choice([1, 2]), rng.choice([1, 2])
    kernel, stride, padding, dilation = ([rng.randint(1, 3) for _ in range(2)] for _ in range(4))
    padding = [p - 1 for p in padding]
    filters, modulated, bias = groups * rng.randint(1, 3), rng.random() < 0.5, rng.random() < 0.5
    x = noise(rng.randint(1, 2), rng.randint(7, 9), rng.randint(7, 9), channels)
    elements = kernel[0] * kernel[1]
    weights = {
        "offset_kernel": noise(*kernel, channels, apart * (3 if modulated else 2) * elements) / 2,
        "offset_bias": noise(apart * (3 if modulated else 2) * elements),
        "kernel": noise(*kernel, channels // groups, filters),
        **({"bias": noise(filters)} if bias else {}),
    }
    image, (height, width) = x.movedim(-1, 1), x.shape[1:3]
    made = F.conv2d(image, weights["offset_kernel"].movedim((-1, -2), (0, 1)), weights["offset_bias"], stride, padding,
                    dilation)  # fmt: skip
    tall, wide = made.shape[2:]
    offsets = made[:, : 2 * apart * elements].unflatten(1, (apart, elements, 2))
    shares = torch.sigmoid(made[:, 2 * apart * elements :].unflatten(1, (apart, elements))) if modulated else None
    y = torch.zeros(len(x), filters, tall, wide)
    for element in range(elements):
        tap = divmod(element, kernel[1])
        samples = []
        for group, part in enumerate(image.chunk(apart, 1)):
            at = [
                torch.arange(n).reshape(-1, *(1,) * (1 - axis)) * stride[axis]
                - padding[axis]
                + tap[axis] * dilation[axis]
                + offsets[:, group, element, axis]
                for axis, n in enumerate((tall, wide))
            ]
            grid = torch.stack([2 * at[1] / (width - 1) - 1, 2 * at[0] / (height - 1) - 1], -1)
            sample = F.grid_sample(part, grid, padding_mode="zeros", align_corners=True)
            samples.append(sample if shares is None else sample * shares[:, group, element, None])
        own = weights["kernel"][tap[0], tap[1]].T[..., None, None]
        y = y + F.conv2d(torch.cat(samples, 1), own, groups=groups)
    if bias:
        y = y + weights["bias"][:, None, None]
    return case("deformable_conv", x, last(y), weights, filters=filters, kernel=kernel, stride=stride, padding=padding,
                dilation=dilation, groups=groups, bias=bias, modulated=modulated, offset_groups=apart)  # fmt: skip


def class_token(rng: random.Random) -> Layer:
    x = sized(rng, 1)
    token = noise(x.shape[-1])
    return case("class_token", x, torch.cat([token.expand(len(x), 1, -1), x], 1), {"token": token})


def patch_embedding(rng: random.Random) -> Layer:
    """A convolution of which no windows overlap."""
    x, dim, bias = sized(rng), rng.randint(1, 5), rng.random() < 0.5
    patch = [rng.randint(1, size) for size in x.shape[1:-1]]
    weights = {
        "kernel": noise(*patch, x.shape[-1], dim),
        **({"bias": noise(dim)} if (bias := rng.random() < 0.5) else {}),
    }
    conv = {3: F.conv1d, 4: F.conv2d, 5: F.conv3d}[x.ndim]
    kernel = weights["kernel"].movedim((-1, -2), (0, 1)).contiguous()
    y = conv(x.movedim(-1, 1), kernel, weights.get("bias"), stride=patch)
    return case("patch_embedding", x, y.flatten(2).mT, weights, dim=dim, patch=patch, bias=bias)


def positional_encoding(rng: random.Random) -> Layer:
    """A learned table has a row for each position and maybe more; sines and cosines are those of the paper."""
    x = sized(rng)
    sizes = x.shape[1:-1]
    if rng.random() < 0.6:
        length = sizes.numel() + rng.randint(0, 3)
        table = noise(length, x.shape[-1])
        y = x + table[: sizes.numel()].reshape(x.shape[1:])
        return case("positional_encoding", x, y, {"embeddings": table}, style="learned", max_length=length)
    x = noise(*x.shape[:-1], 2 * len(sizes) * rng.randint(1, 2))
    part = x.shape[-1] // len(sizes)
    turns = [torch.outer(torch.arange(size), 10000 ** (-torch.arange(0, part, 2) / part)) for size in sizes]
    waves = [torch.stack([angles.sin(), angles.cos()], -1).flatten(1) for angles in turns]
    places = torch.meshgrid(*(torch.arange(size) for size in sizes), indexing="ij")
    encoded = torch.cat([wave[place] for wave, place in zip(waves, places, strict=True)], -1)
    return case("positional_encoding", x, x + encoded)


def repeat_vector(rng: random.Random) -> Layer:
    x, times = noise(2, rng.randint(1, 9)), rng.randint(1, 5)
    return case("repeat_vector", x, x[:, None].expand(-1, times, -1), times=times)


def select(rng: random.Random) -> Layer:
    x = sized(rng, 1)
    index = rng.randint(1, x.shape[1])
    return case("select", x, x[:, index - 1], index=index)


_ALL = (scale, bias, rescale, split, slice, sum, mean, upsample, conv_weight_norm, dense_weight_norm, recurrent,
        conv_lstm, deformable_conv, gru_one_bias, class_token, patch_embedding, positional_encoding, repeat_vector,
        select)  # fmt: skip

#: What draws a layer, by the kind's name (and what is tried of it).
DRAWERS: dict[str, Callable[[random.Random], Layer]] = {drawer.__name__: drawer for drawer in _ALL}


def layer(name: str, seed: int) -> Layer:
    """A layer of the drawer ``name``; the same for the same seed and type."""
    torch.manual_seed(seed)
    return DRAWERS[name](random.Random(seed))


def drawn(name: str, seed: int) -> Drawn:
    """A layer in arrays."""
    text, weights, inputs, output = layer(name, seed)
    arrays = ({key: array(each) for key, each in group.items()} for group in (weights, inputs))
    return Drawn(text, *arrays, array(output))
