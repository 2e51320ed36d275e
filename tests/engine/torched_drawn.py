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

Arrays = dict[str, np.ndarray]
Tensors = dict[str, torch.Tensor]


class Layer(NamedTuple):
    """A layer called "l" as a spec, its weights as ours, its inputs, and what PyTorch puts out, channels last.

    The tensors have the default type, and gradients.
    """

    text: str
    weights: Tensors
    inputs: Tensors
    output: torch.Tensor


class Drawn(NamedTuple):
    """A layer in NumPy's arrays."""

    text: str
    weights: Arrays
    inputs: Arrays
    output: np.ndarray


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


def array(x: torch.Tensor) -> np.ndarray:
    return x.detach().contiguous().numpy().copy()


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


def recurrent(rng: random.Random) -> Layer:
    """Any of the three, in layers of their own, so that their directions are joined in any way."""
    word = rng.choice(["rnn", "lstm", "gru"])
    layers, both, sequences = rng.randint(1, 3), rng.random() < 0.6, rng.random() < 0.5
    units, bias, given = rng.randint(2, 5), rng.random() < 0.7, rng.random() < 0.5
    size = rng.randint(1, units - 1) if word == "lstm" and rng.random() < 0.5 else 0
    merge = rng.choice(["concat", "sum", "average", "multiply"]) if both else "concat"
    x = sized(rng, 1)
    fields = {"units": units, "layers": layers, "bidirectional": both, "return_sequences": sequences, "bias": bias,
              "biases": 2, "merge": merge}  # fmt: skip
    inputs = {"x": x}
    if size:
        fields["projection"] = size
    if given:
        count = layers * (1 + both)
        for name in ("h", "c")[: 2 if word == "lstm" else 1]:
            numbers = size or units if name == "h" else units
            inputs[name] = noise(len(x), *([count, numbers] if count > 1 else [numbers]))
        fields["initial_state"] = list(inputs)[1:]
        fields["from"] = "x"
    weights, states, end = _recurrent(word, layers, both, bias, units, size, merge, inputs)
    text = spec(word, {name: tuple(each.shape[1:]) for name, each in inputs.items()}, **fields)
    named = {f"l/{name}": weight for name, weight in weights.items()}
    return Layer(text, named, inputs, states if sequences else end)


def _recurrent(word: str, layers: int, both: bool, bias: bool, units: int, size: int, merge: str,
               inputs: dict[str, torch.Tensor]) -> Any:  # fmt: skip
    """The weights, what is put out at every step, and what each direction ends with."""
    x, *states = inputs.values()
    starts = [state.reshape(len(x), layers * (1 + both), -1).movedim(1, 0) for state in states]
    weights: dict[str, torch.Tensor] = {}
    ends = []
    for layer in range(layers):
        make = {"rnn": nn.RNN, "lstm": nn.LSTM, "gru": nn.GRU}[word]
        options = {"proj_size": size} if size else {}
        made = stirred(make(x.shape[-1], units, bias=bias, bidirectional=both, batch_first=True, **options))
        begin = [start[layer * (1 + both) : (layer + 1) * (1 + both)].contiguous() for start in starts]
        state = {0: None, 1: begin[0] if begin else None, 2: tuple(begin)}[len(begin)]
        theirs = {}
        for name, weight in made.named_parameters():
            kind, part, *reverse = name.split("_")
            start = (f"layer{layer + 1}_" if layer else "") + ("backward_" if reverse[1:] else "")
            gates = 1 if part == "hr" else {"rnn": 1, "lstm": 4, "gru": 3}[word]
            own = weights[start + _OURS[kind, part]] = _regated(weight, gates).movedim(0, -1)
            theirs[name] = _regated(own.movedim(-1, 0), gates)
        x, last_states = functional_call(made, theirs, (x, state))
        ends = list(last_states[0] if word == "lstm" else last_states)
        if both:
            x, ends = _joined(merge, list(x.chunk(2, -1))), [_joined(merge, ends)]
    return weights, x, ends[0]


def _regated(weight: torch.Tensor, gates: int) -> torch.Tensor:
    """The gates in our order of those in PyTorch's, or the other way: the first two of a GRU's three change places."""
    parts = weight.chunk(gates)
    return torch.cat([parts[gate] for gate in ([1, 0, 2] if gates == 3 else range(gates))])


_OURS = {
    ("weight", "ih"): "kernel",
    ("weight", "hh"): "recurrent_kernel",
    ("weight", "hr"): "projection_kernel",
    ("bias", "ih"): "bias",
    ("bias", "hh"): "recurrent_bias",
}


def _joined(merge: str, pair: list[torch.Tensor]) -> torch.Tensor:
    first, second = pair
    if merge == "concat":
        return torch.cat(pair, -1)
    return {"sum": first + second, "average": (first + second) / 2, "multiply": first * second}[merge]


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
    x = noise(rng.randint(1, 2), rng.randint(6, 9), rng.randint(6, 9), channels)
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


_ALL = (scale, bias, rescale, split, slice, sum, mean, upsample, conv_weight_norm, dense_weight_norm, recurrent,
        conv_lstm, deformable_conv)  # fmt: skip

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
