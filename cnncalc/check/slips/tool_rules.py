"""Rules by which other tools count the multiply-accumulates of a layer; tools.py puts them together."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from cnncalc.kinds.base.weights import count, is_bias, is_moving
from cnncalc.symbolic.arithmetic import product
from cnncalc.symbolic.expr import Number

if TYPE_CHECKING:
    from cnncalc.summary.rows import Row

#: The multiply-accumulates of a row as a tool counts them.
Rule = Callable[["Row"], Number]

CONVS = ("conv", "depthwise_conv", "separable_conv", "patch_embedding", "deformable_conv")
RECURRENT = ("rnn", "lstm", "gru")
NORMS = ("layernorm", "groupnorm", "instancenorm")
POOLS = ("maxpool", "avgpool", "global_maxpool", "global_avgpool", "adaptive_maxpool", "adaptive_avgpool")


def macs(row: Row) -> Number:
    return row.macs


def nothing(row: Row) -> Number:
    return 0


def inputs(row: Row) -> Number:
    return product(row.xs[0].sizes)


def learned(row: Row) -> Number:
    """Parameters, at each use of the layer: weights and biases without moving statistics."""
    weights = row.layer.kind.weights(*row.xs)
    return count({name: sizes for name, sizes in weights.items() if not is_moving(name)})


def biases(row: Row) -> Number:
    return count({name: sizes for name, sizes in row.layer.kind.weights(*row.xs).items() if is_bias(name)})


def places(row: Row) -> Number:
    return product(row.output.spatial)


def has_factors(row: Row) -> bool:
    return bool(row.layer.kind.weights(*row.xs).keys() & {"gamma", "beta"})


def of_norm(plain: int, affine: int) -> Rule:
    """A fixed count for each number of a normalisation, without and with learned factors."""
    return lambda row: inputs(row) * (affine if has_factors(row) else plain)


def mixing(linear: int, bilinear: int) -> Rule:
    """A fixed count for each output number of an interpolating upsampling."""

    def rule(row: Row) -> Number:
        factor = 1 if vars(row.layer.kind)["mode"] == "nearest" else bilinear if len(row.xs[0].spatial) > 1 else linear
        return row.activations * factor

    return rule


def on_outputs(row: Row) -> Number:
    """A transposed convolution counted on its output positions."""
    return places(row) * product(row.layer.kind.weights(*row.xs)["kernel"])


def gates(rnn: int, lstm: int, gru: int, *, both_biases: bool) -> Rule:
    """A recurrent layer: at each step its products, its biases (``both_biases``: always two for each gate), and
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


def adaptive(row: Row) -> Number:
    """A mean over windows: the window and one division for each output."""
    window = product(row.xs[0].spatial) // places(row)
    return (window + 1) * row.activations


def softmax(row: Row) -> Number:
    features = row.output.channels
    return row.activations // features * (3 * features - 1)


def each_of(words: tuple[str, ...], rule: Rule) -> dict[str, Rule]:
    return dict.fromkeys(words, rule)


def attention(row: Row) -> Number:
    """The products, a scaling of the queries, a softmax in each head, and the biases; the last one always counts."""
    queries, features = row.xs[0].sizes
    memory = row.xs[-1].spatial[0]
    heads = vars(row.layer.kind)["heads"]
    added = (queries + 2 * memory) * features if biases(row) else 0
    return row.macs + 2 * queries * features + heads * queries * memory + added


def as_if_of_filters(row: Row) -> Number:
    """A transposed convolution on its output positions, as if it had as many input channels as output channels."""
    *window, _, filters = row.layer.kind.weights(*row.xs)["kernel"]
    return row.activations * product(window) * filters + biases(row) * places(row)


def inside_convolution(row: Row) -> Number:
    """A batchnorm that the exporter folds into the convolution before it, which then has a bias; else 31 per number."""
    place = row.layer.sources[0] - len(row.summary.inputs)
    before = row.summary.rows[place] if place >= 0 else None
    if before is None or before.kind not in CONVS or getattr(before.layer.kind, "activation", None):
        return 31 * inputs(row)
    return 0 if biases(before) else row.activations


def window(row: Row) -> Number:
    size = vars(row.layer.kind)["size"]
    return product(size) if isinstance(size, tuple) else size ** len(row.output.spatial)


def mean(row: Row) -> Number:
    """A mean over everything, with a division; over windows, without."""
    return inputs(row) + (4 * row.activations if places(row) == 1 else 0)


def attention_written_out(row: Row) -> Number:
    """The products and biases of its projections, the scaling of the queries, and a softmax in each head."""
    queries, memory = row.xs[0].spatial[0], row.xs[-1].spatial[0]
    heads = vars(row.layer.kind)["heads"]
    weights = row.layer.kind.weights(*row.xs)
    added = [
        product(sizes) * (memory if name.startswith(("key", "value")) else queries)
        for name, sizes in weights.items()
        if is_bias(name)
    ]
    return row.macs + sum(added) + inputs(row) + 36 * heads * queries * memory
