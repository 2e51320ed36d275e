"""What questions are made of: for each topic and level a network drawn at random, its text, and what is asked."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

from cnncalc import rules

if TYPE_CHECKING:
    from cnncalc.check.papers.draw import Draw

MOST_CHOICES = 8
TITLES = {
    "window": "output sizes", "pooling": "pooling", "parameters": "parameters", "padding": "padding",
    "network": "networks", "receptive_field": "receptive fields",
}  # fmt: skip
LEVELS = ("easy", "medium", "hard")
EASY, MEDIUM, HARD = range(3)

Layer = dict[str, dict[str, Any]]


class Draft(NamedTuple):
    """A question as drawn, not yet worked out: it may turn out to have no whole answer."""

    text: str
    input: tuple[int, ...]
    layers: list[Layer]
    asked: list[str]
    given: dict[str, str] = {}  # noqa: RUF012

    @property
    def network(self) -> dict[str, Any]:
        """What a problem file says of the network."""
        stated = {"input": "x".join(map(str, self.input)), "layers": self.layers}
        return stated | {"given": self.given} if self.given else stated


def _sizes(sizes: tuple[int, ...]) -> str:
    return "×".join(map(str, sizes))


def _image(draw: Draw, level: int) -> tuple[int, int, int]:
    height = draw.choice(range(8, 65))
    width = height if level < HARD else draw.choice(range(8, 65))
    return height, width, draw.choice((1, 3, 3, 4, 8, 16, 32, draw.choice(range(1, 65))))


def _filters(draw: Draw) -> int:
    return draw.choice((6, 8, 10, 12, 16, 20, 32, 48, 64))


def _window(kernel: Any, stride: int, padding: Any, dilation: int = 1) -> str:
    """``5×5 with stride 2 and padding 1``."""
    kernel = kernel if isinstance(kernel, list) else [kernel, kernel]
    parts = [f"stride {stride}", f"padding {padding}"] + [f"dilation {dilation}"] * (dilation > 1)
    return f"{_sizes(tuple(kernel))} with {', '.join(parts[:-1])} and {parts[-1]}"


def _convolution(draw: Draw, level: int) -> tuple[dict[str, Any], str]:
    """The fields of a convolution, and its window in words."""
    kernel: Any = draw.choice((3, 5, 7) if level == EASY else (2, 3, 4, 5, 7))
    if level == HARD and draw.chance(0.5):
        kernel = [kernel, draw.choice((1, 3, 5))]
    stride = 1 if level == EASY else draw.choice((1, 2, 3))
    padding = draw.choice((0, 1, 2, 3))
    dilation = draw.choice((1, 2, 3)) if level == HARD else 1
    fields = {"filters": _filters(draw), "kernel": kernel, "stride": stride, "padding": padding}
    return fields | ({"dilation": dilation} if dilation > 1 else {}), _window(kernel, stride, padding, dilation)


def window(draw: Draw, level: int) -> Draft:
    """Which size comes out of a convolution; a hard one may be transposed."""
    sizes = _image(draw, level)
    if level == HARD and draw.chance(0.3):
        kernel, stride, padding = draw.choice((2, 3, 4, 5)), draw.choice((2, 3)), draw.choice((0, 1))
        fields = {"filters": _filters(draw), "kernel": kernel, "stride": stride, "padding": padding}
        text = f"a transposed convolution with {fields['filters']} filters of {_window(kernel, stride, padding)}"
        kind = "transposed_conv"
    else:
        fields, said = _convolution(draw, level)
        text, kind = f"a convolution with {fields['filters']} filters of {said}", "conv"
    question = f"An image of {_sizes(sizes)} goes through {text}. Which size comes out?"
    return Draft(question, sizes, [{kind: fields}], [f"{kind}1.output"])


def pooling(draw: Draw, level: int) -> Draft:
    """Which size comes out of a pool."""
    height, width, _ = _image(draw, level)
    sizes = (height, width, draw.choice(range(1, 129)))
    size = 2 if level == EASY else draw.choice((2, 3, 4))
    stride = size if level == EASY else draw.choice((1, 2, 3))
    padding = draw.choice(range(size // 2 + 1)) if level == HARD else 0
    kind, word = draw.choice((("maxpool", "a max pool"), ("avgpool", "an average pool")))
    text = f"A feature map of {_sizes(sizes)} goes through {word} of {_window(size, stride, padding)}."
    fields = {"size": size, "stride": stride, "padding": padding}
    return Draft(f"{text} Which size comes out?", sizes, [{kind: fields}], [f"{kind}1.output"])


def parameters(draw: Draw, level: int) -> Draft:
    """How many numbers a layer learns."""
    sizes = _image(draw, EASY)
    return draw.choice(_LEARNING[level])(draw, sizes)


def _square(fields: dict[str, Any]) -> str:
    return _sizes((fields["kernel"], fields["kernel"]))


def _asking(sizes: tuple[int, ...], said: str, kind: str, fields: dict[str, Any], what: str = "An image") -> Draft:
    question = f"{what} of {_sizes(sizes)} goes through {said}. How many parameters does it learn?"
    return Draft(question, sizes, [{kind: fields}], [f"{kind}1.params"])


def _conv_parameters(draw: Draw, sizes: tuple[int, ...]) -> Draft:
    fields = {"filters": _filters(draw), "kernel": draw.choice((3, 5, 7))}
    said = f"a convolution with {fields['filters']} filters of {_square(fields)}, each with a bias"
    return _asking(sizes, said, "conv", fields)


def _unbiased_parameters(draw: Draw, sizes: tuple[int, ...]) -> Draft:
    fields = {"filters": _filters(draw), "kernel": draw.choice((3, 5, 7)), "bias": False}
    said = f"a convolution with {fields['filters']} filters of {_square(fields)} without biases"
    return _asking(sizes, said, "conv", fields)


def _dense_parameters(draw: Draw, sizes: tuple[int, ...]) -> Draft:
    units = draw.choice((10, 20, 50, 64, 100, 128))
    said = f"a dense layer with {units} units and biases, which flattens it first"
    return _asking(sizes, said, "dense", {"units": units})


def _grouped_parameters(draw: Draw, sizes: tuple[int, ...]) -> Draft:
    groups = draw.choice((2, 4))
    sizes = (*sizes[:2], groups * draw.choice(range(2, 17)))
    fields = {"filters": groups * draw.choice(range(2, 17)), "kernel": draw.choice((3, 5)), "groups": groups}
    said = f"a convolution with {fields['filters']} filters of {_square(fields)} in {groups} groups, with biases"
    return _asking(sizes, said, "conv", fields)


def _separable_parameters(draw: Draw, sizes: tuple[int, ...]) -> Draft:
    sizes = (*sizes[:2], draw.choice(range(2, 65)))
    kernel, filters = draw.choice((3, 5)), _filters(draw)
    if draw.chance(0.5):
        said = f"a depthwise convolution of {kernel}×{kernel} with one filter for each channel, with biases"
        return _asking(sizes, said, "depthwise_conv", {"kernel": kernel})
    said = (
        f"a separable convolution (depthwise {kernel}×{kernel} without biases, "
        f"then {filters} filters of 1×1 with biases)"
    )
    return _asking(sizes, said, "separable_conv", {"filters": filters, "kernel": kernel})


def _recurrent_parameters(draw: Draw, sizes: tuple[int, ...]) -> Draft:
    steps, features, units = (
        draw.choice(range(5, 50)),
        draw.choice(range(4, 129)),
        draw.choice((16, 32, 50, 64, 100, 128)),
    )
    kind, word = draw.choice((("rnn", "a simple recurrent layer"), ("lstm", "an LSTM"), ("gru", "a GRU")))
    said = f"{word} with {units} units and one bias vector for each gate"
    return _asking((steps, features), said, kind, {"units": units}, "A sequence")


def _norm_parameters(draw: Draw, sizes: tuple[int, ...]) -> Draft:
    sizes = (*sizes[:2], draw.choice(range(2, 257)))
    said = "a batch normalisation with gamma, beta, and the moving mean and variance, which all count"
    return _asking(sizes, said, "batchnorm", {})


#: Questions for parameters, by level.
_LEARNING: tuple[tuple[Callable[[Draw, tuple[int, ...]], Draft], ...], ...] = (
    (_conv_parameters, _dense_parameters),
    (_conv_parameters, _dense_parameters, _grouped_parameters, _unbiased_parameters),
    (_separable_parameters, _recurrent_parameters, _norm_parameters, _grouped_parameters),
)


def padding(draw: Draw, level: int) -> Draft:
    """Which padding, or in a hard question which kernel, gives a size."""
    sizes = _image(draw, EASY)
    kernel, filters = draw.choice((3, 5, 7)), _filters(draw)
    stride = 1 if level == EASY else draw.choice((1, 2, 3))
    right = (kernel - 1) // 2 if level == EASY else draw.choice(range(kernel // 2 + 1))
    out = rules.window(sizes[0], kernel, stride, 2 * right)
    unknown = "kernel" if level == HARD and draw.chance(0.5) else "padding"
    fields: dict[str, Any] = {"filters": filters, "kernel": kernel, "stride": stride, "padding": right}
    letter = "k" if unknown == "kernel" else "p"
    fields[unknown] = letter
    known = f"{filters} filters of {kernel}×{kernel}, stride {stride}" if letter == "p" else (
        f"{filters} filters, stride {stride}, padding {right}"
    )  # fmt: skip
    asked = {"p": "Which padding on each side", "k": "Which size k of a k×k filter"}[letter]
    question = f"An image of {_sizes(sizes)} goes through a convolution with {known}. {asked} gives {out}×{out}?"
    return Draft(question, sizes, [{"conv": fields}], [letter], {"conv1.output": f"{out}x{out}"})


def network(draw: Draw, level: int) -> Draft:
    """Sizes and parameters through a stack of layers."""
    side = 8 * draw.choice(range(2, 9))
    sizes = (side, side, draw.choice((1, 3)))
    layers: list[Layer] = []
    lines: list[str] = []
    for number in range(1, (1, 2, 3)[level] + 1):
        kernel = draw.choice((3, 5))
        same = level == EASY or draw.chance(0.6)
        fields = {"filters": _filters(draw), "kernel": kernel, "padding": (kernel - 1) // 2 if same else 0}
        layers += [{"conv": fields}, {"maxpool": {"size": 2}}]
        said = _window(kernel, 1, fields["padding"])
        lines += [f"conv{number}, a convolution with {fields['filters']} filters of {said}"]
        lines += [f"maxpool{number}, a max pool of 2×2 with stride 2"]
    units = draw.choice((2, 5, 10, 100))
    layers.append({"dense": {"units": units}})
    lines.append(f"dense1, a dense layer with {units} units")
    last = (1, 2, 3)[level]
    asked = [f"conv{last}.output", f"maxpool{last}.output", f"conv{last}.params", "dense1.params", "total.params"]
    question = (
        f"An image of {_sizes(sizes)} goes through {'; '.join(lines)}. Convolutions and the dense layer have biases. "
        f"Which sizes come out of conv{last} and maxpool{last}, and how many parameters have conv{last}, dense1 and "
        "the network?"
    )
    return Draft(question, sizes, layers, asked)


def receptive_field(draw: Draw, level: int) -> Draft:
    """How much of the input one position of the last layer sees."""
    layers: list[Layer] = []
    lines: list[str] = []
    counts = {"conv": 0, "maxpool": 0}
    for _ in range(draw.choice(range(2, 5)) + level):
        if layers and draw.chance(0.3):
            layers.append({"maxpool": {"size": 2}})
            kind, said = "maxpool", "a max pool of 2×2 with stride 2"
        else:
            kernel, stride = draw.choice((3, 5, 7, 9)), 1 if level == EASY else draw.choice((1, 1, 2))
            dilation = draw.choice((1, 2)) if level == HARD else 1
            fields = {"filters": 8, "kernel": kernel, "stride": stride, "padding": (kernel - 1) // 2}
            layers.append({"conv": fields | ({"dilation": dilation} if dilation > 1 else {})})
            kind, said = "conv", f"a convolution of {_window(kernel, stride, fields['padding'], dilation)}"
        counts[kind] += 1
        lines.append(f"{kind}{counts[kind]}, {said}")
    last = f"{kind}{counts[kind]}"
    question = f"An image of 512×512×3 goes through {'; '.join(lines)}. How wide is the receptive field of {last}?"
    asked = [f"{last}.receptive_field"] + [f"{last}.effective_stride"] * (level == HARD)
    question += " And its effective stride?" * (level == HARD)
    return Draft(question, (512, 512, 3), layers, asked)


#: A topic's questions by its name.
TOPICS: dict[str, Callable[[Draw, int], Draft]] = {
    "window": window, "pooling": pooling, "parameters": parameters, "padding": padding, "network": network,
    "receptive_field": receptive_field,
}  # fmt: skip
