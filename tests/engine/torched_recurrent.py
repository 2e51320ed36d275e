"""Recurrent layers with random settings and numbers, and what PyTorch makes of them."""

from __future__ import annotations

import random
from typing import Any

import torch
from torch import nn
from torch.func import functional_call
from torched_layer import Layer, Tensors, noise, sized, spec, stirred


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


def gru_one_bias(rng: random.Random) -> Layer:
    """r resets the state before the recurrent product (Cho et al. 2014), which nn.GRU cannot: step by step."""
    layers, both, sequences = rng.randint(1, 3), rng.random() < 0.5, rng.random() < 0.5
    units, bias, given = rng.randint(2, 5), rng.random() < 0.7, rng.random() < 0.5
    merge = rng.choice(["concat", "sum", "average", "multiply"]) if both else "concat"
    x = sized(rng, 1)
    fields = {"units": units, "layers": layers, "bidirectional": both, "return_sequences": sequences, "bias": bias,
              "merge": merge}  # fmt: skip
    inputs, count = {"x": x}, layers * (1 + both)
    begin = torch.zeros(len(x), count, units)
    if given:
        inputs["h"] = noise(len(x), *([count, units] if count > 1 else [units]))
        begin = inputs["h"].reshape(len(x), count, units)
        fields |= {"initial_state": ["h"], "from": "x"}
    weights: Tensors = {}
    for number in range(count):
        layer, backward = divmod(number, 1 + both)
        if not backward:
            read, found = x, []
        start = "l/" + (f"layer{layer + 1}_" if layer else "") + ("backward_" if backward else "")
        own = {"kernel": noise(read.shape[-1], 3 * units), "recurrent_kernel": noise(units, 3 * units),
               **({"bias": noise(3 * units)} if bias else {})}  # fmt: skip
        weights |= {start + name: weight for name, weight in own.items()}
        states = _reset_before(read.flip(1) if backward else read, begin[:, number], **own)
        found.append((states.flip(1) if backward else states, states[:, -1]))
        if len(found) == 1 + both:
            x, end = (_joined(merge, list(each)) if both else each[0] for each in zip(*found, strict=True))
    sizes = {name: tuple(each.shape[1:]) for name, each in inputs.items()}
    return Layer(spec("gru", sizes, **fields), weights, inputs, x if sequences else end)


def _reset_before(x: torch.Tensor, h: torch.Tensor, kernel: torch.Tensor, recurrent_kernel: torch.Tensor,
                  bias: torch.Tensor | float = 0.0) -> torch.Tensor:  # fmt: skip
    """The state of every step; gates z, r and the candidate."""
    gates, candidate = recurrent_kernel.split([2 * h.shape[-1], h.shape[-1]], -1)
    states = []
    for step in (x @ kernel + bias).unbind(1):
        of_gates, of_candidate = step.split([2 * h.shape[-1], h.shape[-1]], -1)
        z, r = torch.sigmoid(of_gates + h @ gates).chunk(2, -1)
        h = z * h + (1 - z) * torch.tanh(of_candidate + (r * h) @ candidate)
        states.append(h)
    return torch.stack(states, 1)
