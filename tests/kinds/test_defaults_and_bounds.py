"""Defaults as the contract states them, and the numbers that each field takes, against brute force."""

from __future__ import annotations

import re

import pytest

from cnncalc import CnncalcError, kinds, parse
from cnncalc.kinds.base.fields import REQUIRED

WINDOW = {"stride": 1, "padding": 0, "dilation": 1}
POOL = {"stride": "size", "padding": 0, "ceil_mode": False}
NORM = {"eps": 1e-5, "scale": True, "center": True}
RECURRENT = {"return_sequences": False, "bidirectional": False, "bias": True, "biases": 1, "layers": 1}
TRANSFORMER = {"layers": 1, "norm": "post", "activation": "relu", "bias": True, "dropout": 0}

#: The fields that have a default, by kind; ``stride: size`` stands for the same as the field ``size``.
DEFAULTS = {
    "conv": {**WINDOW, "groups": 1, "bias": True},
    "depthwise_conv": {**WINDOW, "multiplier": 1, "bias": True},
    "separable_conv": {**WINDOW, "multiplier": 1, "bias": True},
    "transposed_conv": {**WINDOW, "groups": 1, "bias": True},
    "locally_connected": {"stride": 1, "padding": 0, "bias": True},
    "maxpool": {**POOL, "dilation": 1},
    "avgpool": {**POOL, "count_include_pad": True},
    "lppool": {**POOL, "p": 2},
    "global_maxpool": {"keepdims": False},
    "global_avgpool": {"keepdims": False},
    "dense": {"bias": True, "flatten": "auto"},
    "batchnorm": NORM,
    "layernorm": {**NORM, "axes": "features"},
    "rmsnorm": {"eps": 1e-5, "scale": True, "axes": "features"},
    "groupnorm": NORM,
    "instancenorm": {"eps": 1e-5, "scale": False, "center": False},
    "lrn": {"size": 5, "alpha": 1e-4, "beta": 0.75, "k": 1},
    "leaky_relu": {"slope": 0.01},
    "gelu": {"approximate": False},
    "prelu": {"shared": False},
    "dropout": {"rate": 0.5},
    "stochastic_depth": {"rate": 0.5},
    "pad": {"value": 0},
    "upsample": {"mode": "nearest"},
    "split": {"part": 1},
    "scale": {"initial": 1.0},
    "concat": {"axis": "channels"},
    "positional_encoding": {"style": "sinusoidal"},
    "patch_embedding": {"bias": True},
    "rnn": RECURRENT,
    "lstm": RECURRENT,
    "gru": RECURRENT,
    "attention": {"bias": True, "causal": False},
    "transformer_encoder": TRANSFORMER,
    "transformer_decoder": TRANSFORMER,
}
REQUIRED_FIELDS = {
    "conv": {"filters", "kernel"}, "depthwise_conv": {"kernel"}, "separable_conv": {"filters", "kernel"},
    "transposed_conv": {"filters", "kernel"}, "locally_connected": {"filters", "kernel"}, "maxpool": {"size"},
    "avgpool": {"size"}, "lppool": {"size"}, "adaptive_maxpool": {"output"}, "adaptive_avgpool": {"output"},
    "dense": {"units"}, "groupnorm": {"groups"}, "reshape": {"shape"}, "permute": {"order"}, "pad": {"amount"},
    "crop": {"amount"}, "pixel_shuffle": {"factor"}, "pixel_unshuffle": {"factor"}, "channel_shuffle": {"groups"},
    "embedding": {"vocab", "dim"}, "patch_embedding": {"dim", "patch"}, "rnn": {"units"}, "lstm": {"units"},
    "gru": {"units"}, "repeat_vector": {"times"}, "select": {"index"}, "attention": {"heads"},
    "transformer_encoder": {"heads", "ff"}, "transformer_decoder": {"heads", "ff"}, "batchnorm": set(), "lrn": set(),
    "scale": set(), "prelu": set(), "dropout": set(), "concat": set(),
}  # fmt: skip


@pytest.mark.parametrize("kind", DEFAULTS)
def test_defaults_are_those_of_the_contract(kind: str) -> None:
    fields = kinds.every()[kind].fields
    found = {name: fields[name].same_as or fields[name].default for name in DEFAULTS[kind]}
    assert found == DEFAULTS[kind]


@pytest.mark.parametrize("kind", REQUIRED_FIELDS)
def test_what_must_be_given_is_what_the_contract_says(kind: str) -> None:
    fields = kinds.every()[kind].fields
    assert {name for name, field in fields.items() if field.default is REQUIRED} == REQUIRED_FIELDS[kind]


#: Layers with a letter q, each on an input of a size; brute force over numbers says what fits.
BOUNDED = [
    ("7x3", "select: q"),
    ("4x4x12", "split: {parts: q}"),
    ("12", "split: {parts: q, part: 3}"),
    ("4x4x12", "channel_shuffle: q"),
    ("4x4x12", "groupnorm: {groups: q}"),
    ("4x4x18", "conv: {filters: 12, kernel: 1, groups: q}"),
    ("4x4x18", "transposed_conv: {filters: 12, kernel: 1, groups: q}"),
    ("4x4x36", "pixel_shuffle: q"),
    ("12x18x1", "pixel_unshuffle: q"),
    ("5x12", "attention: {heads: q}"),
    ("5x12", "transformer_encoder: {heads: q, ff: 4}"),
    ("5x12", "positional_encoding: {style: learned, max_length: q}"),
    ("9x8x1", "crop: q"),
    ("9x8x1", "maxpool: {size: 5, padding: q}"),
    ("9x8x1", "maxpool: {size: q, padding: 2, stride: 1}"),
    ("9x8x1", "avgpool: {size: q, ceil_mode: true, stride: 3}"),
    ("9x8x1", "conv: {filters: 1, kernel: q}"),
    ("9x8x1", "conv: {filters: 1, kernel: 3, dilation: q}"),
    ("9x8x1", "locally_connected: {filters: 1, kernel: q}"),
    ("12x18x1", "patch_embedding: {dim: 4, patch: q}"),
]  # fmt: skip
TRIED = 40


def fits(size: str, layer: str) -> bool:
    try:
        parse(f"input: {size}\nlayers: [{layer}]").summary()
    except CnncalcError:
        return False
    return True


@pytest.mark.parametrize(("size", "layer"), BOUNDED, ids=lambda text: text)
def test_the_numbers_that_a_field_takes_are_those_that_fit(size: str, layer: str) -> None:
    """With no demand at all, the solver knows the bounds of a kind by its margins."""
    wanted = [n for n in range(TRIED) if fits(size, "{" + re.sub(r"\bq\b", str(n), layer) + "}")]
    found = parse(f"input: {size}\nlayers: [{{{layer}}}]").solve().unknowns["q"].solutions
    assert wanted
    assert [n for n in found if n < TRIED] == wanted


@pytest.mark.parametrize("value", ["[-1, 0]", "[0, -1]", "[[-1, 0], [0, 0]]", "[[0, 0], [0, -1]]", "-1"])
@pytest.mark.parametrize("layer", ["conv: {{filters: 1, kernel: 3, padding: {}}}", "maxpool: {{size: 3, padding: {}}}",
                                   "pad: {{amount: {}}}", "crop: {{amount: {}}}"])  # fmt: skip
def test_no_side_of_a_padding_is_negative(value: str, layer: str) -> None:
    assert not fits("8x8x1", f"{{{layer.format(value)}}}")
    assert fits("8x8x1", f"{{{layer.format(value.replace('-1', '1'))}}}")


@pytest.mark.parametrize(
    ("output", "field"),
    [("4", [2, 2]), ("[4, 2]", [2, 4]), ("[4, 3]", None), ("[3, 4]", None), ("3", None), ("8", [1, 1])],
)
def test_an_adaptive_pool_is_aligned_where_every_axis_divides(output: str, field: list[int] | None) -> None:
    summary = parse(f"input: 8x8x1\nlayers: [{{adaptive_avgpool: {output}}}]").summary()
    assert summary.rows[0].receptive_field == field


@pytest.mark.parametrize(("size", "pool", "stride"), [
    ("9x9x1", "{size: 3, stride: 2}", [2, 2]), ("9x7x1", "{size: 2, stride: [3, 2], ceil_mode: true}", [3, 2]),
    ("11x8x1", "{size: [2, 3], stride: [4, 1], ceil_mode: true}", [4, 1]),
])  # fmt: skip
def test_a_pool_is_turned_over_by_its_stride(size: str, pool: str, stride: list[int]) -> None:
    """Each axis by its own: what comes back has the size that there was."""
    summary = parse(f"input: {size}\nencoder: [{{maxpool: {pool}}}]\ndecoder: mirror").summary()
    assert "x".join(map(str, summary.rows[-1].output.sizes)) == size
    (upsample,) = [row for row in summary.rows if row.kind == "upsample"]
    pooled = summary.rows[0].output.sizes
    assert [after // before for before, after in zip(pooled, upsample.output.sizes[:2], strict=False)] == stride
