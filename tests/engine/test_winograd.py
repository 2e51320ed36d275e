"""Winograd's convolutions against the reference kernels, on sizes where tiles and borders meet."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

import cnncalc
from cnncalc.engine import initial
from cnncalc.engine.model import Model
from cnncalc.engine.planning import fuse
from cnncalc.engine.planning.buffers import settle
from cnncalc.engine.planning.layout import Layout
from cnncalc.engine.planning.plan import Plan

Both = Callable[..., None]


def layout_of(text: str, batch: int = 1, whole: bool = False) -> Layout:
    return Layout(cnncalc.parse(text).summary(), batch, whole=whole)


@pytest.mark.parametrize("size", ["28x28", "29x31", "16x50", "8x200", "30x30", "200x3", "90x1"])
@pytest.mark.parametrize("batch", [1, 3])
@pytest.mark.parametrize("padding", ["2", "same", "[[2, 0], [3, 4]]"])
@pytest.mark.parametrize(("kernel", "tile"), [(3, 6), (3, 4), (5, 6)])
def test_winograd_is_a_convolution(size: str, batch: int, padding: str, kernel: int, tile: int, crew: int) -> None:
    text = (
        f"input: {size}x32\nlayers: [{{conv: {{filters: 40, kernel: {kernel}, padding: {padding}, activation: relu}}}}]"
    )
    summary = cnncalc.parse(text).summary()
    layout = Layout(summary, batch)
    layout.tiled = dict.fromkeys(layout.ops, tile)  # whatever it would choose
    layout.needs = [layout._need(op) for op in layout.ops]
    layout._widen()
    layout.size, layout.places = settle(list(layout.buffers.values()))
    arrays = initial.initial(summary, 0)
    plan = Plan(layout, {op.head.index: fuse.folded(summary, op, arrays) for op in layout.ops})
    x = np.random.default_rng(0).standard_normal((batch, *summary.inputs["input"].sizes), np.float32)
    wanted = Model(summary, arrays, cnncalc.Limits(), "reference").run({"input": x})["conv1"]
    got = plan.run({"input": x})["conv1"]
    assert np.abs(got - wanted).max() <= 1e-5 * np.abs(wanted).max()


def test_winograd_is_chosen_by_shape_and_within_its_share() -> None:
    conv = "layers: [{{conv: {{filters: {}, kernel: {}, stride: {}, padding: 1, groups: {}}}}}, {{dense: 1000}}]"
    for sizes, fields, wanted in (
        ("56x56x64", (64, 3, 1, 1), True), ("56x56x64", (64, 3, 2, 1), False), ("56x56x64", (64, 5, 1, 1), True),
        ("56x56x32", (64, 5, 1, 1), False), ("56x56x32", (64, 3, 1, 1), True), ("56x56x64", (64, 7, 1, 1), False),
        ("56x56x64", (64, 3, 1, 2), False), ("56x56x3", (64, 3, 1, 1), False), ("7x7x64", (64, 3, 1, 1), False),
    ):  # fmt: skip
        layout = layout_of(f"input: {sizes}\n" + conv.format(*fields))
        assert bool(layout.tiled) == wanted, (sizes, fields)
    for sizes, filters, tile in (("28x28x96", 96, 6), ("14x14x96", 96, 4), ("14x14x64", 64, None)):
        layout = layout_of(f"input: {sizes}\n" + conv.format(filters, 3, 1, 1))
        assert list(layout.tiled.values()) == [tile] * (tile is not None)
    alone = layout_of("input: 16x16x256\nlayers: [{conv: {filters: 256, kernel: 3, padding: 1}}]")
    assert not alone.tiled  # its kernels would be four times all weights
    many = layout_of("input: 16x16x256\nlayers: [{conv: {filters: 256, kernel: 3, padding: 1}}]", batch=200)
    assert many.tiled


@pytest.mark.parametrize("size", ["33x31", "36x34", "300x3"])
@pytest.mark.parametrize("kernel", [3, 5])
@pytest.mark.parametrize("act", ["linear", "relu", "silu"])
def test_a_pool_after_winograd_is_done_with_it(size: str, kernel: int, act: str, crew: int, both: Both) -> None:
    text = (
        f"input: {size}x64\nlayers: [{{conv: {{filters: 64, kernel: {kernel}, padding: same, activation: {act}}}}}, "
        "{maxpool: 2}, {conv: {filters: 8, kernel: 3, padding: 1}}, {dense: 9000}]"
    )
    layout = layout_of(text)
    assert [op.pooled for op in layout.ops] == ([True] if act != "silu" else [False, False]) + [False] * 2
    both(text, batch=2)


@pytest.mark.parametrize("pool", [
    "maxpool: {size: 3, stride: 2}", "maxpool: {size: 2, stride: 1}", "maxpool: {size: 2, padding: 1}",
    "maxpool: {size: 2, ceil_mode: true}", "avgpool: 2", "add: {from: [conv1, input]}}, {maxpool: 2",
])  # fmt: skip
def test_no_other_pool_is(pool: str, both: Both) -> None:
    text = f"input: 33x33x64\nlayers: [{{conv: {{filters: 64, kernel: 3, padding: 1}}}}, {{{pool}}}, {{dense: 900}}]"
    layout = layout_of(text)
    assert layout.tiled
    assert not any(op.pooled for op in layout.ops)
    both(text)


def test_a_map_that_is_read_twice_is_not_pooled_away(both: Both) -> None:
    text = (
        "input: 32x32x64\nlayers: [{conv: {filters: 64, kernel: 3, padding: 1}}, {maxpool: 2}, {upsample: 2}, "
        "{add: {from: [conv1, upsample1]}}, {dense: 900}]"
    )
    assert not any(op.pooled for op in layout_of(text).ops)
    both(text)
