"""Counts on which tools disagree, each with what its users reported and what is right.

The issues named are those of the tools (torchinfo, thop, ptflops, PyTorch, Keras) in which the disagreement came up.
"""

from __future__ import annotations

from typing import Any

import pytest

from cnncalc import parse

#: A spec's input and one layer, a quantity, what is right, and what another tool says.
COUNTS = {
    "transposed convolution: on the input positions (ptflops#57, thop#92)": (
        "2x2x3", "transposed_conv: {filters: 1, kernel: 2, stride: 2, bias: false}", "macs", 48, 192,
    ),
    "multiply-accumulates leave the bias out (thop#231)": (
        "6x6x3", "conv: {filters: 5, kernel: 3}", "macs", 2_160, 2_240,
    ),
    "batchnorm trains 2 numbers a channel (pytorch#23936)": ("8x8x16", "batchnorm", "trainable_params", 32, 64),
    "batchnorm moves 2 numbers a channel": ("8x8x16", "batchnorm", "non_trainable_params", 32, 0),
    "a linear layer on a sequence: at every step (torchinfo#77)": ("10x16", "dense: 32", "macs", 5_120, 512),
    "gru with one bias (Keras 1)": ("5x16", "gru: {units: 32, bidirectional: true}", "params", 9_408, 9_600),
    "gru with two biases (Keras reset_after, PyTorch)": (
        "5x16", "gru: {units: 32, bidirectional: true, biases: 2}", "params", 9_600, 9_408,
    ),
    "lstm with one bias (Keras)": ("5x128", "lstm: 256", "params", 394_240, 395_264),
    "lstm with two biases (PyTorch)": ("5x128", "lstm: {units: 256, biases: 2}", "params", 395_264, 394_240),
    "attention is 4E² + 4E for any number of heads (PyTorch)": ("7x64", "attention: 4", "params", 16_640, 66_048),
    "attention's key_dim is that of one head (keras#18373)": (
        "7x64", "attention: {heads: 4, key_dim: 64}", "params", 66_368, 16_640,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", COUNTS)
def test_a_disputed_count(name: str) -> None:
    size, layer, quantity, right, elsewhere = COUNTS[name]
    (row,) = parse(f"input: {size}\nlayers:\n  - {layer}").summary().rows
    assert getattr(row, quantity) == right != elsewhere


#: A spec's input and one layer, and the size that comes out.
SIZES = {
    "a last window that starts in the end padding is dropped (pytorch#116420)": (
        "9x9x1", "maxpool: {size: 4, stride: 4, padding: 2, ceil_mode: true}", [3, 3, 1],
    ),
    "sizes that do not divide are rounded down (cs231n calls them invalid)": (
        "10x10x1", "conv: {filters: 1, kernel: 3, stride: 2}", [4, 4, 1],
    ),
    "same with stride 2 rounds up (pytorch#67551)": (
        "7x7x1", "conv: {filters: 1, kernel: 3, stride: 2, padding: same}", [4, 4, 1],
    ),
    "output_padding tells the inputs of one convolution apart (keras#9883)": (
        "4x4x1", "transposed_conv: {filters: 1, kernel: 3, stride: 2, padding: 1, output_padding: 1}", [8, 8, 1],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", SIZES)
def test_a_disputed_size(name: str) -> None:
    size, layer, output = SIZES[name]
    summary = parse(f"input: {size}\nlayers:\n  - {layer}").summary()
    assert summary.rows[0].output.written(summary.layout) == output


@pytest.mark.parametrize(("size", "begin"), [(224, 0), (225, 1)])
def test_the_odd_one_of_same_is_at_the_end(size: int, begin: int) -> None:
    """TensorFlow pads an even image of a 3×3 window at stride 2 with 0 and 1, an odd one with 1 and 1."""
    text = f"input: {size}x{size}x3\nlayers: [conv: {{filters: 1, kernel: 3, stride: 2, padding: same}}]"
    (seen,) = parse(text).summary().fields
    assert seen.fields is not None
    assert [field.padding for field in seen.fields] == [begin, begin]


def test_shared_weights_are_counted_once_and_worked_with_each_time() -> None:
    """torchinfo#322 and pytorch-summary#37 count them once a call."""
    text = "input: 8x8x4\nlayers:\n  - conv: {name: a, filters: 4, kernel: 3, padding: 1}\n  - use: {layer: a}"
    totals: Any = parse(text).summary().totals
    assert totals.params == 148
    assert totals.macs == 2 * 8 * 8 * 9 * 4 * 4
