"""Questions about windows that slide over images: convolutions, pooling, transposed convolutions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnncalc import rules
from cnncalc.check.papers.topics import words
from cnncalc.check.papers.topics.words import EASY, HARD, MEDIUM, Chain, Draft, Layer, capital, given, times, what

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cnncalc.check.papers.draw import Draw

_SIZE = "What is the output size?"


def _one(sizes: Sequence[int], kind: str, fields: Layer, said: str, question: str, *asked: str) -> Draft:
    """A question about a single layer."""
    text = f"{capital(what(sizes))} is passed through {said}. {question}"
    return Draft(text, {"input": given(sizes), "layers": [{kind: fields}]}, [f"{kind}1.{name}" for name in asked])


def window(draw: Draw, level: int) -> Draft:
    """The output size of a convolution; a hard one is dilated, not square, or one of several."""
    if level == HARD and draw.chance(0.4):
        return _chain(draw)
    fields: Layer
    sizes = words.image_or_map(draw)
    if level == EASY:
        kernel = words.kernel_for(draw, sizes, (3, 5, 7))
        fields = words.conv(draw, kernel, 1, draw.choice((0, (kernel - 1) // 2)))
    elif level == MEDIUM:
        kernel = words.kernel_for(draw, sizes, (3, 3, 5, 7, 11))
        stride = draw.choice((3, 4)) if kernel == 11 else draw.choice((2, 2, 2, 3)) if sizes[0] > 16 else 2
        fields = words.conv(draw, kernel, stride, draw.choice((0, 1, (kernel - 1) // 2)))
    elif draw.chance(0.5):
        kernel, dilation = draw.choice((3, 5)), draw.choice((2, 3, 4))
        same = dilation * (kernel - 1) // 2
        fields = words.conv(draw, kernel, draw.choice((1, 1, 2)), draw.choice((0, same)), dilation)
    else:
        sizes = words.image(draw, square=False)
        fields = words.conv(draw, draw.choice(([1, 7], [7, 1], [3, 5], [5, 3], [3, 7])), draw.choice((1, 2)))
    return _one(sizes, "conv", fields, f"a convolutional layer with {words.conv_text(fields)}", _SIZE, "output")


def _chain(draw: Draw) -> Draft:
    """The output size of the last of three layers."""
    sizes = words.image(draw)
    chain = Chain()
    chain.conv(words.conv(draw, draw.choice((3, 5, 7)), draw.choice((1, 2)), draw.choice((0, 1))))
    chain.pool(draw.choice(("maxpool", "avgpool")), draw.choice((2, 3)), 2)
    last = chain.conv(words.conv(draw, draw.choice((3, 5)), draw.choice((1, 2)), draw.choice((0, 1))))
    text = f"{capital(what(sizes))} is passed through {chain.text}. What is the output size of {last}?"
    return Draft(text, {"input": given(sizes), "layers": chain.layers}, [f"{last}.output"])


def pooling(draw: Draw, level: int) -> Draft:
    """The output size of a pooling layer; a hard one is rounded up, one of two, or its stride is asked for."""
    sizes = words.feature_map(draw)
    kind = draw.choice(("maxpool", "maxpool", "avgpool"))
    word = {"maxpool": "max", "avgpool": "average"}[kind]
    if level == EASY:
        sizes = (2 * (sizes[0] // 2), 2 * (sizes[0] // 2), sizes[2])
        size, stride, padding = 2, 2, 0
    elif level == MEDIUM:
        if draw.chance(0.15):
            said = f"a global {word}-pooling layer"
            question = "What is the output size (height × width × channels)?"
            return _one(sizes, f"global_{kind}", {"keepdims": True}, said, question, "output")
        size, stride, padding = draw.choice(((3, 2, 0), (3, 2, 1), (2, 2, 0), (2, 1, 0), (3, 3, 0), (3, 1, 1)))
    else:
        return draw.choice((_ceiled, _two_pools, _stride))(draw, sizes, kind, word)
    fields = {"size": size, "stride": stride, "padding": padding}
    return _one(
        sizes, kind, fields, _pool(word, size, words.settings(stride, padding)), _SIZE, "output"
    )  # fmt: skip


def _pool(word: str, size: int, said: str) -> str:
    return f"{words.a(words.square(size))} {word}-pooling layer with {said}"


def _ceiled(draw: Draw, sizes: tuple[int, ...], kind: str, word: str) -> Draft:
    size, stride = draw.choice(((3, 2), (2, 2), (3, 3)))
    said = _pool(word, size, f"stride {stride}, no padding and sizes rounded up (ceil mode)")
    return _one(sizes, kind, {"size": size, "stride": stride, "ceil_mode": True}, said, _SIZE, "output")


def _two_pools(draw: Draw, sizes: tuple[int, ...], kind: str, word: str) -> Draft:
    chain = Chain()
    chain.conv(words.conv(draw, draw.choice((3, 5)), 1, draw.choice((0, 1))))
    chain.pool(kind, draw.choice((2, 3)), 2)
    chain.conv(words.conv(draw, 3, 1, draw.choice((0, 1))))
    last = chain.pool(kind, draw.choice((2, 3)), 2)
    text = f"{capital(what(sizes))} is passed through {chain.text}. What is the output size of {last}?"
    return Draft(text, {"input": given(sizes), "layers": chain.layers}, [f"{last}.output"])


def _stride(draw: Draw, sizes: tuple[int, ...], kind: str, word: str) -> Draft:
    size, stride = draw.choice(((2, 2), (3, 2), (3, 3), (3, 1)))
    out = rules.window(sizes[0], size, stride, 0)
    text = (
        f"{words.a(words.square(size))} {word}-pooling layer without padding turns {what(sizes)} into "
        f"{times(out, out, sizes[2])}. What is its stride?"
    )
    network = {"input": given(sizes), "layers": [{kind: {"size": size, "stride": "s"}}]}
    return Draft(capital(text), {**network, "given": {f"{kind}1.output": f"{out}x{out}"}}, ["s"])


def same(draw: Draw, level: int) -> Draft:
    """The output size with "same" padding."""
    sizes = words.image_or_map(draw)
    if level < HARD:
        stride = 1 if level == EASY else draw.choice((2, 2, 3, 4))
        if level == MEDIUM and draw.chance(0.5):
            side = draw.choice((15, 25, 27, 31, 45, 55, 63, 75))
            sizes = (side, side, sizes[2] if sizes[2] > 3 else 3)
        fields = words.conv(draw, words.kernel_for(draw, sizes, (3, 5, 7)), stride)
        said = f"{words.filters(fields)}, stride {stride} and “same” padding"
        fields["padding"] = "same"
        return _one(sizes, "conv", fields, f"a convolutional layer with {said}", _SIZE, "output")
    chain = Chain()
    for _ in range(3):
        filters, kernel, stride = draw.choice(words.FILTERS), draw.choice((3, 5)), draw.choice((1, 2, 2))
        fields = {"filters": filters, "kernel": kernel, "stride": stride, "padding": "same"}
        said = f"{words.filters(fields)}, stride {stride}, “same” padding"
        last = chain.add("conv", fields, said)
        if len(chain.layers) == 2:
            chain.pool("maxpool", 2, 2)
    text = f"{capital(what(sizes))} is passed through {chain.text}. What is the output size of {last}?"
    return Draft(text, {"input": given(sizes), "layers": chain.layers}, [f"{last}.output"])


def transposed(draw: Draw, level: int) -> Draft:
    """The output size of a transposed convolution; a hard one has output padding, or is one of two."""
    side, channels = draw.choice((4, 5, 6, 7, 8, 10, 12, 14, 16, 28, 32)), draw.choice((16, 32, 64, 128, 256, 512))
    sizes = (side, side, channels)
    if level == HARD and draw.chance(0.5):
        chain = Chain()
        for _ in range(2):
            fields = words.conv(draw, *draw.choice(((2, 2, 0), (4, 2, 1), (3, 2, 0), (3, 2, 1), (5, 2, 2))))
            last = chain.add("transposed_conv", fields, words.conv_layer(fields), "up")
        text = (
            f"{capital(what(sizes))} is upsampled by two transposed convolutions, {chain.text}. What is the output "
            f"size of {last}?"
        )
        return Draft(text, {"input": given(sizes), "layers": chain.layers}, [f"{last}.output"])
    usual = (
        ((2, 2, 0), (3, 2, 0), (4, 2, 0), (3, 1, 0)),
        ((4, 2, 1), (3, 2, 1), (5, 2, 2), (5, 2, 1), (3, 3, 0), (8, 4, 2)),
        ((3, 2, 1), (5, 2, 2)),
    )
    fields = words.conv(draw, *draw.choice(usual[level]))
    said = words.conv_text(fields)
    if level == HARD:
        fields["output_padding"] = 1
        said = f"{words.conv_layer(fields)} and output padding 1"
    return _one(sizes, "transposed_conv", fields, f"a transposed convolution with {said}", _SIZE, "output")
