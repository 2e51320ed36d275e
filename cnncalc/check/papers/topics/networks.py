"""Questions about networks of several layers: classifiers, receptive fields, blocks, autoencoders."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cnncalc.check.papers.topics import words
from cnncalc.check.papers.topics.words import (
    EASY,
    HARD,
    MEDIUM,
    Chain,
    Draft,
    Layer,
    capital,
    given,
    listed,
    what,
)

if TYPE_CHECKING:
    from cnncalc.check.papers.draw import Draw

_BIASED = "All filters and units have biases."


def network(draw: Draw, level: int) -> Draft:
    """Sizes and parameters through a classifier."""
    sizes = words.small_image(draw)
    chain = Chain()
    pools: list[str] = []
    first = draw.choice((6, 8, 10, 16, 20, 32))
    for place in range((1, 2, 3)[level]):
        kernel, filters = draw.choice((3, 5)), first * 2**place
        padding = draw.choice((0, (kernel - 1) // 2))
        conv = chain.conv({"filters": filters, "kernel": kernel, "stride": 1, "padding": padding})
        if level > EASY:
            pools.append(chain.pool("maxpool", 2, 2))
    if level == HARD:
        chain.dense(draw.choice((64, 100, 120, 128, 256)))
    last = chain.dense(draw.choice((2, 5, 10, 20, 100)))
    fc = "fc1" if level == HARD else last
    shown = [conv, *pools[-1:]]
    question = (
        f"What {'are the output sizes' if len(shown) > 1 else 'is the output size'} of {listed(shown)}, and how many "
        f"parameters do {conv}, {fc} and the whole network have?"
    )
    asked = [*(f"{name}.output" for name in shown), f"{conv}.params", f"{fc}.params", "total.params"]
    text = f"{capital(what(sizes))} is passed through {chain.text}. {_BIASED} {question}"
    return Draft(text, {"input": given(sizes), "layers": chain.layers}, asked)


def receptive_field(draw: Draw, level: int) -> Draft:
    """How much of the input one position of the last layer sees."""
    chain = Chain()
    depth = draw.choice((2, 3, 4)) if level == EASY else draw.choice((3, 4, 5))
    for place in range(depth):
        if place and level > EASY and draw.chance(0.35):
            size, stride, padding = draw.choice(((2, 2, 0), (2, 2, 0), (3, 2, 1)))
            last = chain.pool("maxpool", size, stride, padding)
            continue
        kernel = draw.choice((3, 3, 3, 5, 5, 7, 11 if place == 0 else 3))
        stride = 1 if level == EASY else draw.choice((1, 1, 2))
        dilation = draw.choice((1, 2, 4)) if level == HARD and kernel < 7 and stride == 1 else 1
        fields = {"filters": 16, "kernel": kernel, "stride": stride, "padding": dilation * (kernel - 1) // 2}
        fields |= {"dilation": dilation} if dilation > 1 else {}
        said = f"{words.square(kernel)} convolution, stride {stride}" + f", dilation {dilation}" * (dilation > 1)
        last = chain.add("conv", fields, said)
    question = f"How large is the receptive field of {last} along each axis, in pixels of the input?"
    asked = [f"{last}.receptive_field"]
    if level == HARD:
        question += (
            f" How many pixels of the input lie between neighbouring positions of {last} (its effective stride)?"
        )
        asked.append(f"{last}.effective_stride")
    text = f"An image is passed through {chain.text}. {question}"
    return Draft(text, {"input": "512x512x3", "layers": chain.layers}, asked)


def residual(draw: Draw, level: int) -> Draft:
    """Parameters and output of a residual block: plain, downsampling, or a bottleneck."""
    side, channels = draw.choice((7, 8, 14, 16, 28, 32, 56)), draw.choice((16, 32, 64, 128, 256))
    biased = draw.chance(0.5)
    block: Layer = {"name": "block"}
    start = f"A residual block reads {what((side, side, channels))}. Its body consists of"
    stride, shortcut = 1, "The input itself is added to their output."
    if level == MEDIUM or (level == HARD and draw.chance(0.5)):
        stride, channels = 2, 2 * channels
        block["shortcut"] = [_plain(channels, 1, 2, biased=biased)]
        shortcut = f"The shortcut is a 1×1 convolution with {channels} filters and stride 2."
    if level == HARD:
        width = max(8, channels // 4)
        body = [(width, 1, 1), (width, 3, stride), (channels, 1, 1)]
        step = " (the 3×3 convolution with stride 2)" if stride > 1 else ""
        said = (
            f"a bottleneck of three convolutional layers: {width} filters of size 1×1, {width} of size 3×3 and "
            f"{channels} of size 1×1{step}"
        )
    else:
        kernel = draw.choice((3, 5)) if level == EASY else 3
        body = [(channels, kernel, stride), (channels, kernel, 1)]
        step = ", the first with stride 2, the second with stride 1" if stride > 1 else ""
        said = f"two convolutional layers with {channels} filters of size {words.square(kernel)}{step}"
    block["body"] = [_plain(filters, kernel, stride, biased=biased) for filters, kernel, stride in body]
    question = "How many parameters does the block have" + (
        "?" if level == EASY else ", and what is its output size?"
    )  # fmt: skip
    biases = (
        f"All convolutions have {'biases' if biased else 'no biases'} and are padded so that stride 1 keeps the size."
    )
    text = f"{start} {said}. {shortcut} {biases} {question}"
    asked = ["block.params", "block.output"][: 1 if level == EASY else 2]
    return Draft(text, {"input": given((side, side, channels)), "layers": [{"residual": block}]}, asked)


def _plain(filters: int, kernel: int, stride: int, *, biased: bool) -> Layer:
    fields: dict[str, Any] = {"filters": filters, "kernel": kernel, "stride": stride, "padding": (kernel - 1) // 2}
    return {"conv": fields if biased else {**fields, "bias": False}}


def inception(draw: Draw, level: int) -> Draft:
    """Output and parameters of branches that are concatenated."""
    side, channels = draw.choice((7, 14, 28, 56)), draw.choice((64, 96, 128, 192, 256))
    widths = (16, 24, 32, 48, 64, 96, 128)
    branches: list[list[Layer]] = []
    lines: list[str] = []

    def branch(kernel: int, *, reduced: bool) -> None:
        """A branch of a convolution, with a 1×1 convolution before it where it is ``reduced``."""
        filters, less = draw.choice(widths), draw.choice((16, 32, 48))
        layers = [_plain(less, 1, 1, biased=True)] if reduced else []
        branches.append([*layers, _plain(filters, kernel, 1, biased=True)])
        before = f"{less} filters of size 1×1, then " if reduced else ""
        lines.append(f"{before}{filters} filters of size {words.square(kernel)}")

    branch(1, reduced=False)
    branch(3, reduced=level == HARD)
    if level > EASY:
        branch(5, reduced=level == HARD)
    if level == HARD:
        filters = draw.choice(widths)
        pool = {"maxpool": {"size": 3, "stride": 1, "padding": 1}}
        branches.append([pool, _plain(filters, 1, 1, biased=True)])
        lines.append(f"3×3 max pooling with stride 1, then {filters} filters of size 1×1")
    count = ("two", "three", "four")[len(branches) - 2]
    text = (
        f"An Inception block reads {what((side, side, channels))} in {count} parallel branches: "
        f"{'; '.join(f'({number}) {line}' for number, line in enumerate(lines, 1))}. Every layer has stride 1 and is "
        "padded to keep the size, every filter has a bias, and the outputs are concatenated along the channels. What "
        "is the output size of the block, and how many parameters does it have?"
    )
    network = {
        "input": given((side, side, channels)),
        "layers": [{"parallel": {"name": "block", "branches": branches}}],
    }
    return Draft(text, network, ["block.output", "block.params"])


def autoencoder(draw: Draw, level: int) -> Draft:
    """Code and parameters of an autoencoder: of dense layers, or with convolutions."""
    if level == HARD:
        return _convolutional(draw)
    inputs = draw.choice((64, 100, 144, 196, 256, 400, 784, 900, 1024))
    code = draw.choice((2, 3, 5, 8, 10, 16, 20, 30, 32))
    inner = [] if level == EASY else [draw.choice((64, 128, 200, 256, 300))]
    if level == MEDIUM and inputs > 300 and draw.chance(0.5):
        inner = [draw.choice((256, 300, 500)), draw.choice((64, 100, 128))]
    units = [*inner, code, *reversed(inner), inputs]
    layers: list[Layer] = [{"dense": {"units": number}} for number in units]
    layers[len(inner)] = {"dense": {"name": "code", "units": code}}
    path = "–".join(map(str, [inputs, *units]))
    kind = "one hidden layer" if level == EASY else f"{words.spelled(len(units) - 1)} hidden layers"
    text = (
        f"A fully connected autoencoder with {kind} has the layer sizes {path}. All units of the hidden layers and of "
        "the output layer have biases. How many parameters does it have?"
    )
    asked = ["total.params"]
    if level == MEDIUM:
        text = f"{text.removesuffix('?')}, and how many of them belong to the layer that computes the code?"
        asked.append("code.params")
    return Draft(text, {"input": str(inputs), "layers": layers}, asked)


def _convolutional(draw: Draw) -> Draft:
    """Convolutions down to a code, transposed convolutions back up."""
    sizes = (*draw.choice(((28, 28, 1), (32, 32, 3), (64, 64, 1), (64, 64, 3), (96, 96, 3), (128, 128, 3))),)
    kernel, more = draw.choice(((3, 1), (2, 0), (4, 0)))
    padding = {2: 0, 3: 1, 4: 1}[kernel]
    chain = Chain()
    first, code = draw.choice((8, 16, 32)), draw.choice((4, 8, 16, 32, 64))
    for filters in (first, code):
        fields = {"filters": filters, "kernel": kernel, "stride": 2, "padding": padding}
        middle = chain.conv(fields)
    for filters in (first, sizes[2]):
        fields = {"filters": filters, "kernel": kernel, "stride": 2, "padding": padding}
        said = f"transposed, {words.conv_layer(fields)}" + f", output padding {more}" * bool(more)
        fields |= {"output_padding": more} if more else {}
        last = chain.add("transposed_conv", fields, said, "up")
    text = (
        f"A convolutional autoencoder encodes {what(sizes)} and decodes it again: {chain.text}. All filters have "
        f"biases. What are the sizes of the code ({middle}) and of the output of {last}, and how many parameters does "
        "the autoencoder have?"
    )
    network = {"input": given(sizes), "layers": chain.layers}
    return Draft(text, network, [f"{middle}.output", f"{last}.output", "total.params"])
