"""``decoder: mirror`` gives an encoder's sizes back, odd ones included."""

from __future__ import annotations

import random

import pytest

from cnncalc import api
from cnncalc.errors import SpecError


def encoder(rng: random.Random) -> list[str]:
    """Layers drawn by lot that lose positions in every way that can be undone."""
    word = rng.choice(("same", "same_lower", "valid", "1", "[[1, 0], [2, 1]]"))
    stride, kernel = rng.randint(1, 3), rng.randint(3, 5)
    forms = [
        f"conv: {{filters: 8, kernel: {kernel}, stride: {stride}, padding: {word}, activation: relu}}",
        f"conv: {{filters: 4, kernel: 3, stride: [{stride}, 2], dilation: {rng.randint(1, 2)}, bias: false}}",
        f"depthwise_conv: {{kernel: {kernel}, multiplier: 2, stride: {stride}, padding: {word}}}",
        f"separable_conv: {{filters: 6, kernel: 3, stride: {stride}, padding: {word}}}",
        f"maxpool: {{size: {rng.randint(2, 3)}, stride: 2, ceil_mode: {rng.choice(('true', 'false'))}}}",
        "avgpool: {size: 3, stride: 2, padding: same}",
        "transposed_conv: {filters: 4, kernel: 3, stride: 2, padding: 1}",
        "pad: [[1, 0], [0, 2]]", "crop: 1", "upsample: 2", "relu", "batchnorm", "permute: [2, 1, 3]",
    ]  # fmt: skip
    return [rng.choice(forms) for _ in range(rng.randint(1, 4))]


def drawn(rng: random.Random) -> tuple[str, str]:
    """The size of an input, and the network that encodes it."""
    size = f"{rng.randint(20, 60)}x{rng.randint(20, 60)}x{rng.choice((1, 3))}"
    layers = encoder(rng) + rng.choice(([], ["dense: 5"], ["flatten", "dense: {units: 7, activation: relu}"]))
    return size, f"input: {size}\nencoder:\n" + "".join(f"  - {layer}\n" for layer in layers)


def fits(text: str) -> bool:
    """Whether the encoder by itself fits its input."""
    try:
        api.parse(text).summary()
    except SpecError:
        return False
    return True


@pytest.mark.parametrize("seed", range(150))
def test_the_sizes_come_back(seed: int) -> None:
    rng = random.Random(seed)
    size, text = drawn(rng)
    while not fits(text):
        size, text = drawn(rng)
    summary = api.parse(text + "decoder: mirror\n").summary()
    (output,) = summary.outputs.values()
    assert "x".join(map(str, output.sizes)) == size
    assert summary.network.blocks["decoder"].last == len(summary.rows)


@pytest.mark.parametrize("size", [28, 29, 30, 31])
def test_what_a_stride_left_out_becomes_output_padding(size: int) -> None:
    text = f"input: {size}x{size}x1\nencoder: [{{conv: {{filters: 4, kernel: 3, stride: 4}}}}]\ndecoder: mirror\n"
    row = api.parse(text).summary()["decoder/transposed_conv1"]
    assert row.output.sizes == (size, size, 1)
    assert row.layer.kind.__dict__["output_padding"] == (size - 3) % 4


def test_an_unknown_size_comes_back() -> None:
    text = "input: HxHx1\nencoder: [{conv: {filters: 4, kernel: 3, stride: 4}}, relu]\ndecoder: mirror\n"
    (output,) = api.parse(text).summary().outputs.values()
    assert list(map(str, output.sizes)) == ["H", "H", "1"]


def test_the_decoder_activates_what_the_encoder_did() -> None:
    text = (
        "input: 12x12x1\nencoder: [{conv: {filters: 4, kernel: 3, activation: relu}}, "
        "{conv: {filters: 8, kernel: 3, activation: tanh}}]\ndecoder: mirror\n"
    )
    rows = api.parse(text).summary().rows[2:]
    assert [row.name for row in rows] == ["decoder/transposed_conv1", "decoder/transposed_conv2"]
    assert [row.layer.kind.__dict__["activation"] for row in rows] == ["relu", None]


@pytest.mark.parametrize(
    ("layer", "says"),
    [
        ("global_avgpool", "throws positions away"),
        ("residual: {body: [{conv: {filters: 1, kernel: 3, padding: 1}}]}", "does not read the one layer above it"),
    ],
)
def test_what_cannot_be_undone(layer: str, says: str) -> None:
    with pytest.raises(SpecError, match=says) as caught:
        api.parse(f"input: 12x12x1\nencoder:\n  - {layer}\ndecoder: mirror\n")
    assert caught.value.problems[0].mark is not None


def test_an_encoder_that_does_not_fit_says_so_itself() -> None:
    with pytest.raises(SpecError, match="does not fit into 4×4"):
        api.parse("input: 4x4x1\nencoder: [{conv: {filters: 1, kernel: 9}}]\ndecoder: mirror\n").summary()
