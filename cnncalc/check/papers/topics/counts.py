"""Questions about what layers cost: parameters, multiply-accumulates, memory."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from cnncalc.check.papers.topics import words
from cnncalc.check.papers.topics.words import EASY, HARD, Chain, Draft, Layer, capital, given, what

if TYPE_CHECKING:
    from cnncalc.check.papers.draw import Draw

#: A layer as it is drawn: the sizes it reads, its kind and fields, and words that follow "is passed through".
Drawn = tuple[tuple[int, ...], str, Layer, str]


def _asking(drawn: Drawn, question: str, *asked: str) -> Draft:
    sizes, kind, fields, said = drawn
    verb = "flattened and passed through" if kind == "dense" else "passed through"
    text = f"{capital(what(sizes))} is {verb} {said}. {question}"
    return Draft(text, {"input": given(sizes), "layers": [{kind: fields}]}, [f"{kind}1.{name}" for name in asked])


def _conv(draw: Draw) -> Drawn:
    sizes = words.image_or_map(draw)
    fields = {"filters": draw.choice(words.FILTERS), "kernel": words.kernel_for(draw, sizes, (3, 5, 7))}
    return sizes, "conv", fields, f"a convolutional layer with {words.filters(fields)}, each with a bias"


def _unbiased(draw: Draw) -> Drawn:
    sizes, kind, fields, _ = _conv(draw)
    return sizes, kind, {**fields, "bias": False}, f"a convolutional layer with {words.filters(fields)} and no biases"


def _pointwise(draw: Draw) -> Drawn:
    sizes = words.feature_map(draw)
    fields = {"filters": draw.choice(words.FILTERS), "kernel": 1}
    return sizes, "conv", fields, f"a convolutional layer with {words.filters(fields)}, each with a bias"


def _dense(draw: Draw) -> Drawn:
    sizes = words.feature_map(draw) if draw.chance(0.5) else words.small_image(draw)
    units = draw.choice(words.UNITS)
    return sizes, "dense", {"units": units}, f"a fully connected layer with {units} units and biases"


def _grouped(draw: Draw) -> Drawn:
    groups = draw.choice((2, 4, 8))
    side, channels = draw.choice(words.SIDES), draw.choice((16, 32, 64, 96, 128, 192, 256))
    fields = {"filters": draw.choice((16, 32, 48, 64, 96, 128)), "kernel": draw.choice((3, 5)), "groups": groups}
    said = f"a grouped convolution with {words.filters(fields)} in {groups} groups, each filter with a bias"
    return (side, side, channels), "conv", fields, said


def _depthwise(draw: Draw) -> Drawn:
    kernel = draw.choice((3, 5, 7))
    said = f"a depthwise convolution with one {words.square(kernel)} filter for each channel and biases"
    return words.feature_map(draw), "depthwise_conv", {"kernel": kernel}, said


def _separable(draw: Draw) -> Drawn:
    fields = {"filters": draw.choice(words.FILTERS), "kernel": draw.choice((3, 5))}
    said = (
        f"a depthwise separable convolution: {words.square(fields['kernel'])} depthwise without biases, then "
        f"{fields['filters']} pointwise (1×1) filters with biases"
    )
    return words.feature_map(draw), "separable_conv", fields, said


def _transposed(draw: Draw) -> Drawn:
    kernel = draw.choice((2, 3, 4))
    fields = {"filters": draw.choice(words.FILTERS), "kernel": kernel, "stride": 2}
    said = f"a transposed convolution with {words.filters(fields)}, stride 2 and no padding, each filter with a bias"
    return words.feature_map(draw), "transposed_conv", fields, said


def _normed(draw: Draw) -> Draft:
    """What batch normalisation trains, and what it only keeps."""
    sizes = words.feature_map(draw)
    fields = {"filters": draw.choice(words.FILTERS), "kernel": draw.choice((1, 3, 5)), "padding": 0, "bias": False}
    network = {"input": given(sizes), "layers": [{"conv": fields}, "batchnorm"]}
    text = (
        f"{capital(what(sizes))} is passed through a convolutional layer with {words.filters(fields)} and no biases, "
        "followed by batch normalisation. How many trainable parameters do the two layers have together, and how "
        "many non-trainable ones (the moving means and variances) does batch normalisation keep?"
    )
    return Draft(text, network, ["total.trainable_params", "batchnorm1.non_trainable_params"])


def _pair(draw: Draw) -> Draft:
    """A convolution and the fully connected layer behind it."""
    sizes = words.small_image(draw)
    chain = Chain()
    kernel, stride = draw.choice((3, 5, 7)), draw.choice((1, 2))
    first = chain.conv(words.conv(draw, kernel, stride, draw.choice((0, (kernel - 1) // 2))))
    chain.pool("maxpool", 2, 2)
    last = chain.dense(draw.choice(words.UNITS))
    text = (
        f"{capital(what(sizes))} is passed through {chain.text}. All filters and units have biases. How many "
        f"parameters do {first} and {last} have?"
    )
    return Draft(text, {"input": given(sizes), "layers": chain.layers}, [f"{first}.params", f"{last}.params"])


_PARAMETERS: tuple[tuple[Callable[[Draw], Drawn], ...], ...] = (
    (_conv, _conv, _dense),
    (_unbiased, _pointwise, _dense, _grouped, _depthwise, _transposed),
    (_separable,),
)


def parameters(draw: Draw, level: int) -> Draft:
    """How many numbers a layer learns; in a hard question two of them, or what batch normalisation adds."""
    if level == HARD and draw.chance(0.7):
        return draw.choice((_normed, _pair))(draw)
    return _asking(draw.choice(_PARAMETERS[level])(draw), "How many parameters does the layer have?", "params")


_MACS = "How many multiply–accumulate operations does the layer need for one input? Biases are not counted."


def macs(draw: Draw, level: int) -> Draft:
    """How many multiply-accumulates a layer needs; a hard question compares two ways, or adds several layers."""
    if level == HARD:
        return draw.choice((_compared, _added))(draw)
    if level == EASY:
        return _asking(draw.choice((_dense, _kept, _kept))(draw), _MACS, "macs")
    return _asking(draw.choice((_depthwise_kept, _transposed, _strided, _strided, _strided))(draw), _MACS, "macs")


def _kept(draw: Draw) -> Drawn:
    """A convolution that keeps the size."""
    sizes = words.image_or_map(draw)
    kernel = words.kernel_for(draw, sizes, (3, 5, 7))
    fields = words.conv(draw, kernel, 1, (kernel - 1) // 2)
    return sizes, "conv", fields, f"a convolutional layer with {words.conv_text(fields)}"


def _strided(draw: Draw) -> Drawn:
    sizes = words.image_or_map(draw)
    kernel = words.kernel_for(draw, sizes, (3, 5, 7))
    fields = words.conv(draw, kernel, 2, draw.choice((0, 1, (kernel - 1) // 2)))
    return sizes, "conv", fields, f"a convolutional layer with {words.conv_text(fields)}"


def _depthwise_kept(draw: Draw) -> Drawn:
    kernel = draw.choice((3, 5))
    padding = kernel // 2
    said = f"a depthwise convolution with one {words.square(kernel)} filter for each channel"
    fields = {"kernel": kernel, "padding": padding}
    return words.feature_map(draw), "depthwise_conv", fields, f"{said}, stride 1 and padding {padding}"


def _compared(draw: Draw) -> Draft:
    """A standard convolution beside a separable one of the same sizes."""
    sizes, kernel = words.feature_map(draw), draw.choice((3, 5))
    fields = {"filters": draw.choice(words.FILTERS), "kernel": kernel, "padding": (kernel - 1) // 2, "bias": False}
    layers = [
        {"conv": {"name": "conv", **fields, "from": "input"}},
        {"separable_conv": {"name": "separable", **fields, "from": "input"}},
    ]
    text = (
        f"Two layers read {what(sizes)}: conv, a standard convolution with {words.filters(fields)}, and separable, a "
        "depthwise separable convolution (depthwise, then pointwise) with the same kernel size and number of "
        f"filters. Both have stride 1, padding {fields['padding']} and no biases. How many multiply–accumulate "
        "operations does each need?"
    )
    return Draft(text, {"input": given(sizes), "layers": layers}, ["conv.macs", "separable.macs"])


def _added(draw: Draw) -> Draft:
    """All layers of a small network."""
    sizes = words.small_image(draw)
    chain = Chain()
    for padding in (1, 0):
        chain.conv(words.conv(draw, 3, draw.choice((1, 2)), padding))
    chain.pool("maxpool", 2, 2)
    chain.dense(draw.choice(words.UNITS))
    text = (
        f"{capital(what(sizes))} is passed through {chain.text}. How many multiply–accumulate operations does the "
        "network need for one image? Biases are not counted."
    )
    return Draft(text, {"input": given(sizes), "layers": chain.layers}, ["total.macs"])


_FLOATS = "All numbers are 32-bit floats (4 bytes)."


def memory(draw: Draw, level: int) -> Draft:
    """How many bytes the parameters of a layer take, or its output; in a hard question, those of a network."""
    if level == EASY:
        question = f"{_FLOATS} How many bytes do the layer's parameters take?"
        return _asking(draw.choice((_conv, _dense))(draw), question, "weight_bytes")
    if level < HARD:
        drawn = draw.choice((_kept, _strided))(draw)
        question = f"{_FLOATS} How many bytes does its output take for one input?"
        return _asking(drawn, question, "activation_bytes")
    sizes = words.small_image(draw)
    chain = Chain()
    first = chain.conv(words.conv(draw, draw.choice((3, 5)), draw.choice((1, 2)), draw.choice((0, 1))))
    chain.pool("maxpool", 2, 2)
    chain.dense(draw.choice(words.UNITS))
    text = (
        f"{capital(what(sizes))} is passed through {chain.text}. All filters and units have biases. {_FLOATS} How "
        f"many bytes do the parameters of the network take, and how many does the output of {first} take for one "
        "image?"
    )
    network = {"input": given(sizes), "layers": chain.layers}
    return Draft(text, network, ["total.weight_bytes", f"{first}.activation_bytes"])
