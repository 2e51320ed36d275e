"""PyTorch's modules and the same layers as specs, with the weights of one named and laid out as the other has them."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import nn

from cnncalc import parse

Arrays = dict[str, np.ndarray]

#: Where PyTorch's gates (r z n of a GRU) stand among ours (z r h).
_GATES = {"rnn": [0], "lstm": [0, 1, 2, 3], "gru": [1, 0, 2]}


def spec(layers: str, **inputs: str) -> str:
    listed = ", ".join(f"{name}: {size}" for name, size in inputs.items())
    return f"input: {{{listed}}}\nlayers:\n  - {layers}\n"


def _array(tensor: torch.Tensor) -> np.ndarray:
    return tensor.detach().numpy().copy()


def _linear(name: str, weight: torch.Tensor, bias: torch.Tensor | None) -> Arrays:
    found = {f"{name}kernel": _array(weight).T}
    return found if bias is None else found | {f"{name}bias": _array(bias)}


def recurrent(kind: str, module: Any, name: str) -> Arrays:
    """The arrays of nn.RNN, nn.LSTM or nn.GRU."""
    gates, found = _GATES[kind], {}
    for layer in range(module.num_layers):
        for direction in ("", "_reverse")[: 1 + module.bidirectional]:
            start = f"{name}/" + (f"layer{layer + 1}_" if layer else "") + ("backward_" if direction else "")
            for theirs, ours in (("weight_ih", "kernel"), ("weight_hh", "recurrent_kernel"),
                                 ("bias_ih", "bias"), ("bias_hh", "recurrent_bias")):  # fmt: skip
                tensor = getattr(module, f"{theirs}_l{layer}{direction}", None)
                if tensor is not None:
                    parts = _array(tensor).reshape(len(gates), module.hidden_size, -1)[gates]
                    array = parts.reshape(-1, parts.shape[-1])
                    found[start + ours] = array.T if "kernel" in ours else array[:, 0]
    return found


def attention(module: nn.MultiheadAttention, name: str) -> Arrays:
    """The arrays of nn.MultiheadAttention."""
    if module.in_proj_weight is not None:
        weights = module.in_proj_weight.chunk(3)
    else:
        weights = (module.q_proj_weight, module.k_proj_weight, module.v_proj_weight)
    biases = (None,) * 3 if module.in_proj_bias is None else module.in_proj_bias.chunk(3)
    found = _linear(f"{name}/output_", module.out_proj.weight, module.out_proj.bias)
    for part, weight, bias in zip(("query", "key", "value"), weights, biases, strict=True):
        found |= _linear(f"{name}/{part}_", weight, bias)
    return found


def transformer(module: Any, name: str) -> Arrays:
    """The arrays of nn.TransformerEncoderLayer or nn.TransformerDecoderLayer, or of a stack of them."""
    if hasattr(module, "layers"):
        found = {}
        for number, layer in enumerate(module.layers, 1):
            found |= transformer(layer, f"{name}/{number}")
        return found
    found = attention(module.self_attn, f"{name}/attention1")
    if hasattr(module, "multihead_attn"):
        found |= attention(module.multihead_attn, f"{name}/attention2")
    for number in (1, 2):
        linear = getattr(module, f"linear{number}")
        found |= _linear(f"{name}/dense{number}/", linear.weight, linear.bias)
    for number in (1, 2, 3):
        norm = getattr(module, f"norm{number}", None)
        if norm is not None:
            found[f"{name}/layernorm{number}/gamma"] = _array(norm.weight)
            if norm.bias is not None:
                found[f"{name}/layernorm{number}/beta"] = _array(norm.bias)
    return found


def stir(module: nn.Module) -> nn.Module:
    """Every number of the module made random: PyTorch begins with zeros and ones in some places."""
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.add_(0.2 * torch.randn_like(parameter))
    return module.eval()


class Case:
    """A module, its spec, its weights as ours, its inputs and what PyTorch puts out."""

    def __init__(self, text: str, arrays: Arrays, inputs: Arrays, output: torch.Tensor) -> None:
        self.text, self.arrays, self.inputs, self.output = text, arrays, inputs, _array(output)

    def run(self) -> np.ndarray:
        model = parse(self.text).build(self.arrays)
        return model(**self.inputs)


def _random(*sizes: int) -> tuple[torch.Tensor, np.ndarray]:
    tensor = torch.randn(*sizes)
    return tensor, tensor.numpy().copy()


def _recurrent_case(kind: str, sequences: bool, both: bool, layers: int, bias: bool) -> Case:
    module = {"rnn": nn.RNN, "lstm": nn.LSTM, "gru": nn.GRU}[kind](
        5, 4, num_layers=layers, bias=bias, bidirectional=both, batch_first=True
    )
    stir(module)
    x, given = _random(3, 7, 5)
    states, last = module(x)
    last = last[0] if isinstance(last, tuple) else last
    output = states if sequences else torch.cat([*last[-(1 + both) :]], dim=-1)
    fields = f"units: 4, layers: {layers}, biases: 2"
    for name, value in (("return_sequences", sequences), ("bidirectional", both), ("bias", bias)):
        fields += f", {name}: {str(value).lower()}"
    return Case(spec(f"{kind}: {{name: r, {fields}}}", x="7x5"), recurrent(kind, module, "r"), {"x": given}, output)


def _attention_case(causal: bool, cross: bool, bias: bool) -> Case:
    module = nn.MultiheadAttention(
        12, 3, bias=bias, batch_first=True, kdim=8 if cross else None, vdim=8 if cross else None
    )
    stir(module)
    x, given = _random(2, 5, 12)
    inputs, memory = {"x": given}, x
    if cross:
        memory, inputs["m"] = _random(2, 7, 8)
    mask = torch.ones(5, memory.shape[1]).triu(1).bool() if causal else None
    output, _ = module(x, memory, memory, attn_mask=mask)
    fields = f"heads: 3, bias: {str(bias).lower()}, causal: {str(causal).lower()}, from: {'[x, m]' if cross else 'x'}"
    sizes = {"x": "5x12", **({"m": "7x8"} if cross else {})}
    return Case(spec(f"attention: {{name: a, {fields}}}", **sizes), attention(module, "a"), inputs, output)


def _transformer_case(decoder: bool, layers: int, pre: bool, activation: str, bias: bool) -> Case:
    made = (nn.TransformerDecoderLayer if decoder else nn.TransformerEncoderLayer)(
        12, 3, 20, activation=activation, batch_first=True, norm_first=pre, bias=bias
    )
    if layers > 1:
        made = (
            nn.TransformerDecoder(made, layers)
            if decoder
            else nn.TransformerEncoder(made, layers, enable_nested_tensor=False)
        )
    stir(made)
    x, given = _random(2, 5, 12)
    inputs, sizes = {"x": given}, {"x": "5x12"}
    if decoder:
        memory, inputs["m"] = _random(2, 7, 12)
        sizes["m"] = "7x12"
        output = made(x, memory, tgt_mask=nn.Transformer.generate_square_subsequent_mask(5))
    else:
        output = made(x)
    fields = f"heads: 3, ff: 20, layers: {layers}, norm: {'pre' if pre else 'post'}, activation: {activation}"
    fields += f", bias: {str(bias).lower()}, from: {'[x, m]' if decoder else 'x'}"
    word = "transformer_decoder" if decoder else "transformer_encoder"
    return Case(spec(f"{word}: {{name: t, {fields}}}", **sizes), transformer(made, "t"), inputs, output)


def _layernorm_case() -> Case:
    module = stir(nn.LayerNorm(6))
    x, given = _random(2, 4, 6)
    arrays = {"n/gamma": _array(module.weight), "n/beta": _array(module.bias)}
    return Case(spec("layernorm: {name: n}", x="4x6"), arrays, {"x": given}, module(x))


def _embedding_case() -> Case:
    module = stir(nn.Embedding(11, 3))
    ids = torch.randint(0, 11, (2, 6))
    text = spec("embedding: {name: e, vocab: 11, dim: 3}", x="6")
    return Case(text, {"e/embeddings": _array(module.weight)}, {"x": ids.numpy()}, module(ids))


def cases(seed: int = 0) -> dict[str, Case]:
    """Every case by its name; the same numbers for the same seed."""
    torch.manual_seed(seed)
    found = {"layernorm": _layernorm_case(), "embedding": _embedding_case()}
    for kind in _GATES:
        for sequences, both, layers, bias in (
            (False, False, 1, True), (True, False, 1, True), (False, True, 2, True), (True, True, 2, True),
            (True, False, 3, False),
        ):  # fmt: skip
            name = f"{kind}-{layers}{'-both' if both else ''}{'-all' if sequences else ''}{'' if bias else '-no-bias'}"
            found[name] = _recurrent_case(kind, sequences, both, layers, bias)
    for causal, cross, bias in ((False, False, True), (True, False, True), (False, True, True), (False, False, False)):
        name = f"attention{'-causal' if causal else ''}{'-cross' if cross else ''}{'' if bias else '-no-bias'}"
        found[name] = _attention_case(causal, cross, bias)
    for decoder in (False, True):
        for layers, pre, activation, bias in (
            (1, False, "relu", True), (1, True, "gelu", True), (2, False, "gelu", True), (1, True, "relu", False),
        ):  # fmt: skip
            name = f"{'decoder' if decoder else 'encoder'}-{layers}-{'pre' if pre else 'post'}-{activation}"
            found[name + ("" if bias else "-no-bias")] = _transformer_case(decoder, layers, pre, activation, bias)
    return found
