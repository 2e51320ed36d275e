"""Questions whose answer is worked out with numbers: pools, convolutions, a fully connected layer, recurrent steps."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from cnncalc.check.papers.topics import words
from cnncalc.check.papers.topics.words import EASY, HARD, Draft, times

if TYPE_CHECKING:
    from cnncalc.check.papers.draw import Draw

Rows = list[list[int]]
_QUESTION = "What is the output? Write its rows separated by semicolons."
_PIXELS = (0, 1, 2, 3, 4, 5)
_WEIGHTS = (-2, -1, -1, 0, 0, 1, 1, 2)


def _drawn(draw: Draw, height: int, width: int, numbers: tuple[int, ...]) -> Rows:
    return [[draw.choice(numbers) for _ in range(width)] for _ in range(height)]


def _text(rows: Rows) -> str:
    """``(1 0 −1; 2 1 0)``: a row after each semicolon."""
    return "(" + "; ".join(" ".join(map(str, row)) for row in rows).replace("-", "−") + ")"


def _draft(text: str, sides: tuple[int, ...], layers: list[Any], values: dict[str, Any], last: str) -> Draft:
    network = {"input": words.given(sides), "layers": layers, "values": values}
    return Draft(text, network, [f"{last}.values"])


def by_hand(draw: Draw, level: int) -> Draft:
    """A pool; a convolution; or in a hard question a convolution with ReLU and pooling, padding and a stride."""
    if level == EASY:
        return _pool(draw)
    if level == HARD:
        return draw.choice(_HARD)(draw)
    return draw.choice((_convolution, _convolution, _dense))(draw)


def _pool(draw: Draw) -> Draft:
    kind, word = draw.choice((("maxpool", "max"), ("avgpool", "average")))
    side, size, stride = draw.choice(
        ((4, 2, 2), (4, 2, 2), (6, 2, 2), (4, 3, 1), (5, 3, 2)) if kind == "maxpool" else ((4, 2, 2),)
    )
    rows = _drawn(draw, side, side, (*_PIXELS, 6, 7, 8, 9))
    if kind == "avgpool":  # sums that divide
        for top in range(0, side, 2):
            for left in range(0, side, 2):
                rest = sum(rows[top + i // 2][left + i % 2] for i in range(3)) % 4
                rows[top + 1][left + 1] = (4 - rest) % 4 + 4 * draw.choice((0, 1))
    text = (
        f"The {times(side, side)} map {_text(rows)} is passed through {words.a(times(size, size))} {word}-pooling "
        f"layer with stride {stride} and no padding. {_QUESTION}"
    )
    fields = {"name": "pool", "size": size, "stride": stride}
    return _draft(text, (side, side, 1), [{kind: fields}], {"input": rows}, "pool")


def _convolution(draw: Draw) -> Draft:
    side, kernel = draw.choice(((3, 2), (4, 2), (4, 3), (4, 3), (5, 3)))
    rows, weights = _drawn(draw, side, side, _PIXELS), _drawn(draw, kernel, kernel, _WEIGHTS)
    bias = draw.choice((-2, -1, 0, 0, 1, 2))
    fields: dict[str, Any] = {"name": "conv", "filters": 1, "kernel": kernel}
    values: dict[str, Any] = {"input": rows, "conv.kernel": weights}
    if bias:
        values["conv.bias"] = [bias]
        said = f"and bias {bias}".replace("-", "−")
    else:
        fields["bias"], said = False, "and no bias"
    text = (
        f"The {times(side, side)} image {_text(rows)} is convolved with the kernel {_text(weights)} {said}, with "
        f"stride 1 and no padding. The kernel is not flipped, as usual in convolutional networks. {_QUESTION}"
    )
    return _draft(text, (side, side, 1), [{"conv": fields}], values, "conv")


def _dense(draw: Draw) -> Draft:
    inputs, units = draw.choice(((2, 2), (3, 2), (4, 2), (3, 3)))
    x, weights = [draw.choice((-2, -1, 0, 1, 2, 3)) for _ in range(inputs)], _drawn(draw, inputs, units, _WEIGHTS)
    bias = [draw.choice((-1, 0, 1, 2)) for _ in range(units)]
    text = (
        f"A fully connected layer with ReLU computes y = relu(xW + b) with x = {_text([x])}, W = {_text(weights)} and "
        f"b = {_text([bias])}. What is y?"
    )
    layer = {"dense": {"name": "dense", "units": units, "activation": "relu"}}
    values = {"input": x, "dense.kernel": weights, "dense.bias": bias}
    return _draft(text, (inputs,), [layer], values, "dense")


def _relu_and_pool(draw: Draw) -> Draft:
    side, kernel = draw.choice(((5, 2), (5, 2), (6, 3)))
    rows, weights = _drawn(draw, side, side, _PIXELS), _drawn(draw, kernel, kernel, _WEIGHTS)
    layers = [
        {"conv": {"name": "conv", "filters": 1, "kernel": kernel, "bias": False}},
        {"relu": {"name": "relu"}},
        {"maxpool": {"name": "pool", "size": 2}},
    ]
    text = (
        f"The {times(side, side)} image {_text(rows)} is convolved with the kernel {_text(weights)}, with stride 1, "
        "no padding and no bias; the kernel is not flipped. ReLU and 2×2 max pooling with stride 2 follow. "
        f"{_QUESTION}"
    )
    return _draft(text, (side, side, 1), layers, {"input": rows, "conv.kernel": weights}, "pool")


def _strided(draw: Draw) -> Draft:
    side = draw.choice((4, 5))
    rows, weights = _drawn(draw, side, side, _PIXELS), _drawn(draw, 3, 3, _WEIGHTS)
    fields = {"name": "conv", "filters": 1, "kernel": 3, "stride": 2, "padding": 1, "bias": False, "activation": "relu"}
    text = (
        f"The {times(side, side)} image {_text(rows)} is convolved with the kernel {_text(weights)}, with stride 2, "
        f"padding 1 (zeros) and no bias; the kernel is not flipped. ReLU follows. {_QUESTION}"
    )
    return _draft(text, (side, side, 1), [{"conv": fields}], {"input": rows, "conv.kernel": weights}, "conv")


def _transposed(draw: Draw) -> Draft:
    rows, weights = _drawn(draw, 2, 2, (1, 2, 3, 4)), _drawn(draw, 3, 3, (-1, 0, 1, 1, 2))
    fields = {"name": "up", "filters": 1, "kernel": 3, "stride": draw.choice((1, 2)), "bias": False}
    text = (
        f"The 2×2 map {_text(rows)} is upsampled by a transposed convolution with the kernel {_text(weights)}, stride "
        f"{fields['stride']}, no padding and no bias. {_QUESTION}"
    )
    return _draft(text, (2, 2, 1), [{"transposed_conv": fields}], {"input": rows, "up.kernel": weights}, "up")


_HARD: tuple[Callable[[Draw], Draft], ...] = (_relu_and_pool, _strided, _transposed)
