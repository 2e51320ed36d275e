"""ATen's operators as the operators of a graph, with ONNX's names and settings.

Source: the schemas of PyTorch's operators, aten/src/ATen/native/native_functions.yaml.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cnncalc.models.graph import Node

#: Returns the name of an argument: of a value, or of a constant made from it.
Read = Callable[[Any], str]

#: Operators with an ONNX name and no settings.
SAME = {
    "relu": "Relu", "sigmoid": "Sigmoid", "tanh": "Tanh", "softsign": "Softsign", "mish": "Mish",
    "hardswish": "HardSwish", "selu": "Selu", "silu": "Silu", "prelu": "PRelu", "add": "Add", "sub": "Sub",
    "mul": "Mul", "div": "Div", "abs": "Abs",
}  # fmt: skip
#: Operators that return their input at inference.
PASSED = (
    "dropout", "contiguous", "clone", "detach", "alias", "feature_dropout", "alpha_dropout", "to", "lift_fresh_copy",
)  # fmt: skip


def _arguments(node: Any) -> dict[str, Any]:
    """The arguments of an operator by the names that its schema gives them."""
    schema = node.target._schema.arguments
    given = {argument.name: argument.default_value for argument in schema if argument.has_default_value()}
    given |= {argument.name: value for argument, value in zip(schema, node.args, strict=False)}
    return given | dict(node.kwargs)


def _many(value: Any, rank: int) -> list[int]:
    many = list(value) if isinstance(value, (list, tuple)) else [value]
    return many * rank if len(many) == 1 else many


def _window(given: dict[str, Any], rank: int, kernel: list[int]) -> dict[str, Any]:
    stride = given.get("stride") or kernel
    settings = {
        "kernel_shape": kernel,
        "strides": _many(stride, rank),
        "dilations": _many(given.get("dilation", 1), rank),
    }
    padding = given.get("padding", 0)
    if padding == "same":
        return {**settings, "auto_pad": "SAME_UPPER"}
    pads = [0] * rank if padding == "valid" else _many(padding, rank)
    return {**settings, "pads": pads + pads}


def _conv(read: Read, node: Any) -> Node:
    given = _arguments(node)
    weight = given["weight"].meta["val"].shape
    rank = len(weight) - 2
    settings = {**_window(given, rank, list(weight[2:])), "group": given["groups"]}
    op = "Conv"
    if "transpose" in str(node.target):
        op, settings["output_padding"] = "ConvTranspose", _many(given["output_padding"], rank)
    return Node(op, "", [read(given[name]) for name in ("input", "weight", "bias")], None, settings)


def _pool(read: Read, node: Any) -> Node:
    given = _arguments(node)
    rank = len(node.args[0].meta["val"].shape) - 2
    settings = _window(given, rank, _many(given["kernel_size"], rank)) | {"ceil_mode": int(given["ceil_mode"])}
    if given.get("divisor_override") is not None:
        return Node("avg_pool with a divisor_override", "", [read(node.args[0])])
    if "avg" not in str(node.target):
        return Node("MaxPool", "", [read(node.args[0])], None, settings)
    settings["count_include_pad"] = int(given["count_include_pad"])
    return Node("AveragePool", "", [read(node.args[0])], None, settings)


def _adaptive(read: Read, node: Any) -> Node:
    rank = len(node.args[0].meta["val"].shape) - 2
    size, largest = _many(node.args[1], rank), "max" in str(node.target)
    if set(size) == {1}:
        return Node("GlobalMaxPool" if largest else "GlobalAveragePool", "", [read(node.args[0])])
    return Node(
        "AdaptiveMaxPool" if largest else "AdaptiveAveragePool", "", [read(node.args[0])], None, {"output": size}
    )


def _batch_norm(read: Read, node: Any) -> Node:
    given = _arguments(node)
    inputs = [read(given[name]) for name in ("input", "weight", "bias", "running_mean", "running_var")]
    return Node("BatchNormalization", "", inputs, [], {"epsilon": given["eps"]})


def _layer_norm(read: Read, node: Any) -> Node:
    given = _arguments(node)
    inputs = [read(given[name]) for name in ("input", "weight", "bias")]
    return Node(
        "LayerNormalization", "", inputs, [], {"epsilon": given["eps"], "axis": -len(given["normalized_shape"])}
    )


def _group_norm(read: Read, node: Any) -> Node:
    given = _arguments(node)
    inputs = [read(given[name]) for name in ("input", "weight", "bias")]
    return Node("GroupNormalization", "", inputs, [], {"epsilon": given["eps"], "num_groups": given["num_groups"]})


def _linear(read: Read, node: Any) -> Node:
    given = _arguments(node)
    inputs = [read(given[name]) for name in ("input", "weight", "bias")]
    return Node("Gemm", "", inputs if inputs[2] else inputs[:2], None, {"transB": 1})


def _flatten(read: Read, node: Any) -> Node:
    given, rank = _arguments(node), len(node.args[0].meta["val"].shape)
    if (given["start_dim"] % rank, given["end_dim"] % rank) == (1, rank - 1):
        return Node("Flatten", "", [read(node.args[0])])
    return _reshape(read, node)


def _reshape(read: Read, node: Any) -> Node:
    """Any operator that only changes sizes: the sizes of its output are known."""
    return Node("Reshape", "", [read(node.args[0]), read(list(node.meta["val"].shape))])


def _transpose(read: Read, node: Any) -> Node:
    rank = len(node.args[0].meta["val"].shape)
    order = list(range(rank))
    if "permute" in str(node.target):
        order = [axis % rank for axis in node.args[1]]
    else:
        first, second = (axis % rank for axis in node.args[1:3])
        order[first], order[second] = order[second], order[first]
    return Node("Transpose", "", [read(node.args[0])], None, {"perm": order})


def _concat(read: Read, node: Any) -> Node:
    values = [read(value) for value in node.args[0]]
    return Node("Concat", "", values, [], {"axis": node.args[1] if len(node.args) > 1 else 0})


def _chunk(read: Read, node: Any) -> Node:
    axis = _arguments(node)["dim"]
    sizes = [part.shape[axis] for part in node.meta["val"]]
    return Node("Split", "", [read(node.args[0]), read(sizes)], None, {"axis": axis})


def _slice(read: Read, node: Any) -> Node | None:
    given = _arguments(node)
    axis, size = given["dim"], node.args[0].meta["val"].shape[given["dim"]]
    start, end = given["start"] or 0, size if given["end"] is None else min(given["end"], size)
    if (start, end, given["step"]) == (0, size, 1):
        return None
    inputs = [read(value) for value in (node.args[0], [start], [end], [axis], [given["step"]])]
    return Node("Slice", "", inputs)


def _mean(read: Read, node: Any) -> Node:
    given = _arguments(node)
    settings = {"axes": list(given.get("dim") or []), "keepdims": int(given.get("keepdim", False))}
    op = "ReduceSum" if "sum" in str(node.target) else "ReduceMean"
    return Node(op, "", [read(node.args[0])], None, settings)


def _hardtanh(read: Read, node: Any) -> Node:
    given = _arguments(node)
    low, high = given.get("min_val", given.get("min")), given.get("max_val", given.get("max"))
    bounds = [None if bound is None else float(bound) for bound in (low, high)]
    return Node("Clip", "", [read(value) for value in (node.args[0], *bounds)])


def _relu6(read: Read, node: Any) -> Node:
    return Node("Clip", "", [read(value) for value in (node.args[0], 0.0, 6.0)])


def _softmax(read: Read, node: Any) -> Node:
    op = "LogSoftmax" if "log" in str(node.target) else "Softmax"
    return Node(op, "", [read(node.args[0])], None, {"axis": node.args[1]})


def _with(op: str, **settings: str) -> Callable[[Read, Any], Node]:
    """An operator of one input, its ``settings`` by the names of ATen's arguments."""

    def write(read: Read, node: Any) -> Node:
        given = _arguments(node)
        return Node(op, "", [read(node.args[0])], None, {ours: given[theirs] for ours, theirs in settings.items()})

    return write


def _hard_sigmoid(read: Read, node: Any) -> Node:
    return Node("HardSigmoid", "", [read(node.args[0])], None, {"alpha": 1 / 6, "beta": 0.5})


def _resize(read: Read, node: Any) -> Node:
    bilinear = "linear" in str(node.target)
    corners = bool(_arguments(node).get("align_corners"))
    how = "align_corners" if corners else "pytorch_half_pixel" if bilinear else "asymmetric"
    sizes = list(node.meta["val"].shape)
    before = list(node.args[0].meta["val"].shape)
    whole = all(size % old == 0 for size, old in zip(sizes, before, strict=True)) and not corners
    scales = [float(size // old) for size, old in zip(sizes, before, strict=True)]
    inputs = [read(node.args[0]), "", *([read(scales)] if whole else ["", read(sizes)])]
    settings = {"mode": "linear" if bilinear else "nearest", "coordinate_transformation_mode": how}
    return Node("Resize", "", inputs, None, settings)


def _pad(read: Read, node: Any) -> Node:
    given, rank = _arguments(node), len(node.args[0].meta["val"].shape)
    pads = [0] * 2 * rank
    for place in range(len(given["pad"]) // 2):  # PyTorch begins with the last axis
        pads[rank - 1 - place], pads[2 * rank - 1 - place] = given["pad"][2 * place : 2 * place + 2]
    settings = {"pads": pads, "mode": given.get("mode", "constant"), "value": float(given.get("value") or 0)}
    return Node("Pad", "", [read(node.args[0])], None, settings)


def _attention(read: Read, node: Any) -> Node:
    given = _arguments(node)
    inputs = [read(given[name]) for name in ("query", "key", "value", "attn_mask")]
    settings = {"is_causal": given.get("is_causal", False), "scale": given.get("scale")}
    return Node("ScaledDotProductAttention", "", inputs, None, settings)


def _select(read: Read, node: Any) -> Node:
    given = _arguments(node)
    return Node("Gather", "", [read(node.args[0]), read(given["index"])], None, {"axis": given["dim"]})


def _unbind(read: Read, node: Any) -> Node:
    return Node("Unbind", "", [read(node.args[0])], None, {"axis": _arguments(node)["dim"]})


def _roll(read: Read, node: Any) -> Node:
    given = _arguments(node)
    shifts = given["shifts"]
    axes = given.get("dims") or []
    return Node("Roll", "", [read(node.args[0])], None, {"shifts": list(shifts), "axes": list(axes)})


def _recurrent(read: Read, node: Any) -> Node:
    given = _arguments(node)
    states = given["hx"] if isinstance(given["hx"], (list, tuple)) else [given["hx"]]
    inputs = [read(value) for value in (given["input"], *states, *given["params"])]
    settings = {
        "states": len(states), "bias": given["has_biases"], "layers": given["num_layers"],
        "bidirectional": given["bidirectional"], "batch_first": given["batch_first"],
    }  # fmt: skip
    word = str(node.target).split(".")[1].removesuffix("_tanh")
    return Node(f"torch.{word}", "", inputs, None, settings)


def _embedding(read: Read, node: Any) -> Node:
    return Node("Gather", "", [read(value) for value in node.args[:2]], None, {"axis": 0})


def _stack(read: Read, node: Any) -> Node:
    values = [read(value) for value in node.args[0]]
    return Node("Stack", "", values, [], {"axis": node.args[1] if len(node.args) > 1 else 0})


def _expand(read: Read, node: Any) -> Node:
    return Node("Expand", "", [read(node.args[0]), read(list(node.meta["val"].shape))])


def _product(read: Read, node: Any) -> Node:
    return Node("MatMul", "", [read(value) for value in node.args[:2]])


OPERATORS: dict[str, Callable[[Read, Any], Node | None]] = {
    "conv": _conv, "conv_transpose": _conv, "max_pool": _pool, "avg_pool": _pool, "adaptive_avg_pool": _adaptive,
    "adaptive_max_pool": _adaptive, "view": _reshape, "reshape": _reshape, "_unsafe_view": _reshape,
    "lstm": _recurrent, "gru": _recurrent, "rnn_tanh": _recurrent, "embedding": _embedding,
    "reshape_as": _reshape, "view_as": _reshape, "unflatten": _reshape, "unsqueeze": _reshape, "squeeze": _reshape,
    "flatten": _flatten, "transpose": _transpose,
    "permute": _transpose, "chunk": _chunk, "split": _chunk, "split_with_sizes": _chunk, "hardtanh": _hardtanh,
    "relu6": _relu6, "clamp": _hardtanh, "softmax": _softmax, "log_softmax": _softmax, "upsample_nearest": _resize,
    "upsample_bilinear": _resize, "pad": _pad, "constant_pad_nd": _pad, "batch_norm": _batch_norm,
    "layer_norm": _layer_norm, "group_norm": _group_norm, "linear": _linear, "cat": _concat, "slice": _slice,
    "scaled_dot_product_attention": _attention, "select": _select, "unbind": _unbind, "roll": _roll,
    "stack": _stack, "expand": _expand, "expand_as": _expand, "matmul": _product, "bmm": _product, "mm": _product,
    "mean": _mean, "sum": _mean,
    "hardsigmoid": _hard_sigmoid, "softplus": _with("Softplus"),
    "gelu": _with("Gelu", approximate="approximate"), "leaky_relu": _with("LeakyRelu", alpha="negative_slope"),
    "elu": _with("Elu", alpha="alpha"), "celu": _with("Celu", alpha="alpha"),
    "pixel_shuffle": _with("DepthToSpace", blocksize="upscale_factor"),
    "channel_shuffle": _with("ChannelShuffle", groups="groups"),
    "pixel_unshuffle": _with("PixelUnshuffle", blocksize="downscale_factor"),
}  # fmt: skip


def write(read: Read, op: str, node: Any) -> Node | None:
    """The node for an operator; None if it returns its input. ``op`` is its name without overload."""
    known = OPERATORS.get(op) or OPERATORS.get(op.rstrip("123d"))
    if known:
        return known(read, node)
    if op in PASSED:
        return None
    if any(value not in (None, 1) for value in node.kwargs.values()):  # alpha of add, rounding_mode of div
        op = f"{op} with {', '.join(node.kwargs)}"
    values = [part for value in node.args for part in (value if isinstance(value, (list, tuple)) else [value])]
    return Node(SAME.get(op, op), "", [read(value) for value in values])
