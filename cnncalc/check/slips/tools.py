"""How other tools count multiply-accumulates: each tool's rules where they differ from ours, read in its source.

They count what their hooks see. Some take the biases too, some normalisations and activations, some count a recurrent
layer's gates number by number, and what has no hook is nothing. Layers are taken as PyTorch's own modules
(``nn.MultiheadAttention``); a network that writes them out is counted by what it is written in.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from copy import copy
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from cnncalc.check.slips.tool_rules import (
    CONVS,
    NORMS,
    POOLS,
    RECURRENT,
    Rule,
    adaptive,
    as_if_of_filters,
    attention,
    attention_written_out,
    biases,
    each_of,
    gates,
    inputs,
    inside_convolution,
    learned,
    macs,
    mean,
    mixing,
    nothing,
    of_norm,
    on_outputs,
    places,
    softmax,
    window,
)
from cnncalc.errors import UsageError, nearest
from cnncalc.kinds.base.activated import Activated
from cnncalc.summary import infer
from cnncalc.symbolic.expr import Number

if TYPE_CHECKING:
    from cnncalc.summary.rows import Row, Summary


class Tool(NamedTuple):
    """What a tool counts, in words that follow its name; its source; its rules by kind, and for the rest.

    ``functions`` are the activation functions that it counts, with the operations for each number. ``single``: it adds
    in single precision. ``two_biases`` are the kinds with two bias vectors there, unless the spec sets them.
    """

    said: str
    source: str
    rules: Mapping[str, Rule]
    rest: Rule
    functions: Mapping[str, int] = MappingProxyType({})
    single: bool = False
    two_biases: tuple[str, ...] = ()


TOOLS: dict[str, Tool] = {
    "torchinfo": Tool(
        "every weight and bias of a convolution at each position, of a recurrent layer at each step, of any other "
        "module once; attention not at all",
        "torchinfo/layer_info.py, calculate_macs",
        {
            **each_of((*CONVS, "transposed_conv"), lambda row: learned(row) * places(row)),
            **each_of(RECURRENT, lambda row: learned(row) * row.xs[0].spatial[0]),
            **each_of(("attention", "matmul", "scale", "bias", "class_token", "positional_encoding"), nothing),
        },
        learned,
    ),
    "fvcore": Tool(
        "without biases and activations; 2 for each number of a batchnorm, 5 of another norm; no recurrent layer",
        "fvcore/nn/jit_handles.py and flop_count.py",
        {
            "batchnorm": of_norm(1, 2),
            **each_of(NORMS, of_norm(4, 5)),
            **each_of(("global_avgpool", "adaptive_avgpool"), inputs),
            "upsample": mixing(0, 4),
            **each_of(RECURRENT, nothing),
        },
        macs,
    ),
    "ptflops": Tool(
        "with biases; 2 for each number of a normalisation, 1 of an activation, a pool's input and an upsampling",
        "ptflops/pytorch_ops.py",
        {
            **each_of(CONVS, lambda row: row.macs + biases(row) * places(row)),
            "transposed_conv": lambda row: on_outputs(row) + biases(row) * places(row),
            "dense": lambda row: row.macs + biases(row),
            **each_of(("batchnorm", *NORMS), of_norm(1, 2)),
            **each_of(POOLS, inputs),
            "upsample": lambda row: row.activations,
            "prelu": inputs,
            "attention": attention,
            **each_of(RECURRENT, gates(1, 10, 7, both_biases=True)),
        },
        macs,
        dict.fromkeys(("relu", "relu6", "leaky_relu", "elu", "gelu"), 1),
    ),
    "thop": Tool(
        "without biases; 4 for each number of a normalisation, each operation of a recurrent layer; no attention",
        "thop/vision/basic_hooks.py, calc_func.py and rnn_hooks.py",
        {
            "transposed_conv": on_outputs,
            **each_of(("batchnorm", "layernorm", "instancenorm"), of_norm(2, 4)),
            "avgpool": lambda row: row.activations,
            **each_of(("global_avgpool", "adaptive_avgpool"), adaptive),
            "upsample": mixing(5, 11),
            "prelu": inputs,
            "softmax": softmax,
            "attention": nothing,
            **each_of(RECURRENT, gates(1, 8, 7, both_biases=True)),
        },
        macs,
    ),
    "thop-2020": Tool(
        "with the biases of convolutions; 2 for each number of a batchnorm and each weight of a dense layer; added up "
        "in single precision",
        "thop 0.0.31, vision/basic_hooks.py",
        {
            **each_of(CONVS, lambda row: row.macs + biases(row) * places(row)),
            "transposed_conv": lambda row: on_outputs(row) + biases(row) * places(row),
            "batchnorm": of_norm(2, 2),
            "dense": lambda row: 2 * row.macs,
        },
        macs,
        single=True,
    ),
    "calflops": Tool(
        "as here, but no recurrent layer and no attention: what PyTorch works out inside a module has no hook",
        "calflops/pytorch_ops.py",
        each_of((*RECURRENT, "attention"), nothing),
        macs,
    ),
    "onnx-tool": Tool(
        "in an exported model, with biases and a batchnorm inside its convolution; a root, a division or an "
        "exponential is many operations, so a softmax counts 36 for each number; a transposed convolution as if it "
        "read as many channels as it gives",
        "onnx_tool/node.py of 1.0.1",
        {
            **each_of(CONVS, lambda row: row.macs + biases(row) * places(row)),
            "transposed_conv": as_if_of_filters,
            "dense": lambda row: row.macs + biases(row) * places(row),
            "batchnorm": inside_convolution,
            **each_of(("instancenorm",), lambda row: 7 * inputs(row)),
            "groupnorm": lambda row: 9 * inputs(row),
            "layernorm": lambda row: 7 * inputs(row) + 29 * places(row),
            **each_of(("maxpool", "avgpool"), lambda row: row.activations * window(row)),
            **each_of(("global_avgpool", "adaptive_avgpool"), mean),
            "upsample": lambda row: 4 * row.activations if vars(row.layer.kind)["mode"] != "nearest" else 0,
            **each_of(("add", "subtract", "multiply", "maximum"), lambda row: row.activations * (len(row.xs) - 1)),
            **each_of(("scale", "bias", "positional_encoding"), lambda row: row.activations),
            "prelu": lambda row: 2 * inputs(row),
            "attention": attention_written_out,
            **each_of(("lstm", "gru"), gates(0, 180, 110, both_biases=True)),
        },
        macs,
        {"relu": 1, "relu6": 2, "leaky_relu": 2, "elu": 35, "gelu": 34, "silu": 33, "sigmoid": 32, "tanh": 76,
         "hard_sigmoid": 4, "hard_swish": 5, "softplus": 76, "softmax": 36, "log_softmax": 80},
    ),
    "keras": Tool(
        "it has none, so they are ours; its count_params and summary() have two bias vectors in a GRU (reset_after)",
        "keras/src/layers/rnn/gru.py of 3.15",
        {},
        macs,
        two_biases=("gru",),
    ),
}  # fmt: skip


def find(name: str) -> Tool:
    """The tool called ``name``. Raises UsageError if none is known."""
    found = TOOLS.get(name.lower())
    if found is None:
        raise UsageError(f'no tool is called "{name}"', help=nearest(name, TOOLS) or ", ".join(TOOLS))
    return found


def of_row(tool: Tool, row: Row) -> Number:
    """The multiply-accumulates of a row, those of its activation included, as ``tool`` counts them."""
    kind = row.layer.kind
    word = vars(kind).get("function", row.kind)
    own = vars(kind).get("activation") if isinstance(kind, Activated) else word
    counted = row.activations * tool.functions.get(own or "", 0)
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


def learned_as(tool: Tool, summary: Summary) -> Summary:
    """The summary with the bias vectors that recurrent layers have in the tool."""
    if not tool.two_biases:
        return summary
    network, changed = summary.network, copy(summary.network)
    changed.layers = [
        layer.of(layer.kind.altered(biases=2))
        if layer.kind.word() in tool.two_biases and "biases" not in layer.field_marks
        else layer
        for layer in network.layers
    ]
    return type(summary)(changed, infer.infer(changed).rows)


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
