"""Writes tests/facts/signatures.json: the layers that the vocabulary names, as PyTorch and Keras have them.

For each its arguments with their defaults, values for those that must be given, an input, and what the layer that the
framework makes of them has: its learned numbers and the sizes that come out (channels last). Run where both are
installed: ``KERAS_BACKEND=torch python tests/spec/record_signatures.py``.
"""

from __future__ import annotations

import inspect
import json
from pathlib import Path
from typing import Any

from cnncalc.spec import vocabulary
from cnncalc.spec.vocabulary.words import KINDS

FILE = Path(__file__).parents[1] / "facts" / "signatures.json"
REQUIRED = "(must be given)"
CHANNELS = 4
#: Values for arguments that must be given, by their names.
GIVEN: dict[str, Any] = {
    "in_channels": CHANNELS, "out_channels": 6, "kernel_size": 3, "output_size": 2, "groups": 2, "padding": 1,
    "value": 0.5, "num_features": CHANNELS, "num_groups": 2, "num_channels": CHANNELS, "num_embeddings": 10,
    "embedding_dim": 6, "input_size": CHANNELS, "hidden_size": 6, "norm_type": 2, "normalized_shape": CHANNELS,
    "size": 3, "in_features": CHANNELS, "out_features": 6, "embed_dim": CHANNELS, "num_heads": 2, "upscale_factor": 2,
    "downscale_factor": 2, "d_model": CHANNELS, "nhead": 2, "activation": "relu", "rate": 0.5, "filters": 6, "units": 6,
    "input_dim": 10, "output_dim": 6, "key_dim": 2, "dims": [2, 1], "n": 3, "scale": 2.0, "target_shape": [16, 2],
    "pool_size": 2,
}  # fmt: skip
#: Layers that are made of other layers, or whose arguments no layer of ours has: only their names are recorded.
NAMES_ALONE = {"TransformerDecoder", "TransformerEncoder", "Sequential", "Unflatten"}
FEATURES = {"RepeatVector"}
TOKENS = {"Embedding"}
SEQUENCES = {"RNN", "LSTM", "GRU", "SimpleRNN", "MultiheadAttention", "MultiHeadAttention", "TransformerEncoderLayer",
             "TransformerDecoderLayer", "Permute", "Reshape", "LayerNorm", "LayerNormalization", "RMSNorm",
             "RMSNormalization", "Linear", "Dense", "Dropout1d"}  # fmt: skip
TWO = {"Add", "Subtract", "Multiply", "Average", "Maximum", "Concatenate", "TransformerDecoderLayer"}
MORE = {
    "Upsample": {"scale_factor": 2},
    "UpsamplingNearest2d": {"scale_factor": 2},
    "GroupNormalization": {"groups": 2},
}


def size(name: str) -> list[int]:
    """An input of one example for a layer, channels last."""
    if name in TOKENS:
        return [8]
    if name in FEATURES:
        return [CHANNELS]
    axes = 1 if name in SEQUENCES else next((n for n in (1, 2, 3) if f"{n}d" in name.lower()), 2)
    return [8] * axes + [CHANNELS]


def arguments(function: Any) -> dict[str, Any]:
    """The arguments of a function with their defaults."""
    found = list(inspect.signature(function).parameters.values())
    return {one.name: default(one) for one in found if one.kind not in (one.VAR_POSITIONAL, one.VAR_KEYWORD)}


def default(argument: inspect.Parameter) -> Any:
    value = argument.default
    if value is inspect.Parameter.empty:
        return REQUIRED
    return value if isinstance(value, int | float | str | list | tuple | None) else f"({type(value).__name__})"


def layer(name: str, named: dict[str, Any], measure: Any) -> dict[str, Any]:
    """What is recorded of a layer with the arguments ``named``; ``measure`` counts its numbers and runs it."""
    found: dict[str, Any] = {"arguments": named}
    if name not in NAMES_ALONE:
        given = {key: GIVEN[key] for key, value in named.items() if value == REQUIRED} | MORE.get(name, {})
        params, output = measure(name, given, size(name))
        found |= {
            "given": given,
            "input": size(name),
            "operands": 1 + (name in TWO),
            "params": params,
            "output": output,
        }
    return found


def of_pytorch(name: str) -> dict[str, Any]:
    """The arguments of a module; recurrent ones have (*args, **kwargs) and pass them on."""
    from torch import nn

    named = arguments(getattr(nn, name))
    if name in ("RNN", "LSTM", "GRU"):
        named = arguments(nn.RNNBase)
        places = [key for key in named if key != "mode" and (name == "LSTM" or key != "proj_size")]
        places[3:3] = ["nonlinearity"] if name == "RNN" else []
        named = {key: named.get(key, "tanh") for key in places}
    return layer(name, named, in_pytorch)


def in_pytorch(name: str, given: dict[str, Any], sizes: list[int]) -> tuple[int, list[int]]:
    import torch

    module = getattr(torch.nn, name)(**given)
    params = sum(weight.numel() for weight in module.parameters())
    if name in TOKENS:
        return params, list(module(torch.zeros(1, *sizes, dtype=torch.int64)).shape[1:])
    last = name in SEQUENCES - {"Dropout1d"}
    x = torch.zeros(1, *(sizes if last else [sizes[-1], *sizes[:-1]]))
    if not last or name in ("Linear", "LayerNorm", "RMSNorm"):
        shape = list(module(x).shape[1:])
    else:  # time first, unless batch_first
        xs = (x.transpose(0, 1),) * (3 if name == "MultiheadAttention" else 1 + (name in TWO))
        y = module(*xs)
        shape = list((y[0] if isinstance(y, tuple) else y).shape)
        shape = [shape[0], shape[2]]
    return params, shape if last or name == "Flatten" else [*shape[1:], shape[0]]


def of_keras(name: str) -> dict[str, Any]:
    import keras

    named = arguments(getattr(keras.layers, name).__init__)
    return layer(name, {key: value for key, value in named.items() if key != "self"}, in_keras)


def in_keras(name: str, given: dict[str, Any], sizes: list[int]) -> tuple[int, list[int]]:
    import keras

    x = keras.Input(sizes)
    made = getattr(keras.layers, name)(**given)
    y = made([x, x]) if name in TWO else made(x, x) if name == "MultiHeadAttention" else made(x)
    return made.count_params(), list(y.shape[1:])


def main() -> None:
    import keras
    import torch

    known = {w: sorted({n for kind in KINDS for n in vocabulary.names(kind)[w]}) for w in ("pytorch", "keras")}
    found = {
        f"PyTorch {torch.__version__.partition('+')[0]}": {name: of_pytorch(name) for name in known["pytorch"]},
        f"Keras {keras.__version__}": {name: of_keras(name) for name in known["keras"] if hasattr(keras.layers, name)},
    }
    parts = []
    for whose, layers in found.items():
        lines = ",\n".join(f"  {json.dumps(name)}: {json.dumps(data)}" for name, data in layers.items())
        parts.append(f" {json.dumps(whose)}: {{\n{lines}\n }}")
    FILE.write_text("{\n" + ",\n".join(parts) + "\n}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
