"""Windows, pools and transposed convolutions: positions counted one by one, and PyTorch's shapes and parameters.

What PyTorch said of some hundred layers is kept in ``windows.json`` (``python tests/kinds/record.py`` makes it anew).
"""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cnncalc import rules
from cnncalc.kinds import find
from cnncalc.kinds.base.kind import Misfit
from cnncalc.shape import Shape

RECORDED = Path(__file__).with_name("windows.json")
MANY = 3000

Case = dict[str, Any]  # kind, input (spatial sizes, then channels), fields


def drawn(rng: random.Random) -> Case:
    """A random layer, now and then one that does not fit its input."""
    word = rng.choice(["conv", "conv", "depthwise_conv", "transposed_conv", "maxpool", "avgpool", "lppool"])
    rank = rng.choice([1, 2, 2, 3])

    def each(least: int, most: int) -> Any:
        return rng.randint(least, most) if rng.random() < 0.4 else [rng.randint(least, most) for _ in range(rank)]

    groups = rng.choice([1, 1, 1, 2, 3])
    fields: Case = {"kernel" if "conv" in word else "size": each(1, 6), "stride": each(1, 4)}
    if word in ("conv", "depthwise_conv", "transposed_conv", "maxpool") and rng.random() < 0.4:
        fields["dilation"] = each(1, 3)
    if word != "lppool" and rng.random() < 0.7:
        fields["padding"] = each(0, 3)
    if word in ("conv", "transposed_conv"):
        fields |= {"groups": groups, "filters": groups * rng.randint(1, 4)}
    if word == "depthwise_conv":
        fields["multiplier"] = rng.randint(1, 3)
    if "conv" in word:
        fields["bias"] = rng.random() < 0.5
        if word == "conv" and rng.random() < 0.15:
            fields |= {"padding": "same", "stride": 1}
        elif rng.random() < 0.2:
            fields["padding"] = [[rng.randint(0, 4), rng.randint(0, 4)] for _ in range(rank)]
    else:
        fields["ceil_mode"] = rng.random() < 0.5
    if word == "transposed_conv" and rng.random() < 0.6:
        fields["output_padding"] = each(0, 3)
    sizes = [rng.randint(1, 20) for _ in range(rank)]
    return {"kind": word, "input": [*sizes, groups * rng.randint(1, 3)], "fields": fields}


def stated(case: Case) -> tuple[Any, Shape]:
    """The case as a kind and what it is fed."""
    fields = {name: _tuples(value) for name, value in case["fields"].items()}
    return find(case["kind"])(**fields), Shape(tuple(case["input"][:-1]), case["input"][-1])  # type: ignore[misc]


def _tuples(value: Any) -> Any:
    return tuple(map(_tuples, value)) if isinstance(value, list) else value


def ours(case: Case) -> Any:
    """Sizes put out and parameters, or None where the layer does not fit."""
    kind, x = stated(case)
    try:
        y = kind.output(x)
    except Misfit:
        return None
    return [list(y.sizes), sum(int(np.prod(sizes)) for sizes in kind.weights(x).values())]


def torchs(case: Case) -> Any:
    """The same from PyTorch, on its meta device."""
    import torch
    from torch import nn

    *sizes, channels = case["input"]
    rank, word, fields = len(sizes), case["kind"], dict(case["fields"])
    fields["kernel_size"] = fields.pop("kernel" if "conv" in word else "size")
    x = torch.empty(1, channels, *sizes, device="meta")
    pairs = fields.get("padding")
    ends = isinstance(pairs, list) and isinstance(pairs[0], list)
    if ends and word != "transposed_conv":
        x = nn.functional.pad(x, [end for pair in reversed(pairs) for end in pair])
    if ends:
        del fields["padding"]
    if "conv" in word:
        filters = fields.pop("filters", 0) or channels * fields.pop("multiplier")
        fields.setdefault("groups", channels)
        name = "ConvTranspose" if word == "transposed_conv" else "Conv"
        make = getattr(nn, f"{name}{rank}d")
        arguments: dict[str, Any] = {"in_channels": channels, "out_channels": filters, "device": "meta"}
    else:
        name = {"maxpool": "MaxPool", "avgpool": "AvgPool", "lppool": "LPPool"}[word]
        if rank == 3:  # PyTorch's means refuse windows larger than the input without its padding there
            name = "MaxPool"
        if name == "LPPool":
            fields["norm_type"] = 2
        if name == "LPPool" and rank == 1:  # takes no list
            fields = {name: value[0] if isinstance(value, list) else value for name, value in fields.items()}
        make, arguments = getattr(nn, f"{name}{rank}d"), {}
    try:
        arguments |= {name: _tuples(value) for name, value in fields.items()}
        layer = make(**arguments)
        y = layer(x)
        if "output_padding" in fields:  # which the meta device does not look at
            make(**arguments | {"device": "cpu", "padding": 0})(torch.zeros(1, channels, *[2] * rank))
    except (RuntimeError, ValueError):
        return None
    spatial = list(y.shape[2:])
    if ends and word == "transposed_conv":
        spatial = [size - begin - end for size, (begin, end) in zip(spatial, pairs, strict=True)]
    if min(spatial) < 1:
        return None
    return [[*spatial, y.shape[1]], sum(parameter.numel() for parameter in layer.parameters())]


@pytest.mark.oracle
@pytest.mark.filterwarnings("ignore:Using padding='same'")
def test_shapes_and_parameters_are_pytorchs() -> None:
    pytest.importorskip("torch")
    rng = random.Random(2024)
    fits = 0
    for _ in range(MANY):
        case = drawn(rng)
        got = ours(case)
        assert got == torchs(case), case
        fits += got is not None
    assert MANY / 2 < fits < MANY


def test_shapes_and_parameters_as_recorded() -> None:
    cases = json.loads(RECORDED.read_text())
    assert len(cases) == 400
    for case in cases:
        assert ours(case) == case["torch"], case


def counted(size: int, extent: int, stride: int, begin: int, end: int, ceil_mode: bool) -> int:
    """Windows put down one after the other from the beginning of the padding on."""
    count, start = 0, -begin
    while start + extent <= size + end:
        count, start = count + 1, start + stride
    if ceil_mode and start - stride + extent < size + end and start < size:
        count += 1  # something is left over, and the next window would not start in the end padding
    return count


def windows(rng: random.Random) -> tuple[int, ...]:
    """size, kernel, stride, dilation, begin, end"""
    ranges = ((1, 40), (1, 8), (1, 5), (1, 4), (0, 6), (0, 6))
    return tuple(rng.randint(*bounds) for bounds in ranges)


def test_positions_counted_one_by_one() -> None:
    rng = random.Random(7)
    for _ in range(MANY):
        size, kernel, stride, dilation, begin, end = windows(rng)
        extent = [spot * dilation for spot in range(kernel)][-1] + 1
        wanted = counted(size, extent, stride, begin, end, ceil_mode=False)
        kind = find("conv")(filters=1, kernel=kernel, stride=stride, dilation=dilation, padding=((begin, end),))  # type: ignore[misc]
        if wanted:
            assert kind.output(Shape((size,), 1)).spatial == (wanted,)
        else:
            with pytest.raises(Misfit):
                kind.output(Shape((size,), 1))


def test_positions_of_a_pool_with_a_ceiling_counted_one_by_one() -> None:
    """Padding up to half the window. One window is put down as long as less than a stride is missing (PyTorch)."""
    rng = random.Random(17)
    ceiled = dropped = 0
    for _ in range(MANY):
        size, kernel, stride, dilation, begin, end = windows(rng)
        begin, end = min(begin, kernel // 2), min(end, kernel // 2)
        extent = [spot * dilation for spot in range(kernel)][-1] + 1
        wanted = counted(size, extent, stride, begin, end, ceil_mode=True)
        padding = ((begin, end),)
        kind = find("maxpool")(size=kernel, stride=stride, dilation=dilation, padding=padding, ceil_mode=True)  # type: ignore[misc]
        if wanted == 0 and extent - (size + begin + end) < stride:
            wanted = 1
        if wanted:
            assert kind.output(Shape((size,), 1)).spatial == (wanted,), (size, vars(kind))
        else:
            with pytest.raises(Misfit):
                kind.output(Shape((size,), 1))
        over = wanted - counted(size, extent, stride, begin, end, ceil_mode=False)
        ceiled += over == 1
        dropped += over == 0 and (size + begin + end - extent) % stride > 0
    assert min(ceiled, dropped) > 20


def test_same_is_one_window_for_every_stride_with_the_least_padding() -> None:
    rng = random.Random(8)
    for _ in range(MANY):
        size, kernel, stride, dilation, _, _ = windows(rng)
        extent = dilation * (kernel - 1) + 1
        outputs = len(range(0, size, stride))
        total = next(p for p in range(100) if (outputs - 1) * stride + extent <= size + p)
        assert rules.same(size, stride) == outputs
        assert rules.same_padding(size, kernel, stride, dilation) == total
        for word, begin in (("same", total - (total + 1) // 2), ("same_lower", (total + 1) // 2)):
            kind = find("conv")(filters=1, kernel=kernel, stride=stride, dilation=dilation, padding=word)  # type: ignore[misc]
            assert kind.output(Shape((size,), 1)).spatial == (outputs,)
            assert kind.reach(Shape((size,), 1))[0].begin == begin


def test_transposed_positions_counted_one_by_one() -> None:
    """Every input position spreads its window; the padding crops the ends; what is added stands at the end."""
    rng = random.Random(9)
    for _ in range(MANY):
        size, kernel, stride, dilation, begin, end = windows(rng)
        reached = max(at * stride + spot * dilation for at in range(size) for spot in range(kernel)) + 1
        extra = rng.randrange(max(stride, dilation))
        fields = {"kernel": kernel, "stride": stride, "dilation": dilation, "filters": 1}
        kind = find("transposed_conv")
        assert kind
        total = reached - size * stride
        ends = {"same": (total // 2, total - total // 2), "same_lower": (total - total // 2, total // 2)}
        for word, crop in ends.items():
            same = kind(padding=word, **fields)
            assert same.output(Shape((size,), 1)).spatial == (size * stride,)
            assert same.crop(Shape((size,), 1)) == (crop if total >= 0 else (0, total),)  # type: ignore[attr-defined]
        cropped = kind(padding=((begin, end),), output_padding=extra, **fields)
        wanted = reached - begin - end + extra
        if wanted > 0:
            assert cropped.output(Shape((size,), 1)).spatial == (wanted,)
        else:
            with pytest.raises(Misfit):
                cropped.output(Shape((size,), 1))


def test_transposed_same_with_an_output_padding_is_kerass() -> None:
    """Keras pads the spread input by ``F + F mod 2 − 2 + A`` in all, the odd one at the beginning, and slides the
    window over it (keras.src.backend.common.backend_utils, compute_conv_transpose_padding_args_for_jax).
    """
    rng = random.Random(19)
    for _ in range(MANY):
        size, kernel, stride = rng.randint(2, 30), rng.randint(1, 8), rng.randint(1, 5)
        extra = rng.randrange(stride)
        padded = kernel + kernel % 2 - 2 + extra
        begin = min(padded // 2 + padded % 2, kernel - 1)
        kind = find("transposed_conv")(  # type: ignore[misc]
            filters=1, kernel=kernel, stride=stride, padding="same", output_padding=extra
        )
        x = Shape((size,), 1)
        spread = (size - 1) * stride + 1
        assert kind.output(x).spatial == (spread + padded - kernel + 1,)
        ((cropped, _),) = kind.crop(x)  # type: ignore[attr-defined]
        assert cropped == kernel - 1 - begin


def test_rules_on_arrays_are_the_rules_on_numbers() -> None:
    rng = np.random.default_rng(3)
    size, kernel, stride, dilation, begin, end = (rng.integers(least, most, MANY) for least, most in
                                                  ((1, 40), (1, 8), (1, 5), (1, 4), (0, 6), (0, 6)))  # fmt: skip
    cases = {
        rules.window: (size, kernel, stride, begin + end, dilation),
        rules.window_ceil: (size, kernel, stride, begin + end, begin, dilation),
        rules.same: (size, stride),
        rules.same_padding: (size, kernel, stride, dilation),
        rules.transposed: (size, kernel, stride, begin + end, dilation, begin),
        rules.transposed_same: (size, kernel, stride, dilation),
        rules.grown_field: (size, stride, kernel),
        rules.grown_padding: (begin, stride, end),
        rules.grown_jump: (stride, stride),
    }
    for rule, arrays in cases.items():
        one_by_one = [rule(*map(int, numbers)) for numbers in zip(*arrays, strict=True)]
        assert rule(*arrays).tolist() == one_by_one, rule.__name__
        first = [array[0] for array in arrays]
        assert rule(*first) == one_by_one[0], rule.__name__  # NumPy's own whole numbers


@pytest.mark.parametrize("start", [0, 1, 5])
def test_the_least_number_that_holds(start: int) -> None:
    for first in range(start, start + 70):
        assert rules.least(lambda number, first=first: number >= first, start) == first
    assert rules.least(lambda number: False, start, limit=64) is None


def test_a_window_moves_by_one_and_has_no_gaps_unless_that_is_given() -> None:
    assert rules.window(10, 3) == rules.window(10, 3, 1, 0, 1) == 8
