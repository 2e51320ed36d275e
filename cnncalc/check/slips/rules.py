"""Slips: each is a rule with one thing changed, so what it leads to is computed, not listed.

A slip turns a kind into the kind that its author had in mind: a field has another value, or one method
another rule. Fed to the same walk as the right network, it gives every number that follows from it, with its working.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from cnncalc import kinds, rules
from cnncalc.check.slips import changes
from cnncalc.kinds.base.kind import Kind, Reach, Weights
from cnncalc.kinds.base.padding import SAME, both
from cnncalc.kinds.base.weights import is_moving
from cnncalc.shape import Shape
from cnncalc.symbolic.arithmetic import ceil_div, product
from cnncalc.symbolic.expr import Number

Rule = Callable[..., Any]


class Slip(NamedTuple):
    """What is changed, in words that follow a number ("896 without the biases"), and how.

    ``change`` gives None for a kind that it does not apply to. ``convention``: some tools count so on purpose.
    ``alone``: it is made in one layer, never in all of them; ``this layer`` in its words is that one.
    """

    said: str
    change: Callable[[Kind, Shape], Kind | None]
    convention: bool = False
    alone: bool = False


def _where(attribute: str, wrong: Callable[[Any], bool], **fields: Any) -> Callable[[Kind, Shape], Kind | None]:
    """A change of fields, for kinds whose ``attribute`` is one that can go ``wrong``."""

    def change(kind: Kind, x: Shape) -> Kind | None:
        return kind.altered(**fields) if attribute in kind.fields and wrong(getattr(kind, attribute)) else None

    return change


def _rule(families: tuple[str, ...], **changed: Rule) -> Callable[[Kind, Shape], Kind | None]:
    """A change of rules, for the kinds of these families."""
    return lambda kind, x: kind.ruled(**changed) if kind.family in families else None


def _of(word: str, **changed: Rule) -> Callable[[Kind, Shape], Kind | None]:
    """A change of rules for one kind."""
    return lambda kind, x: kind.ruled(**changed) if kind.word() == word else None


def _not(silent: Any) -> Callable[[Any], bool]:
    return lambda value: value != silent


_CONVS, _LEARNED, _NORMS = ("convolution",), ("convolution", "dense"), ("norm",)
_WITH_BIASES = (*_LEARNED, "recurrent", "attention")


def _one_side(kind: Kind, x: Shape) -> Kind | None:
    """P instead of 2P."""
    padding = getattr(kind, "padding", 0)
    if isinstance(padding, str) or not padding:
        return None
    sides = padding if isinstance(padding, tuple) else (padding,) * len(x.spatial)
    return kind.altered(padding=tuple((side[0] if isinstance(side, tuple) else side, 0) for side in sides))


def _rounded_up(kind: Kind, right: Rule, size: Number, kernel: Number, stride: Number, dilation: Number, p: Any) -> Any:
    if p in SAME:
        return right(kind, size, kernel, stride, dilation, p)
    return ceil_div(rules.slack(size, kernel, both(p), dilation), stride) + 1


def _one_too_few(kind: Kind, right: Rule, *axis: Any) -> Number:
    return right(kind, *axis) - 1


def _sliding(**changed: Rule) -> Callable[[Kind, Shape], Kind | None]:
    return lambda kind, x: kind.ruled(**changed) if hasattr(kind, "_count") else None


def _wide_window(kind: Kind, x: Shape) -> Kind | None:
    """A window of D·F in place of D(F − 1) + 1."""
    dilation = getattr(kind, "dilation", 1)
    if dilation == 1:
        return None
    field = getattr(kind, "kernel_field", "kernel")
    axes = range(len(x.spatial))
    numbers = [n if isinstance(n, tuple) else (n,) * len(axes) for n in (getattr(kind, field), dilation)]
    return kind.altered(**{field: tuple(numbers[0][i] * numbers[1][i] for i in axes), "dilation": 1})


def _one_channel(x: Shape, kind: Kind) -> Shape:
    return Shape(x.spatial, getattr(kind, "groups", 1))


def _without_channels(kind: Kind, right: Rule, *xs: Shape) -> Weights:
    return dict(right(kind, *(_one_channel(x, kind) for x in xs)))


def _macs_without_channels(kind: Kind, right: Rule, y: Shape, *xs: Shape) -> Number:
    return right(kind, y, *(_one_channel(x, kind) for x in xs))


def _one_filter(kind: Kind, right: Rule, *xs: Shape) -> Weights:
    field = "units" if "units" in kind.fields else "filters"
    return dict(right(kind.altered(**{field: 1}), *xs)) if field in kind.fields else dict(right(kind, *xs))


def _one_side_of_kernel(kind: Kind, right: Rule, *xs: Shape) -> Weights:
    return {n: s[1:] if n.endswith("kernel") and len(s) > 3 else s for n, s in right(kind, *xs).items()}


def _multiplied_depth(kind: Kind, right: Rule, *xs: Shape) -> Shape:
    y: Shape = right(kind, *xs)
    return Shape(y.spatial, xs[0].channels * y.channels)


def _kept_depth(kind: Kind, right: Rule, *xs: Shape) -> Shape:
    return Shape(right(kind, *xs).spatial, xs[0].channels)


def _biases_of(change: Callable[[Weights, tuple[Number, ...]], tuple[Number, ...]]) -> Rule:
    """A rule for weights whose bias has other sizes, made from the kernel's."""

    def rule(kind: Kind, right: Rule, *xs: Shape) -> Weights:
        weights = dict(right(kind, *xs))
        if "bias" in weights and "kernel" in weights:
            weights["bias"] = change(weights, weights["kernel"])
        return weights

    return rule


def _leaving(*names: str) -> Rule:
    """A rule for weights without the arrays whose names end so."""
    return lambda kind, right, *xs: {n: s for n, s in right(kind, *xs).items() if not n.endswith(names)}


def _only_recurrent_kernels(kind: Kind, right: Rule, *xs: Shape) -> Weights:
    return {n: s for n, s in right(kind, *xs).items() if not n.endswith("kernel") or n.endswith("recurrent_kernel")}


def _pool_learns(word: str) -> Rule:
    """Parameters as a convolution of the pool's window would have them."""

    def rule(kind: Any, right: Rule, *xs: Shape) -> Weights:
        found = kinds.find(word)
        assert found is not None
        filters = {"filters": xs[0].channels} if "filters" in found.fields else {}
        return found(kernel=kind.size, **filters).weights(*xs)

    return rule


def _flattened_positions(kind: Kind, right: Rule, *xs: Shape) -> Shape:
    return Shape((), product(xs[0].spatial)) if xs[0].spatial else right(kind, *xs)


def _positions_only(kind: Any, right: Rule, x: Shape) -> Number:
    return product(x.spatial) if kind.flattens(x) else right(kind, x)


def _channels_only(kind: Any, right: Rule, x: Shape) -> Number:
    return x.channels


def _still_trained(kind: Kind, right: Rule, *xs: Shape) -> Weights:
    return {name.removeprefix("moving_"): sizes for name, sizes in right(kind, *xs).items()}


def _untrained_only(kind: Kind, right: Rule, *xs: Shape) -> Weights:
    return {name: sizes for name, sizes in right(kind, *xs).items() if is_moving(name)}


def _moving_too(kind: Kind, right: Rule, *xs: Shape) -> Weights:
    sizes = (xs[0].channels,)
    return {"moving_mean": sizes, "moving_variance": sizes, **right(kind, *xs)}


def _nothing(kind: Kind, right: Rule, *xs: Shape) -> Weights:
    return {}


def _one_gate(kind: Kind, x: Shape) -> Kind | None:
    return kind.altered(gates=("h",)) if len(getattr(kind, "gates", ())) > 1 else None


def _exchanged(word: str, other: str) -> Callable[[Kind, Shape], Kind | None]:
    """The rule of ``other`` for the output size of a kind of ``word``."""

    def sizes(kind: Kind, right: Rule, *xs: Shape) -> Shape:
        found = kinds.find(other)
        assert found is not None
        given = {name: getattr(kind, field.attribute) for name, field in kind.fields.items() if name in found.fields}
        if given["padding"] == "causal":  # a word that a transposed convolution does not take
            same: Shape = right(kind, *xs)
            return same
        return found(**given).output(*xs)

    return _of(word, output=sizes)


def _on_outputs(kind: Kind, right: Rule, y: Shape, *xs: Shape) -> Number:
    return product((*y.spatial, *kind.weights(*xs)["kernel"]))


def _on_inputs(kind: Kind, right: Rule, y: Shape, *xs: Shape) -> Number:
    return right(kind, Shape(xs[0].spatial, y.channels), *xs) if xs[0].spatial else right(kind, y, *xs)


def _with_biases(kind: Kind, right: Rule, y: Shape, *xs: Shape) -> Number:
    return right(kind, y, *xs) + (product(y.sizes) if "bias" in kind.weights(*xs) else 0)


def _steps_of_one(kind: Kind, right: Rule, *xs: Shape) -> tuple[Reach, ...] | None:
    reaches = right(kind, *xs)
    return None if reaches is None else tuple(reach._replace(step=1) for reach in reaches)


def _whole_windows(kind: Kind, right: Rule, *xs: Shape) -> tuple[Reach, ...] | None:
    reaches = right(kind, *xs)
    return None if reaches is None else tuple(r if r.extent == 1 else r._replace(extent=r.extent + 1) for r in reaches)


def _not_counted(kind: Kind, right: Rule, *xs: Shape) -> tuple[Reach, ...] | None:
    reaches = right(kind, *xs)
    return None if reaches is None else tuple(reach._replace(extent=1) for reach in reaches)


def _no_output(kind: Kind, right: Rule, *xs: Shape) -> Weights:
    return {n: (*s[:-1], 0) if n.startswith("output_") else s for n, s in right(kind, *xs).items()}


def _whole_heads(kind: Kind, x: Shape) -> Kind | None:
    return kind.altered(key_dim=x.channels) if kind.word() == "attention" else None


#: Every slip, by what it is called in a test; the words are a student's or a tool's way of counting.
SLIPS: dict[str, Slip] = {
    "bias": Slip("without the biases", _where("bias", bool, bias=False), convention=True),
    "bias_added": Slip("with a bias where there is none", _where("bias", lambda b: not b, bias=True), convention=True),
    "bias_one": Slip("with one bias for all", _rule(_LEARNED, weights=_biases_of(lambda w, kernel: (1,)))),
    "bias_each": Slip("with a bias for every weight", _rule(_LEARNED, weights=_biases_of(lambda w, kernel: kernel))),
    "bias_channel": Slip(
        "with a bias for every channel of every filter", _rule(_CONVS, weights=_biases_of(lambda w, k: k[-2:]))
    ),
    "bias_inputs": Slip("with a bias for every input", _rule(_LEARNED, weights=_biases_of(lambda w, k: k[-2:-1]))),
    "square": Slip("with F for F·F", _rule(_CONVS, weights=_one_side_of_kernel)),
    "channels": Slip(
        "without the input channels", _rule(_CONVS, weights=_without_channels, macs=_macs_without_channels)
    ),
    "filters": Slip("for one filter only", _rule(_LEARNED, weights=_one_filter)),
    "depth": Slip("with the depth of the input", _rule(_CONVS, output=_kept_depth)),
    "depth_product": Slip("with the depth of the input times the filters", _rule(_CONVS, output=_multiplied_depth)),
    "same": Slip("as with padding same", _where("padding", lambda p: p not in SAME, padding="same")),
    "padding": Slip("without the padding", _where("padding", lambda p: p not in (0, "valid"), padding=0)),
    "padding_once": Slip("with the padding on one side only, P for 2P", _one_side),
    "stride": Slip("with a stride of 1", _where("stride", _not(1), stride=1)),
    "dilation": Slip("without the dilation", _where("dilation", _not(1), dilation=1)),
    "dilation_wide": Slip("with a window of dilation times kernel", _wide_window),
    "groups": Slip("without the groups", _where("groups", _not(1), groups=1)),
    "ceiling": Slip("rounded up", _sliding(_count=_rounded_up)),
    "floor": Slip("rounded down", _where("ceil_mode", bool, ceil_mode=False)),
    "plus_one": Slip("without the + 1", _sliding(_count=_one_too_few)),
    "pool_weights": Slip("with parameters for the pool", _rule(("pool",), weights=_pool_learns("conv"))),
    "pool_weights_each": Slip(
        "with a window of parameters for each channel of the pool",
        _rule(("pool",), weights=_pool_learns("depthwise_conv")),
    ),
    "flatten": Slip("with the channels left out when flattened", _of("flatten", output=_flattened_positions)),
    "flatten_dense": Slip("with the channels left out when flattened", _of("dense", inputs=_positions_only)),
    "flatten_none": Slip("with the channels only, not flattened", _of("dense", inputs=_channels_only)),
    "moving": Slip(
        "without the moving mean and variance, 2C for 4C",
        _of("batchnorm", weights=_leaving("_mean", "_variance")), convention=True,
    ),
    "moving_trained": Slip(
        "with the moving mean and variance as trained", _of("batchnorm", weights=_still_trained)
    ),
    "moving_only": Slip("without gamma and beta", _rule(_NORMS, weights=_untrained_only)),
    "moving_added": Slip(
        "with a moving mean and variance that only batchnorm has", _rule(_NORMS, weights=_moving_too)
    ),
    "norm": Slip("without the normalisation's parameters", _rule(_NORMS, weights=_nothing), convention=True),
    "gates": Slip("for one gate only", _one_gate),
    "recurrent": Slip("without the recurrent weights", _rule(("recurrent",), weights=_leaving("recurrent_kernel"))),
    "recurrent_input": Slip("without the weights of the input", _rule(("recurrent",), weights=_only_recurrent_kernels)),
    "biases_two": Slip(
        "with two bias vectors, as in PyTorch and in Keras's GRU",
        _where("biases", lambda b: b == 1, biases=2), convention=True,
    ),
    "biases_one": Slip(
        "with one bias vector, as in textbooks and in Keras's LSTM",
        _where("biases", lambda b: b == 2, biases=1), convention=True,
    ),
    "direction": Slip("for one direction only", _where("bidirectional", bool, bidirectional=False)),
    "transposed": Slip("by the rule of a plain convolution", _exchanged("transposed_conv", "conv")),
    "plain": Slip("by the rule of a transposed convolution", _exchanged("conv", "transposed_conv")),
    "output_padding": Slip("without the output padding", _where("output_padding", bool, output_padding=0)),
    "macs_outputs": Slip(
        "with the products counted on the output positions",
        _of("transposed_conv", macs=_on_outputs), convention=True,
    ),
    "macs_inputs": Slip("with the products counted on the input positions", _rule(_CONVS, macs=_on_inputs)),
    "macs_bias": Slip("with the biases counted too", _rule(_LEARNED, macs=_with_biases), convention=True),
    "jump": Slip("without the strides of the layers before", _sliding(reach=_steps_of_one)),
    "extent": Slip("with F for F - 1 in each step", _sliding(reach=_whole_windows)),
    "layer": Slip("with one layer left out", _sliding(reach=_not_counted)),
    "heads_shared": Slip(
        "with the features shared out among the heads",
        _where("key_dim", lambda k: k is not None, key_dim=None), convention=True,
    ),
    "heads": Slip("with every head as wide as the features", _whole_heads, convention=True),
    "attention_out": Slip("without the output projection", _of("attention", weights=_no_output)),
    "own_stride": Slip("with the layer's own stride counted in its window", _sliding(reach=changes.own_stride)),
    "bias_twice": Slip("with the biases counted twice", _rule(_WITH_BIASES, weights=changes.biases_twice)),
    "not_rounded": Slip("not rounded", _sliding(_count=changes.not_rounded)),
    "gru": Slip("with the three gates of a GRU", changes.of_gates("lstm", "z", "r", "h")),
    "lstm": Slip("with the four gates of an LSTM", changes.of_gates("gru", "i", "f", "g", "o")),
    "kv_heads": Slip("with as many heads of keys and values as of queries", changes.overlooked("kv_heads")),
    "value_dim": Slip("with values as wide as the keys", changes.overlooked("value_dim")),
    "window": Slip("with attention over the whole image, not in windows", changes.overlooked("window")),
    "projection": Slip("without the projection of the state", changes.overlooked("projection")),
    "left_out": Slip("without this layer", changes.left_out, alone=True),
}  # fmt: skip
