"""Receptive fields against a walk back from an output position to every input position that it depends on.

Positions are taken on an endless line, so that borders cut nothing off. A layer is a line of YAML and the positions
that its output ``o`` reads.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from fractions import Fraction
from typing import Any, NamedTuple

import pytest

from cnncalc import parse

Reads = Callable[[int], set[int]]
SPAN = 60  # output positions looked at: more than one period of every stride below


class Made(NamedTuple):
    """A layer: how it is written, what it reads, its output size for an input size."""

    text: str
    reads: Reads
    size: int


def window(start: int, kernel: int, stride: int, dilation: int) -> Reads:
    return lambda o: {o * stride - start + dilation * spot for spot in range(kernel)}


def sliding(rng: random.Random, size: int, stride: int | None = None) -> Made:
    """A convolution, or a pool, with every sort of padding."""
    kernel, stride = rng.randint(1, 5), stride or rng.choice([1, 1, 2, 3])
    dilation = rng.choice([1, 1, 2])
    extent = dilation * (kernel - 1) + 1
    word = rng.choice(["valid", "same", "same_lower", "number", "pair"])
    begin = end = 0
    padding: Any = word
    outputs = -(-size // stride)
    if word in ("same", "same_lower"):
        total = max(0, (outputs - 1) * stride + extent - size)
        begin = total // 2 if word == "same" else total - total // 2
        end = total - begin
    elif word != "valid":
        begin = rng.randint(0, kernel // 2)
        end = begin if word == "number" else rng.randint(0, kernel // 2)
        padding = begin if word == "number" else [[begin, end]]
    pool = rng.random() < 0.3
    fields = f"{'size' if pool else 'kernel'}: {kernel}, stride: {stride}, dilation: {dilation}, padding: {padding}"
    text = f"maxpool: {{{fields}}}" if pool else f"conv: {{filters: 4, {fields}}}"
    return Made(text, window(begin, kernel, stride, dilation), (size + begin + end - extent) // stride + 1)


def spreading(rng: random.Random, size: int, _: Any = None) -> Made:
    """A transposed convolution in which every output position reads something."""
    stride = rng.choice([1, 2, 3])
    kernel, dilation = stride + rng.randint(0, 3), rng.choice([1, 2]) if stride == 1 else 1
    crop = rng.randint(0, 2)
    reach = dilation * (kernel - 1)

    def reads(o: int) -> set[int]:
        places = {(o + crop) - dilation * spot for spot in range(kernel)}
        return {place // stride for place in places if place % stride == 0}

    fields = f"kernel: {kernel}, stride: {stride}, dilation: {dilation}, padding: {crop}"
    outputs = (size - 1) * stride + reach + 1 - 2 * crop
    return Made(f"transposed_conv: {{filters: 4, {fields}}}", reads, outputs)


def upsampled(rng: random.Random, size: int, _: Any = None) -> Made:
    factor = rng.choice([1, 2, 3, 4])
    if rng.random() < 0.5:
        return Made(f"upsample: {factor}", lambda o: {o // factor}, size * factor)

    def mixed(o: int) -> set[int]:
        centre = Fraction(2 * o + 1, 2 * factor) - Fraction(1, 2)  # half-pixel centres
        return {i for i in range(o // factor - 3, o // factor + 4) if abs(i - centre) < 1}

    return Made(f"upsample: {{factor: {factor}, mode: bilinear}}", mixed, size * factor)


def moved(rng: random.Random, size: int, _: Any = None) -> Made:
    begin, end = rng.randint(0, 3), rng.randint(0, 3)
    if rng.random() < 0.5:
        return Made(f"pad: [[{begin}, {end}]]", lambda o: {o - begin}, size + begin + end)
    return Made(f"crop: [[{begin}, {end}]]", lambda o: {o + begin}, size - begin - end)


def pointwise(rng: random.Random, size: int, _: Any = None) -> Made:
    return Made(rng.choice(["relu", "batchnorm", "dropout", "scale", "layernorm"]), lambda o: {o}, size)


def shuffled(rng: random.Random, size: int, _: Any = None) -> Made:
    return Made("pixel_shuffle: 2", lambda o: {o // 2}, size * 2)


def backwards(layers: list[Made], position: int) -> set[int]:
    """The input positions that an output position of a chain depends on."""
    positions = {position}
    for layer in reversed(layers):
        positions = set().union(*(layer.reads(o) for o in positions))
    return positions


def by_hand(reads: Reads) -> tuple[int, Fraction, int]:
    """The most positions that an output sees, the stride from one output to the next, the padding at the beginning."""
    size = max(max(seen) - min(seen) + 1 for seen in map(reads, range(SPAN)))
    period = 144  # a multiple of every enlargement below
    stride = Fraction(min(reads(period)) - min(reads(0)), period)
    return size, stride, -min(reads(0))


def last_field(text: str) -> tuple[Any, ...]:
    summary = parse(text).summary()
    (field,) = summary.fields[-1].fields or (None,)
    assert field is not None
    return tuple(field)


def chain(size: int, layers: list[str], channels: int = 4) -> str:
    return f"input: {size}x{channels}\nlayers:\n" + "".join(f"  - {layer}\n" for layer in layers)


SHRINKING = [sliding, sliding, pointwise, moved]
ENLARGING = [sliding, spreading, upsampled, moved, pointwise]


@pytest.mark.parametrize("makers", [SHRINKING, ENLARGING], ids=["shrinking", "enlarging"])
def test_chains(makers: list[Callable[[random.Random, int], Made]]) -> None:
    rng = random.Random(5)
    compared = 0
    while compared < 250:
        size, layers, enlarged = 120, [], 1
        for _ in range(rng.randint(1, 5)):
            made = rng.choice(makers)(rng, size)
            enlarged *= max(1, round(made.size / size))
            if enlarged > 24 or made.size < 1:
                break
            layers.append(made)
            size = made.size
        if not layers:
            continue
        compared += 1
        text = chain(120, [layer.text for layer in layers])
        assert last_field(text) == by_hand(lambda o, layers=layers: backwards(layers, o)), text


def test_pixels_shuffled_between_positions_and_channels() -> None:
    down = Made("pixel_unshuffle: 3", lambda o: {3 * o, 3 * o + 1, 3 * o + 2}, 12)
    up = Made("pixel_shuffle: 2", lambda o: {o // 2}, 24)
    conv = Made("conv: {filters: 2, kernel: 3}", lambda o: {o, o + 1, o + 2}, 22)
    for layers in ([down], [up], [down, up], [up, conv], [down, up, conv]):
        text = chain(36, [layer.text for layer in layers])
        assert last_field(text) == by_hand(lambda o, layers=layers: backwards(layers, o)), text


def test_adaptive_windows_have_a_field_where_they_are_alike() -> None:
    assert last_field(chain(36, ["adaptive_avgpool: 9"])) == (4, 4, 0)
    summary = parse(chain(36, ["adaptive_avgpool: 7"])).summary()
    assert summary.fields[-1].fields is None


@pytest.mark.parametrize(("old", "new"), [(12, 16), (12, 9), (12, 18), (12, 24), (12, 6), (12, 4), (12, 12), (16, 12)])
@pytest.mark.parametrize("mode", ["nearest", "bilinear", "align_corners"])
def test_an_upsampling_to_a_size(old: int, new: int, mode: str) -> None:
    """The centres by their formula, of sizes with one more for the corners, which then have the same step."""
    step, corners = Fraction(old, new), mode == "align_corners"

    def reads(o: int) -> set[int]:
        if mode == "nearest":
            return {o * old // new}
        centre = o * step if corners else (o + Fraction(1, 2)) * step - Fraction(1, 2)
        return {i for i in range(int(centre) - 3, int(centre) + 4) if abs(i - centre) < 1}

    fields = f"size: {new + corners}, mode: {'nearest' if mode == 'nearest' else 'bilinear'}"
    text = chain(old + corners, [f"upsample: {{{fields}{', align_corners: true' if corners else ''}}}"])
    assert last_field(text) == by_hand(reads)


def test_branches_see_what_any_of_them_sees() -> None:
    rng = random.Random(6)
    for _ in range(150):
        kernels = [2 * rng.randint(0, 3) + 1 for _ in range(rng.randint(2, 4))]
        stride, before = rng.choice([1, 2]), sliding(rng, 121, 1)
        size = before.size
        branches, reads = [], []
        for kernel in kernels:
            total = max(0, (-(-size // stride) - 1) * stride + kernel - size)
            branches.append(f"[conv: {{filters: 2, kernel: {kernel}, stride: {stride}, padding: same}}]")
            reads.append(window(total // 2, kernel, stride, 1))
        text = chain(121, [before.text, f"parallel: {{branches: [{', '.join(branches)}]}}"])

        def seen(o: int, reads: list[Reads] = reads, before: Made = before) -> set[int]:
            return set().union(*(before.reads(p) for each in reads for p in each(o)))

        assert last_field(text) == by_hand(seen), text
        assert not parse(text).findings(), text


def test_a_residual_block_and_its_shortcut() -> None:
    block = ("residual: {body: [{conv: {filters: 4, kernel: 3, stride: 2, padding: 1}}, {conv: {filters: 4, kernel: 3, "
             "padding: 1}}], shortcut: [{conv: {filters: 4, kernel: 1, stride: 2}}]}")  # fmt: skip
    text = chain(64, [block, block])
    once = [window(1, 3, 2, 1), window(1, 3, 1, 1)]

    def block_reads(o: int) -> set[int]:
        return {2 * o} | {p for q in once[1](o) for p in once[0](q)}

    assert last_field(text) == by_hand(lambda o: set().union(*map(block_reads, block_reads(o))))
    assert not parse(text).findings()


def test_a_skip_over_a_coarser_path() -> None:
    """The shape of a U-Net: what was halved is enlarged again and meets what was not."""
    for up, reads in (
        ("upsample: 2", lambda o: {o // 2}),
        ("transposed_conv: {filters: 4, kernel: 2, stride: 2}", lambda o: {o // 2}),
        ("transposed_conv: {filters: 4, kernel: 4, stride: 2, padding: 1}", lambda o: {(o - 1) // 2, (o + 1) // 2}),
    ):
        down = ["conv: {filters: 4, kernel: 3, padding: 1, name: a}", "maxpool: 2",
                "conv: {filters: 4, kernel: 3, padding: 1}", up, "concat: {from: [a, above]}"]  # fmt: skip
        layers = [line.replace("from: [a, above]", f"from: [a, {up.split(':')[0]}1]") for line in down]

        def a(o: int) -> set[int]:
            return {o - 1, o, o + 1}

        def coarse(o: int, reads: Any = reads) -> set[int]:
            return {p for q in reads(o) for r in (q - 1, q, q + 1) for s in (2 * r, 2 * r + 1) for p in a(s)}

        text = chain(64, layers)
        assert last_field(text) == by_hand(lambda o, coarse=coarse, a=a: a(o) | coarse(o)), text
        assert not parse(text).findings()


def test_each_axis_by_itself() -> None:
    text = (
        "{input: 40x50x1, layers: [{conv: {filters: 2, kernel: [3, 5], stride: [2, 1], padding: [1, 0]}}, "
        "{maxpool: {size: [1, 2], stride: [1, 2]}}, {conv: {filters: 2, kernel: [3, 1], dilation: [2, 1]}}]}"
    )
    fields = parse(text).summary().fields[-1].fields
    height = [window(1, 3, 2, 1), window(0, 1, 1, 1), window(0, 3, 1, 2)]
    width = [window(0, 5, 1, 1), window(0, 2, 2, 1), window(0, 1, 1, 1)]
    for field, reads in zip(fields or (), (height, width), strict=True):
        layers = [Made("", each, 0) for each in reads]
        assert tuple(field) == by_hand(lambda o, layers=layers: backwards(layers, o))


@pytest.mark.parametrize(("branch", "words"), [
    ("[{conv: {filters: 4, kernel: 3, padding: [[0, 2]]}}]", "the centres of their windows lie apart"),
    ("[{crop: [[0, 32]]}, {pad: [[0, 32]]}, {maxpool: 2}, {pad: [[0, 32]]}]", "effective stride"),
])  # fmt: skip
def test_branches_that_are_not_aligned_are_a_finding(branch: str, words: str) -> None:
    (finding,) = parse(chain(64, [f"parallel: {{merge: add, branches: [[], {branch}]}}"])).findings()
    assert words in finding.message
    assert (finding.layer, finding.quantity, finding.mark.line) == ("parallel1", "receptive_field", 3)


def test_where_positions_mean_nothing_there_is_no_field() -> None:
    layers = ["global_avgpool", "dense: 3"]
    summary = parse(chain(64, ["conv: {filters: 4, kernel: 3}", *layers])).summary()
    assert [seen.fields is None for seen in summary.fields] == [False, True, True]
    spread = parse("{input: 4x4x1, layers: [{conv: {filters: 1, kernel: 4}}, {add: {from: [input, conv1]}}]}").summary()
    assert spread.fields[-1].fields is None
