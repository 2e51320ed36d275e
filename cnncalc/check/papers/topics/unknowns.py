"""Questions about the setting that gives a layer a wanted output: the padding, the kernel, the number of filters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cnncalc import rules
from cnncalc.check.papers.topics import words
from cnncalc.check.papers.topics.words import EASY, HARD, Draft, Layer, capital, times, what

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cnncalc.check.papers.draw import Draw


def padding(draw: Draw, level: int) -> Draft:
    """Which setting gives a size: the padding; in a hard question another setting."""
    if level == HARD:
        return draw.choice((_kernel, _filters, _dilation, _channels))(draw)
    sizes = words.image_or_map(draw)
    kernel = words.kernel_for(draw, sizes, (3, 5, 7, 9, 11))
    if level == EASY:
        stride, right = 1, (kernel - 1) // 2
    else:
        stride, right = draw.choice((1, 2, 2)), draw.choice(range((kernel + 1) // 2))
    out = rules.window(sizes[0], kernel, stride, 2 * right)
    fields = {"filters": draw.choice(words.FILTERS), "kernel": kernel, "stride": stride, "padding": "p"}
    goal = "keeps the size at" if out == sizes[0] else "gives an output of"
    text = (
        f"{capital(what(sizes))} is passed through a convolutional layer with {fields['filters']} filters of size "
        f"{words.square(kernel)} and stride {stride}. Which padding p on each side {goal} {times(out, out)}?"
    )
    return Draft(text, _solved(sizes, fields, {"conv1.output": f"{out}x{out}"}), ["p"])


def _solved(sizes: Sequence[int | str], fields: Layer, demand: dict[str, Any]) -> dict[str, Any]:
    return {"input": "x".join(map(str, sizes)), "layers": [{"conv": fields}], "given": demand}


def _kernel(draw: Draw) -> Draft:
    sizes = words.image_or_map(draw)
    kernel, right = words.kernel_for(draw, sizes, (3, 5, 7, 9, 11)), draw.choice((0, 1, 2))
    out = rules.window(sizes[0], kernel, 1, 2 * right)
    filters = draw.choice(words.FILTERS)
    fields: Layer = {"filters": filters, "kernel": "k", "stride": 1, "padding": right}
    text = (
        f"{capital(what(sizes))} is passed through a convolutional layer with {filters} filters of size k×k, "
        f"{words.settings(1, right)}. The output is {times(out, out, filters)}. What is k?"
    )
    return Draft(text, _solved(sizes, fields, {"conv1.output": f"{out}x{out}"}), ["k"])


def _filters(draw: Draw) -> Draft:
    sizes = words.image_or_map(draw)
    kernel, filters = draw.choice((1, 3, 5, 7)), draw.choice(words.FILTERS)
    params = (kernel * kernel * sizes[2] + 1) * filters
    text = (
        f"A convolutional layer with filters of size {words.square(kernel)}, each with a bias, reads {what(sizes)} "
        f"and has {params:,} parameters. How many filters f does it have?"
    )
    return Draft(text, _solved(sizes, {"filters": "f", "kernel": kernel}, {"conv1.params": params}), ["f"])


def _channels(draw: Draw) -> Draft:
    side, channels, kernel = draw.choice(words.SIDES), draw.choice(words.CHANNELS), draw.choice((1, 3, 5))
    filters = draw.choice(words.FILTERS)
    params = (kernel * kernel * channels + 1) * filters
    fields = {"filters": filters, "kernel": kernel}
    text = (
        f"A convolutional layer with {filters} filters of size {words.square(kernel)}, each with a bias, reads "
        f"{words.a(times(side, side))} feature map and has {params:,} parameters. How many channels c does the "
        "feature map have?"
    )
    return Draft(text, _solved((side, side, "c"), fields, {"conv1.params": params}), ["c"])


def _dilation(draw: Draw) -> Draft:
    sizes = words.image_or_map(draw)
    kernel, dilation, right = draw.choice((3, 5)), draw.choice((1, 2, 3, 4)), draw.choice((0, 2, 4))
    out = rules.window(sizes[0], kernel, 1, 2 * right, dilation)
    filters = draw.choice(words.FILTERS)
    fields: Layer = {"filters": filters, "kernel": kernel, "padding": right, "dilation": "d"}
    text = (
        f"{capital(what(sizes))} is passed through a dilated convolution with {fields['filters']} filters of size "
        f"{words.square(kernel)}, {words.settings(1, right)}. The output is {times(out, out, filters)}. What is the "
        "dilation d?"
    )
    return Draft(text, _solved(sizes, fields, {"conv1.output": f"{out}x{out}"}), ["d"])
