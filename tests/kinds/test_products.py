"""Multiply-accumulates counted one by one: input, weights all ones, no bias, no padding, and plain loops.

The outputs of such a layer sum to its multiply-accumulates, for every one of them adds 1 to one output. (A separable
convolution is two layers; the second is fed ones again.)
"""

from __future__ import annotations

import itertools
import random
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from cnncalc import parse
from cnncalc.kinds import find
from cnncalc.shape import Shape

Sizes = tuple[int, ...]


def spots(sizes: Sizes) -> Iterator[Sizes]:
    """Every position of a grid."""
    return itertools.product(*map(range, sizes))


def windows(x: Shape, kernel: Sizes, stride: Sizes, dilation: Sizes) -> Iterator[tuple[Sizes, Sizes]]:
    """Every output position with each input position that its window covers, found by sliding it along."""
    starts = [
        [start for start in range(0, w, s) if start + d * (f - 1) < w]
        for w, f, s, d in zip(x.spatial, kernel, stride, dilation, strict=True)
    ]
    for corner in itertools.product(*starts):
        for spot in spots(kernel):
            yield corner, tuple(c + d * o for c, d, o in zip(corner, dilation, spot, strict=True))


def conv(x: Shape, k: Any) -> int:
    outputs: Counter[Any] = Counter()
    for corner, _ in windows(x, k.kernel, k.stride, k.dilation):
        for filter in range(k.filters):
            group = filter * k.groups // k.filters
            for channel in range(x.channels):
                if channel * k.groups // x.channels == group:
                    outputs[corner, filter] += 1
    return sum(outputs.values())


def depthwise(x: Shape, k: Any) -> int:
    outputs: Counter[Any] = Counter()
    for corner, _ in windows(x, k.kernel, k.stride, k.dilation):
        for channel, copy in spots((x.channels, k.multiplier)):
            outputs[corner, channel, copy] += 1
    return sum(outputs.values())


def separable(x: Shape, k: Any) -> int:
    corners = {corner for corner, _ in windows(x, k.kernel, k.stride, k.dilation)}
    pointwise = sum(1 for _ in itertools.product(corners, range(x.channels * k.multiplier), range(k.filters)))
    return depthwise(x, k) + pointwise


def transposed(x: Shape, k: Any) -> int:
    """Every input position spreads its window over the output."""
    outputs: Counter[Any] = Counter()
    for at in spots(x.spatial):
        for spot in spots(k.kernel):
            to = tuple(a * s + d * o for a, s, d, o in zip(at, k.stride, k.dilation, spot, strict=True))
            for channel, filter in spots((x.channels, k.filters)):
                if channel * k.groups // x.channels == filter * k.groups // k.filters:
                    outputs[to, filter] += 1
    return sum(outputs.values())


def local(x: Shape, k: Any) -> int:
    each = (1,) * len(x.spatial)
    return sum(x.channels * k.filters for _ in windows(x, k.kernel, k.stride, each))


COUNTS: dict[str, Callable[[Shape, Any], int]] = {
    "conv": conv, "depthwise_conv": depthwise, "separable_conv": separable, "transposed_conv": transposed,
    "locally_connected": local,
}  # fmt: skip


def drawn(word: str, rng: random.Random) -> tuple[Shape, Any]:
    """A small layer of the kind ``word``, and an input that it fits."""
    rank = rng.choice([1, 2, 2, 3])
    groups = rng.choice([1, 1, 2, 3])
    known = find(word).fields  # type: ignore[union-attr]
    fields: dict[str, Any] = {name: tuple(rng.randint(1, 3) for _ in range(rank)) for name in ("kernel", "stride")}
    if "dilation" in known:
        fields["dilation"] = tuple(rng.randint(1, 2) for _ in range(rank))
    if "groups" in known:
        fields["groups"] = groups
    if "multiplier" in known:
        fields["multiplier"] = rng.randint(1, 3)
    if "filters" in known:
        fields["filters"] = groups * rng.randint(1, 2)
    least = 5 if rank < 3 else 4
    fields["kernel"] = tuple(min(f, 2) if rank == 3 else f for f in fields["kernel"])
    spatial = tuple(rng.randint(least, least + 2) for _ in range(rank))
    return Shape(spatial, groups * rng.randint(1, 2)), find(word)(bias=False, **fields)  # type: ignore[misc]


@pytest.mark.parametrize("word", COUNTS)
def test_products_counted_one_by_one(word: str) -> None:
    rng = random.Random(f"products of {word}")
    for _ in range(60):
        x, kind = drawn(word, rng)
        y = kind.output(x)
        assert kind.macs(y, x) == COUNTS[word](x, kind), (word, x, vars(kind))


@pytest.mark.parametrize("word", COUNTS)
def test_the_bias_is_no_product(word: str) -> None:
    x, kind = drawn(word, random.Random(word))
    biased = type(kind)(**{**{f: getattr(kind, f) for f in kind.fields}, "bias": True})
    assert biased.macs(biased.output(x), x) == kind.macs(kind.output(x), x)
    assert biased.weights(x)["bias"]


def test_dense_counted_one_by_one() -> None:
    for text, units in (("2x3x4", 5), ("7", 3), ("4x3", 2)):
        row = parse(f"{{input: {text}, layers: [{{dense: {units}}}]}}").summary().rows[0]
        (x,) = row.xs
        inputs = sum(1 for _ in spots(x.sizes))
        assert row.macs == sum(1 for _ in itertools.product(range(inputs), range(units)))


def test_a_transposed_convolution_multiplies_on_its_input_positions() -> None:
    row = parse("{input: 2x2x3, layers: [{transposed_conv: {filters: 1, kernel: 2, stride: 2}}]}").summary().rows[0]
    assert (row.macs, row.flops) == (48, 96)


def test_padding_is_multiplied_too() -> None:
    """By convention: the filter is laid on every output position, padding or not."""
    text = "{{input: 8x8x3, layers: [{{conv: {{filters: 4, kernel: 3, padding: {0}}}}}]}}"
    same, number = (parse(text.format(padding)).summary().rows[0].macs for padding in ("same", 1))
    assert same == number == 8 * 8 * 4 * 27
