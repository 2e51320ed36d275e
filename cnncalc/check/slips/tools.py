"""How other tools count multiply-accumulates: each tool's rules where they differ from ours, read in its source.

They count what their hooks see. Some take the biases too, some normalisations and activations, some count a recurrent
layer's gates number by number, and what has no hook is nothing. Layers are taken as PyTorch's own modules
(``nn.MultiheadAttention``); a network that writes them out is counted by what it is written in.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from cnncalc.errors import UsageError, nearest
from cnncalc.kinds.base.activated import Activated
from cnncalc.kinds.base.weights import count, is_bias, is_moving
from cnncalc.symbolic.arithmetic import product
from cnncalc.symbolic.expr import Number

if TYPE_CHECKING:
    from cnncalc.summary.rows import Row, Summary

#: The multiply-accumulates of a row as a tool counts them.
Rule = Callable[["Row"], Number]

CONVS = ("conv", "depthwise_conv", "separable_conv", "patch_embedding", "deformable_conv")
RECURRENT = ("rnn", "lstm", "gru")
NORMS = ("layernorm", "groupnorm", "instancenorm")
POOLS = ("maxpool", "avgpool", "global_maxpool", "global_avgpool", "adaptive_maxpool", "adaptive_avgpool")


class Tool(NamedTuple):
    """What a tool counts, in words that follow its name; its source; its rules by kind, and for the rest.

    ``functions`` are the activation functions that it counts, one for each number. ``single``: it adds in single
    precision.
    """

    said: str
    source: str
    rules: Mapping[str, Rule]
    rest: Rule
    functions: tuple[str, ...] = ()
    single: bool = False


def _macs(row: Row) -> Number:
    return row.macs


def _none(row: Row) -> Number:
    return 0


def _inputs(row: Row) -> Number:
    return product(row.xs[0].sizes)


def _learned(row: Row) -> Number:
    """Parameters, at each use of the layer: weights and biases without moving statistics."""
    weights = row.layer.kind.weights(*row.xs)
    return count({name: sizes for name, sizes in weights.items() if not is_moving(name)})


def _biases(row: Row) -> Number:
    return count({name: sizes for name, sizes in row.layer.kind.weights(*row.xs).items() if is_bias(name)})


def _places(row: Row) -> Number:
    return product(row.output.spatial)


def _affine(row: Row) -> bool:
    return bool(row.layer.kind.weights(*row.xs).keys() & {"gamma", "beta"})


def _each(plain: int, affine: int) -> Rule:
    """So many for each number of a normalisation, without and with learned factors."""
    return lambda row: _inputs(row) * (affine if _affine(row) else plain)


def _mixing(linear: int, bilinear: int) -> Rule:
    """So many for each number that is put out by an upsampling that mixes."""

    def rule(row: Row) -> Number:
        factor = 1 if vars(row.layer.kind)["mode"] == "nearest" else bilinear if len(row.xs[0].spatial) > 1 else linear
        return row.activations * factor

    return rule


def _on_outputs(row: Row) -> Number:
    """A transposed convolution counted on its output positions."""
    return _places(row) * product(row.layer.kind.weights(*row.xs)["kernel"])


def _gates(rnn: int, lstm: int, gru: int, *, both_biases: bool) -> Rule:
    """A recurrent layer: at each step its products, its biases (``both_biases``: two of each gate whatever it has), and
    so many operations more for each unit.
    """
    more = {"rnn": rnn, "lstm": lstm, "gru": gru}

    def rule(row: Row) -> Number:
        recurrent: Any = row.layer.kind
        kind, gates = vars(recurrent), len(recurrent.gates)
        directions = kind["layers"] * (2 if kind["bidirectional"] else 1)
        biases = 2 * gates * kind["units"] * directions if both_biases and kind["bias"] else 0
        return row.macs + row.xs[0].spatial[0] * (biases + more[row.kind] * kind["units"] * directions)

    return rule


def _adaptive(row: Row) -> Number:
    """A mean over windows: the window and one division for each output."""
    window = product(row.xs[0].spatial) // _places(row)
    return (window + 1) * row.activations


def _softmax(row: Row) -> Number:
    features = row.output.channels
    return row.activations // features * (3 * features - 1)


def _all(words: tuple[str, ...], rule: Rule) -> dict[str, Rule]:
    return dict.fromkeys(words, rule)


def _attention(row: Row) -> Number:
    """The products, a scaling of the queries, a softmax in each head, and the biases; the last one always counts."""
    queries, features = row.xs[0].sizes
    memory = row.xs[-1].spatial[0]
    heads = vars(row.layer.kind)["heads"]
    biases = (queries + 2 * memory) * features if _biases(row) else 0
    return row.macs + 2 * queries * features + heads * queries * memory + biases


TOOLS: dict[str, Tool] = {
    "torchinfo": Tool(
        "every weight and bias of a convolution at each position, of a recurrent layer at each step, of any other "
        "module once; attention not at all",
        "torchinfo/layer_info.py, calculate_macs",
        {
            **_all((*CONVS, "transposed_conv"), lambda row: _learned(row) * _places(row)),
            **_all(RECURRENT, lambda row: _learned(row) * row.xs[0].spatial[0]),
            **_all(("attention", "matmul", "scale", "bias", "class_token", "positional_encoding"), _none),
        },
        _learned,
    ),
    "fvcore": Tool(
        "without biases and activations; 2 for each number of a batchnorm, 5 of another norm; no recurrent layer",
        "fvcore/nn/jit_handles.py and flop_count.py",
        {
            "batchnorm": _each(1, 2),
            **_all(NORMS, _each(4, 5)),
            **_all(("global_avgpool", "adaptive_avgpool"), _inputs),
            "upsample": _mixing(0, 4),
            **_all(RECURRENT, _none),
        },
        _macs,
    ),
    "ptflops": Tool(
        "with biases; 2 for each number of a normalisation, 1 of an activation, a pool's input and an upsampling",
        "ptflops/pytorch_ops.py",
        {
            **_all(CONVS, lambda row: row.macs + _biases(row) * _places(row)),
            "transposed_conv": lambda row: _on_outputs(row) + _biases(row) * _places(row),
            "dense": lambda row: row.macs + _biases(row),
            **_all(("batchnorm", *NORMS), _each(1, 2)),
            **_all(POOLS, _inputs),
            "upsample": lambda row: row.activations,
            "prelu": _inputs,
            "attention": _attention,
            **_all(RECURRENT, _gates(1, 10, 7, both_biases=True)),
        },
        _macs,
        ("relu", "relu6", "leaky_relu", "elu", "gelu"),
    ),
    "thop": Tool(
        "without biases; 4 for each number of a normalisation, each operation of a recurrent layer; no attention",
        "thop/vision/basic_hooks.py, calc_func.py and rnn_hooks.py",
        {
            "transposed_conv": _on_outputs,
            **_all(("batchnorm", "layernorm", "instancenorm"), _each(2, 4)),
            "avgpool": lambda row: row.activations,
            **_all(("global_avgpool", "adaptive_avgpool"), _adaptive),
            "upsample": _mixing(5, 11),
            "prelu": _inputs,
            "softmax": _softmax,
            "attention": _none,
            **_all(RECURRENT, _gates(1, 8, 7, both_biases=True)),
        },
        _macs,
    ),
    "thop-2020": Tool(
        "with the biases of convolutions; 2 for each number of a batchnorm and each weight of a dense layer; added up "
        "in single precision",
        "thop 0.0.31, vision/basic_hooks.py",
        {
            **_all(CONVS, lambda row: row.macs + _biases(row) * _places(row)),
            "transposed_conv": lambda row: _on_outputs(row) + _biases(row) * _places(row),
            "batchnorm": _each(2, 2),
            "dense": lambda row: 2 * row.macs,
        },
        _macs,
        single=True,
    ),
    "calflops": Tool(
        "as here, but no recurrent layer",
        "calflops/pytorch_ops.py",
        _all(RECURRENT, _none),
        _macs,
    ),
}


def find(name: str) -> Tool:
    """The tool called ``name``. Raises UsageError where none is known."""
    if name not in TOOLS:
        raise UsageError(f'no tool is called "{name}"', help=nearest(name, TOOLS) or ", ".join(TOOLS))
    return TOOLS[name]


def of_row(tool: Tool, row: Row) -> Number:
    """The multiply-accumulates of a row, those of its activation included, as ``tool`` counts them."""
    kind = row.layer.kind
    word = vars(kind).get("function", row.kind)
    own = vars(kind).get("activation") if isinstance(kind, Activated) else word
    counted = row.activations if own in tool.functions else 0
    return tool.rules.get(word, tool.rest)(row) + counted


def total(tool: Tool, rows: list[Row]) -> Number:
    """The sum over ``rows``, in the precision of the tool."""
    numbers = [of_row(tool, row) for row in rows]
    if not tool.single or not all(isinstance(number, int) for number in numbers):
        return sum(numbers)
    found = 0.0
    for number in numbers:
        (found,) = struct.unpack("f", struct.pack("f", found + number))
    return int(found)


def rows_of(summary: Summary, layer: str | None) -> list[Row]:
    """The rows of a layer or a block; all where ``layer`` is None."""
    if layer is None:
        return summary.rows
    block = summary.network.blocks.get(layer)
    return summary.rows[block.first : block.last] if block else [summary.rows_by_name[layer]]


def counted_as(tool: Tool, summary: Summary, data: dict[str, Any]) -> dict[str, Any]:
    """The data of a summary's JSON with the multiply-accumulates as ``tool`` counts them, and twice as many FLOPs."""
    layers = [{**layer, **_written(of_row(tool, row))} for layer, row in zip(data["layers"], summary.rows, strict=True)]
    blocks = []
    for block in data["blocks"]:
        place = summary.network.blocks[block["name"]]
        blocks.append({**block, **_written(total(tool, summary.rows[place.first : place.last]))})
    totals = {**data["totals"], **_written(total(tool, summary.rows))}
    return {**data, "layers": layers, "blocks": blocks, "totals": totals}


def _written(macs: Number) -> dict[str, Any]:
    return {"macs": _plain(macs), "flops": _plain(2 * macs)}


def _plain(number: Number) -> Any:
    return number if isinstance(number, int) else str(number)
