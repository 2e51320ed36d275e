"""Follow-through, quantity by quantity: what a student had is put into the network, and the rest follows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

Mark = Callable[..., list[dict[str, Any]]]

ONE = "input: 10x10x3, layers: [{conv: {name: a, filters: 4, kernel: 3}}, {conv: {name: b, filters: 2, kernel: 3}}]"
PADDED = (
    "input: 16x16x1, layers: [{conv: {name: a, filters: 1, kernel: 3, padding: 1, stride: 2}}, "
    "{conv: {name: b, filters: 1, kernel: 5, padding: 2}}]"
)


def followed(mark: Mark, network: str, key: dict[str, str], own: dict[str, str]) -> list[str]:
    """The answers that follow from earlier ones, where ``key`` is right."""
    answers = ", ".join(f"{name}: {value}" for name, value in key.items())
    text = f"problems:\n  - {{id: Q, {network}, answers: {{{answers}}}}}"
    return [row["key"] for row in mark(text, *(("Q", *row) for row in own.items())) if row["follow_through"]]


@pytest.mark.parametrize(
    ("key", "own"),
    [
        ({"a.macs": "6912", "a.flops": "13824"}, {"a.macs": "7000", "a.flops": "14000"}),
        ({"a.flops": "13824", "a.macs": "6912"}, {"a.flops": "14000", "a.macs": "7000"}),
        ({"a.params": "112", "a.weight_bytes": "448"}, {"a.params": "108", "a.weight_bytes": "432"}),
        ({"a.activations": "256", "a.activation_bytes": "1024"}, {"a.activations": "64", "a.activation_bytes": "256"}),
        ({"a.macs": "6912", "total.macs": "9504"}, {"a.macs": "7000", "total.macs": str(7000 + 6 * 6 * 9 * 4 * 2)}),
        ({"a.flops": "13824", "total.macs": "9504"}, {"a.flops": "14000", "total.macs": str(7000 + 6 * 6 * 9 * 4 * 2)}),
    ],
)  # fmt: skip
def test_a_multiple_follows_and_only_as_the_same_multiple(mark: Mark, key: dict[str, str], own: dict[str, str]) -> None:
    last = list(own)[-1]
    assert followed(mark, ONE, key, own) == [last]
    for other in (int(own[last]) + 1, int(own[last]) // 2, 2 * int(own[last])):
        assert followed(mark, ONE, key, {**own, last: str(other)}) == []


@pytest.mark.parametrize("size", [1, 3, 7, 9])
def test_every_size_follows_also_one_of_1(mark: Mark, size: int) -> None:
    network = "input: 10x10x3, layers: [{conv: {name: a, filters: 4, kernel: 3}}, {dense: {name: b, units: 2}}]"
    key = {"a.output": "8x8x4", "b.params": "514"}
    own = {"a.output": f"{size}x{size}x4", "b.params": str(2 * (4 * size * size + 1))}
    assert followed(mark, network, key, own) == ["b.params"]
    assert followed(mark, network, key, {**own, "b.params": str(2 * 4 * size * size)}) == []


@pytest.mark.parametrize("padding", [0, 2, 5])
def test_an_effective_padding_follows(mark: Mark, padding: int) -> None:
    key = {"a.effective_padding": "1", "b.effective_padding": "5"}
    own = {"a.effective_padding": str(padding), "b.effective_padding": str(padding + 2 * 2)}
    assert followed(mark, PADDED, key, own) == ["b.effective_padding"]
    assert followed(mark, PADDED, key, {**own, "b.effective_padding": str(padding + 2)}) == []


def test_an_effective_stride_follows(mark: Mark) -> None:
    key = {"a.effective_stride": "2", "b.receptive_field": "11"}
    own = {"a.effective_stride": "3", "b.receptive_field": str(3 + 4 * 3)}
    assert followed(mark, PADDED, key, own) == ["b.receptive_field"]


@pytest.mark.parametrize("layout", ["channels_last", "channels_first"])
def test_spatial_sizes_follow_where_the_key_has_no_more(mark: Mark, layout: str) -> None:
    network = ONE if layout == "channels_last" else ONE.replace("10x10x3", "3x10x10") + ", layout: channels_first"
    key = {"a.output": "8x8", "b.output": "6x6", "b.macs": "2592"}
    own = {"a.output": "10x10", "b.output": "8x8", "b.macs": str(8 * 8 * 9 * 4 * 2)}
    assert followed(mark, network, key, own) == ["b.output", "b.macs"]
    assert followed(mark, network, key, {**own, "b.output": "9x9", "b.macs": "1"}) == []
