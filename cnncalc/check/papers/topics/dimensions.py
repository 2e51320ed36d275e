"""Questions about convolutions in one and three dimensions: along sequences, and of videos and scans."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnncalc.check.papers.topics import words
from cnncalc.check.papers.topics.words import EASY, HARD, Chain, Draft, capital, given, times

if TYPE_CHECKING:
    from cnncalc.check.papers.draw import Draw


def sequence(draw: Draw, level: int) -> Draft:
    """Convolutions along a sequence; a hard one is a stack of dilated causal ones."""
    steps, features = draw.choice((50, 64, 100, 120, 128, 200, 256, 500)), draw.choice((8, 12, 16, 20, 32, 40, 64))
    start = f"A sequence of {steps} time steps with {features} features each is passed through"
    if level < HARD:
        kernel = draw.choice((3, 5, 7, 9))
        stride, padding = (1, 0) if level == EASY else (draw.choice((1, 2, 3)), draw.choice((0, (kernel - 1) // 2)))
        fields = words.conv(draw, kernel, stride, padding)
        said = f"{fields['filters']} filters of length {kernel}, {words.settings(stride, padding)}"
        end = (
            "What is the output size (time steps × channels)?",
            "Each filter has a bias. What is the output size (time steps × channels), and how many parameters does the "
            "layer have?",
        )[level]
        asked = ["conv1.output", "conv1.params"][: level + 1]
        network = {"input": given((steps, features)), "layers": [{"conv": fields}]}
        return Draft(f"{start} a 1-D convolutional layer with {said}. {end}", network, asked)
    kernel, filters, depth = draw.choice((2, 3)), draw.choice(words.FILTERS), draw.choice((3, 4, 5))
    dilations = [2**number for number in range(depth)]
    layers = [
        {"conv": {"filters": filters, "kernel": kernel, "dilation": dilation, "padding": "causal"}}
        for dilation in dilations
    ]
    text = (
        f"{start} {words.spelled(depth)} causal 1-D convolutional layers with {filters} filters of length {kernel} "
        f"each and dilations {words.listed(list(map(str, dilations)))}. How many time steps does the receptive field "
        "of the last layer cover?"
    )
    return Draft(text, {"input": given((steps, features)), "layers": layers}, [f"conv{depth}.receptive_field"])


def volume(draw: Draw, level: int) -> Draft:
    """Convolutions of videos and scans."""
    depth, side = draw.choice((8, 16, 24, 32, 64)), draw.choice((32, 48, 56, 64, 96, 112, 128))
    video = draw.chance(0.5)
    channels = 3 if video else 1
    sizes = (depth, side, side, channels)
    said = (
        f"A video clip of {depth} RGB frames of {times(side, side)} pixels"
        if video
        else f"{capital(words.a(times(depth, side, side)))} scan with one channel"
    )
    chain = Chain()
    kernel = draw.choice((3, 3, 5))
    stride, padding = (1, draw.choice((0, (kernel - 1) // 2))) if level == EASY else (2, draw.choice((0, 1)))
    fields = words.conv(draw, kernel, stride, padding)
    window = f"{fields['filters']} filters of size {times(kernel, kernel, kernel)}"
    order = f"({'frames' if video else 'depth'} × height × width × channels)"
    if level < HARD:
        text = (
            f"{said} is passed through a 3-D convolutional layer with {window}, {words.settings(stride, padding)}. "
            f"Each filter has a bias. What is the output size {order}, and how many parameters does the layer have?"
        )
        network = {"input": given(sizes), "layers": [{"conv": fields}]}
        return Draft(text, network, ["conv1.output", "conv1.params"])
    chain.add("conv", fields, f"{window}, {words.settings(stride, padding).replace(' and ', ', ')}")
    chain.add("maxpool", {"size": [1, 2, 2]}, "1×2×2 max pooling, stride 1×2×2", "pool")
    second = words.conv(draw, 3, 1, 1)
    last = chain.add("conv", second, f"{second['filters']} filters of size 3×3×3, stride 1, padding 1")
    text = (
        f"{said} is passed through {chain.text}, all in three dimensions. Each filter has a bias. What is the output "
        f"size of {last} {order}, and how many parameters does {last} have?"
    )
    return Draft(text, {"input": given(sizes), "layers": chain.layers}, [f"{last}.output", f"{last}.params"])
