"""The fast forms against the reference kernels, on sizes where pieces and borders meet; plans and buffers."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

import cnncalc
from cnncalc.engine import initial
from cnncalc.engine.planning.buffers import Buffer, settle
from cnncalc.engine.planning.layout import Layout
from cnncalc.errors import EngineError
from cnncalc.shape import Shape

Both = Callable[..., None]


def layout_of(text: str, batch: int = 1, whole: bool = False) -> Layout:
    return Layout(cnncalc.parse(text).summary(), batch, whole=whole)


@pytest.mark.parametrize("layer", [
    "conv: {filters: 24, kernel: 1}", "conv: {filters: 24, kernel: 1, stride: 2}",
    "conv: {filters: 300, kernel: 3, padding: 1, stride: 2}",
    "conv: {filters: 7, kernel: 5, dilation: 2, padding: same}",
    "conv: {filters: 24, kernel: [1, 7], padding: [[0, 0], [3, 3]]}",
    "conv: {filters: 520, kernel: 1, activation: softmax}",
    "conv: {filters: 20, groups: 20, kernel: 3, padding: 1}", "conv: {filters: 40, groups: 20, kernel: 3}",
    "depthwise_conv: {kernel: 3, padding: 1, activation: relu6}", "depthwise_conv: {kernel: 5, stride: 2, padding: 2}",
    "depthwise_conv: {kernel: 3, dilation: 2}", "depthwise_conv: {kernel: 3, multiplier: 2}",
    "conv: {filters: 24, kernel: 3, padding: 1, weight_norm: true}", "dense: {units: 60, weight_norm: true}",
    "maxpool: {size: 3, stride: 2, padding: 1}", "maxpool: {size: [1, 3], stride: 1, dilation: 2}",
    "maxpool: {size: 3, stride: 2, ceil_mode: true}", "avgpool: {size: 3, stride: 2, padding: 1}",
    "avgpool: {size: 3, stride: 1, padding: same, count_include_pad: false}", "dense: {units: 700}",
    "dense: {units: 60, flatten: false}", "global_avgpool", "batchnorm", "gelu", "softmax",
    "upsample: [2, 3]", "upsample",
    "conv: {filters: 15, groups: 5, kernel: 3, padding: 1, activation: relu}",
    "conv: {filters: 8, groups: 4, kernel: 1, activation: softmax}",
    "separable_conv: {filters: 11, kernel: 3, padding: 1, activation: relu}",
    "separable_conv: {filters: 40, kernel: 3, stride: 2, dilation: 2}",
    "separable_conv: {filters: 9, kernel: 3, multiplier: 2}",
    "separable_conv: {filters: 9, kernel: 3, activation: softmax}",
    "transposed_conv: {filters: 7, kernel: 2, stride: 2, activation: relu}",
    "transposed_conv: {filters: 7, kernel: 3, stride: 2, padding: 1, output_padding: 1}",
    "transposed_conv: {filters: 7, kernel: 5, stride: 3, padding: same, activation: softmax}",
    "transposed_conv: {filters: 7, kernel: [4, 3], stride: [3, 1], padding: [[0, 3], [2, 0]]}",
    "transposed_conv: {filters: 7, kernel: 5, stride: 1, padding: 2}",
    "transposed_conv: {filters: 7, kernel: 2, stride: 3}", "transposed_conv: {filters: 7, kernel: 3, dilation: 2}",
    "transposed_conv: {filters: 10, kernel: 3, stride: 2, groups: 5}",
    "transposed_conv: {filters: 7, kernel: 2, stride: 2, padding: same_lower, bias: false}",
])  # fmt: skip
def test_fast_forms_equal_the_reference(layer: str, crew: int, both: Both) -> None:
    for layout, size in (("channels_last", "23x18x20"), ("channels_first", "20x23x18")):
        both(f"layout: {layout}\ninput: {size}\nlayers:\n- {layer}", batch=3)


@pytest.mark.parametrize("layer", [
    "conv: {filters: 6, kernel: 3, padding: 1, activation: relu}", "conv: {filters: 6, kernel: [1, 3, 2], stride: 2}",
    "conv: {filters: 6, kernel: 2, dilation: 2, activation: softmax}", "conv: {filters: 6, kernel: 1}",
    "conv: {filters: 6, kernel: 3, groups: 2}", "maxpool: 2", "transposed_conv: {filters: 3, kernel: 2, stride: 2}",
    "batchnorm", "relu", "dense: 7",
])  # fmt: skip
def test_volumes_equal_the_reference(layer: str, crew: int, both: Both) -> None:
    for layout, size in (("channels_last", "5x9x8x4"), ("channels_first", "4x5x9x8")):
        both(f"layout: {layout}\ninput: {size}\nlayers:\n- {layer}\n- relu", batch=3)


@pytest.mark.parametrize("fields", ["heads: 2", "heads: 3, key_dim: 5, causal: true", "heads: 1, bias: false"])
def test_attention_equals_the_reference(fields: str, crew: int, both: Both) -> None:
    both(
        f"input: 23x8\nlayers: [layernorm, {{attention: {{{fields}}}}}, {{add: {{from: [attention1, input]}}}}]",
        batch=3,
    )
    both(f"input: {{a: 23x8, b: 9x6}}\nlayers: [{{attention: {{from: [a, b], {fields}}}}}, softmax]", batch=2)


def test_sums_after_grouped_transposed_and_deep_convolutions(crew: int, both: Both) -> None:
    for size, layer in (
        ("9x8x6", "conv: {filters: 6, kernel: 3, padding: 1, groups: 3, activation: tanh}"),
        ("9x8x6", "transposed_conv: {filters: 6, kernel: 3, padding: 1}"),
        ("9x6", "transposed_conv: {filters: 6, kernel: 3, stride: 1, padding: same}"),
        ("9x8x6", "transposed_conv: {filters: 6, kernel: 3, padding: 1, groups: 2}"),
        ("9x8x6", "separable_conv: {filters: 6, kernel: 3, padding: 1}"),
        ("5x9x8x6", "conv: {filters: 6, kernel: 3, padding: 1}"),
    ):
        both(f"input: {size}\nlayers: [{{{layer}}}, batchnorm, {{add: {{from: [batchnorm1, input]}}}}, relu]", batch=2)


def test_small_maps_with_many_filters_share_the_filters(crew: int, both: Both) -> None:
    both("input: 7x7x96\nlayers: [{conv: {filters: 640, kernel: 3, padding: 1}}, batchnorm, relu]")
    both("input: 7x7x96\nlayers: [{conv: {filters: 640, kernel: 1, activation: softmax}}]")


def random_network(chooser: random.Random) -> str:
    """A graph of layers of the same size, whose operands are any of those before."""
    lines, names = [], ["input"]
    channels = {"input": 8}
    for number in range(chooser.randint(4, 14)):
        kind = chooser.choice(("conv", "conv", "conv", "depthwise_conv", "batchnorm", "relu", "add", "concat",
                               "maxpool", "avgpool", "dropout", "multiply", "relu6"))  # fmt: skip
        name, source = f"l{number}", chooser.choice(names[-3:])
        same = [n for n in names if channels[n] == channels[source]]
        fields, out = {}, channels[source]
        if kind == "conv":
            out = chooser.choice((8, 8, 16, 33))
            kernel = chooser.choice((1, 3, 3, 5))
            fields = {"filters": out, "kernel": kernel, "padding": kernel // 2}
            fields |= {"activation": chooser.choice(("relu", "tanh"))} if chooser.random() < 0.3 else {}
        elif kind == "depthwise_conv":
            fields = {"kernel": 3, "padding": 1}
        elif kind in ("maxpool", "avgpool"):
            fields = {"size": 3, "stride": 1, "padding": 1}
        elif kind in ("add", "multiply"):
            fields = {"from": [source, chooser.choice(same)]}
        elif kind == "concat":
            operands = [chooser.choice(names) for _ in range(chooser.randint(2, 4))]
            fields, out = {"from": operands}, sum(channels[n] for n in operands)
        fields = {"from": source, **fields, "name": name}
        if out > 300:
            continue
        listed = ", ".join(f"{key}: {value}" for key, value in fields.items()).replace("'", "")
        lines.append(f"- {kind}: {{{listed}}}")
        names.append(name)
        channels[name] = out
    return "input: 9x11x8\nlayers:\n" + "\n".join(lines)


@pytest.mark.parametrize("part", range(6))
def test_random_graphs_equal_the_reference(part: int, both: Both) -> None:
    chooser = random.Random(part)
    for number in range(25):
        both(random_network(chooser), batch=2, seed=number, limit=3e-5)


@pytest.mark.parametrize("part", range(3))
def test_outputs_that_are_alive_together_do_not_overlap(part: int) -> None:
    chooser = random.Random(part)
    for _ in range(30):
        layout = layout_of(random_network(chooser), whole=chooser.random() < 0.5)
        roots = {id(b.root): b.root for b in layout.buffers.values()}.values()
        held = [(layout.places[id(r)], layout.places[id(r)] + math.prod(r.sizes), r.first, r.last) for r in roots]
        for i, (begin, end, first, last) in enumerate(held):
            assert end <= layout.size
            for other_begin, other_end, other_first, other_last in held[:i]:
                together = first <= other_last and other_first <= last
                assert not together or end <= other_begin or other_end <= begin


def test_memory_is_used_again() -> None:
    chain = "input: 64x64x8\nlayers: [" + ", ".join(["{conv: {filters: 8, kernel: 1}}"] * 40) + "]"
    layout = layout_of(chain)
    assert layout.size == 2 * 64 * 64 * 8


def test_gaps_are_joined_and_filled() -> None:
    buffers = []
    for size, first, last in ((100, 0, 1), (200, 0, 2), (50, 0, 9), (290, 3, 4), (30, 3, 9)):
        buffers.append(Buffer(1, Shape((), 16 * size), first))
        buffers[-1].last = last
    size, places = settle(buffers)
    assert size == 16 * 380  # the fourth lies where the first two were; the last beyond all
    assert places[id(buffers[3])] == 0


FOLDED = """
input: 12x12x8
layers:
- conv: {name: a, filters: 16, kernel: 3, padding: 1}
- batchnorm: {name: n}
- relu: {name: r}
- dropout: {name: d}
- conv: {name: b, filters: 16, kernel: 3, padding: 1}
- batchnorm: {name: m}
- add: {name: s, from: [m, d], activation: relu6}
- concat: {name: c, from: [s, d]}
"""


def test_what_follows_a_convolution_is_done_with_it(both: Both) -> None:
    layout = layout_of(FOLDED)
    assert [op.name for op in layout.ops] == ["a + n + r + d", "b + m + s", "c"]
    assert [op.name for op in layout_of(FOLDED, whole=True).ops] == ["a", "n", "r", "d", "b", "m", "s", "c"]
    joined = layout.buffers[layout.ops[2].value]
    assert all(layout.buffers[op.value].parent is joined for op in layout.ops[:2])
    assert joined.sizes == (1, 14, 14, 32)  # with the border that b wants
    assert "b + m + s: conv, 1×12×12×16 at " in str(layout)
    both(FOLDED, batch=2)


def test_a_layer_that_is_read_twice_is_not_folded() -> None:
    layout = layout_of("input: 9x9x8\nlayers:\n- conv: {name: a, filters: 8, kernel: 1}\n- batchnorm: {name: n}\n"
                       "- relu: {name: r, from: a}\n- add: {name: s, from: [n, r]}")  # fmt: skip
    assert [op.name for op in layout.ops] == ["a", "r", "n + s"]


def test_kernels_are_folded_in_place_only_where_nobody_else_uses_them(both: Both) -> None:
    text = """
input: 9x9x8
layers:
- conv: {name: a, filters: 8, kernel: 1}
- batchnorm: {name: n}
- use: {name: again, layer: a}
- batchnorm: {name: m}
"""
    both(text)
    net = cnncalc.parse(text)
    x = np.ones((9, 9, 8))
    np.testing.assert_array_equal(net.build(seed=3)(x), net.build(initial.initial(net.summary(), 3))(x))
    arrays = initial.initial(net.summary(), 3)
    before = {name: array.copy() for name, array in arrays.items()}
    net.build(arrays)(x)
    for name, array in arrays.items():
        np.testing.assert_array_equal(array, before[name])


def test_a_pool_with_padding_beside_a_convolution_on_negative_numbers(both: Both) -> None:
    both("input: 9x9x8\nlayers:\n- tanh: {name: t}\n- conv: {name: a, from: t, filters: 8, kernel: 3, padding: 1}\n"
         "- maxpool: {name: p, from: t, size: 3, stride: 1, padding: 1}\n- concat: {from: [a, p]}")  # fmt: skip


def test_a_model_takes_other_numbers_of_examples_in_turn() -> None:
    net = cnncalc.parse(FOLDED)
    model, x = net.build(seed=1), np.random.default_rng(0).standard_normal((5, 12, 12, 8))
    whole = model(x)
    for count in (1, 5, 2):
        np.testing.assert_allclose(model(x[:count]), whole[:count], rtol=1e-5, atol=1e-5)
    first = model(x)
    model(x[::-1])
    np.testing.assert_array_equal(first, whole)  # an output is the caller's own


def test_runs_are_equal_bit_for_bit_with_any_number_of_workers(crew: int) -> None:
    model = cnncalc.parse(
        "input: 40x40x32\nlayers: [{conv: {filters: 48, kernel: 3}}, {conv: {filters: 9, kernel: 5}}]"
    ).build()
    x = np.random.default_rng(0).standard_normal((2, 40, 40, 32))
    first = model(x).tobytes()
    assert all(model(x).tobytes() == first for _ in range(5))


@pytest.mark.parametrize("total", [1, 5, 36, 100])
def test_spans_cover_everything_once(total: int) -> None:
    from cnncalc.engine.fast.job import pieces, spans

    for most in (1, 3, 7, 1000):
        parts = spans(total, most)
        assert parts[0].start == 0
        assert parts[-1].stop == total
        assert all(a.stop == b.start for a, b in pairwise(parts))
        assert all(1 <= part.stop - part.start <= most for part in parts)
        for examples in (1, 4):
            covered = [(n, r) for e, rows in pieces(examples, total, most, 2)
                       for n in range(e.start, e.stop) for r in range(rows.start, rows.stop)]  # fmt: skip
            assert sorted(covered) == [(n, r) for n in range(examples) for r in range(total)]


def test_a_window_beyond_its_buffer_is_told_as_a_bug(monkeypatch: Any) -> None:

    monkeypatch.setattr(Buffer, "widen", lambda self, widths: None)
    with pytest.raises(EngineError, match="this is a bug in cnncalc"):
        cnncalc.parse("input: 9x9x8\nlayers: [{conv: {filters: 8, kernel: 3, padding: 1}}]").build()(
            np.zeros((9, 9, 8))
        )
