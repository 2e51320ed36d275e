"""What questions are made of: the sizes and settings that people use, and the words for them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from cnncalc.check.papers.draw import Draw

EASY, MEDIUM, HARD = range(3)

Layer = dict[str, Any]


class Draft(NamedTuple):
    """A question as drawn, not yet worked out: what a problem file says of its network, and the answers it asks for."""

    text: str
    network: dict[str, Any]
    asked: list[str]


#: Images as data sets and networks have them: in grey or in colour.
SQUARES = (28, 32, 48, 64, 96, 100, 112, 128, 150, 160, 192, 200, 224, 227, 256, 299, 512)
_WIDE = ((48, 64), (64, 96), (96, 128), (120, 160), (180, 240), (240, 320), (360, 480), (480, 640))
#: Sides and channels of feature maps inside networks.
SIDES = (7, 8, 10, 12, 13, 14, 16, 20, 24, 26, 27, 28, 30, 32, 40, 55, 56, 64)
CHANNELS = (16, 24, 32, 48, 64, 96, 128, 192, 256)
FILTERS = (8, 10, 12, 16, 20, 24, 32, 48, 64, 96, 128)
UNITS = (10, 20, 50, 64, 100, 120, 128, 200, 256, 500)


def image(draw: Draw, *, square: bool = True) -> tuple[int, int, int]:
    """An image: height, width, and 1 or 3 channels."""
    side = draw.choice(SQUARES)
    height, width = (side, side) if square else draw.choice(_WIDE)
    return height, width, 1 if square and side <= 128 and draw.chance(0.3) else 3


def small_image(draw: Draw) -> tuple[int, int, int]:
    """An image for a small network."""
    side = draw.choice((28, 32, 48, 64))
    return side, side, draw.choice((1, 3))


def kernel_for(draw: Draw, sizes: Sequence[int], kernels: Sequence[int]) -> int:
    """One of the ``kernels``, 3 where it would be too large for a map."""
    kernel = draw.choice(kernels)
    return kernel if 2 * kernel <= sizes[0] else 3


def feature_map(draw: Draw) -> tuple[int, int, int]:
    """What a layer inside a network reads."""
    side = draw.choice(SIDES)
    return side, side, draw.choice(CHANNELS)


def image_or_map(draw: Draw) -> tuple[int, int, int]:
    """Either of them."""
    return image(draw) if draw.chance(0.5) else feature_map(draw)


def given(sizes: Sequence[int]) -> str:
    """Sizes as a problem file has them."""
    return "x".join(map(str, sizes))


def times(*sizes: int) -> str:
    """Sizes in a text: ``28×28×3``."""
    return "×".join(map(str, sizes))


def a(text: str) -> str:
    """``text`` with its article: a 28×28 image, an 8×8 image."""
    first = text.partition("×")[0].partition(" ")[0]
    return f"an {text}" if first[:1] == "8" or first in ("11", "18") or text[:1] in "aeio" else f"a {text}"


def what(sizes: Sequence[int]) -> str:
    """``a 28×28×3 image``; with more channels it is a feature map."""
    return a(f"{times(*sizes)} {'image' if sizes[-1] in (1, 3) else 'feature map'}")


def spelled(count: int) -> str:
    """A small number as a word."""
    return ("no", "one", "two", "three", "four", "five", "six")[count]


def listed(parts: Sequence[str]) -> str:
    """``x, y and z``."""
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)


def capital(text: str) -> str:
    """A sentence begins."""
    return text[:1].upper() + text[1:]


def settings(stride: int, padding: int, dilation: int = 1) -> str:
    """``stride 2 and padding 1``."""
    parts = [f"stride {stride}", f"padding {padding}" if padding else "no padding"]
    return listed(parts + [f"dilation {dilation}"] * (dilation > 1))


def square(side: int | Sequence[int]) -> str:
    """``3×3``; of a window with two sides these."""
    return times(side, side) if isinstance(side, int) else times(*side)


def conv(draw: Draw, kernel: Any, stride: int = 1, padding: int = 0, dilation: int = 1) -> Layer:
    """The fields of a convolution, with filters drawn; those at their defaults are left out."""
    fields = {"filters": draw.choice(FILTERS), "kernel": kernel, "stride": stride, "padding": padding}
    return fields | ({"dilation": dilation} if dilation > 1 else {})


def filters(fields: Layer) -> str:
    """``16 filters of size 3×3``."""
    count = fields["filters"]
    return f"{count} filter{'s' * (count > 1)} of size {square(fields['kernel'])}"


def conv_text(fields: Layer) -> str:
    """``16 filters of size 3×3, stride 1 and padding 1``."""
    said = settings(fields.get("stride", 1), fields.get("padding", 0), fields.get("dilation", 1))
    return f"{filters(fields)}, {said}"


def conv_layer(fields: Layer) -> str:
    """A layer of a list: ``16 filters of size 3×3, stride 1, padding 1``."""
    return conv_text(fields).replace(" and ", ", ")


def pool_layer(kind: str, size: int, stride: int, padding: int = 0) -> str:
    """``2×2 max pooling, stride 2``."""
    word = {"maxpool": "max", "avgpool": "average"}[kind]
    return f"{square(size)} {word} pooling, stride {stride}" + (f", padding {padding}" if padding else "")


class Chain:
    """Layers one after the other, as they are written in a file and in a text."""

    def __init__(self) -> None:
        self.layers: list[Layer] = []
        self.lines: list[str] = []
        self.counts: dict[str, int] = {}

    def add(self, kind: str, fields: Layer, said: str, word: str = "") -> str:
        """A layer called by its ``word`` (or kind) and a number; its name."""
        word = word or kind
        self.counts[word] = self.counts.get(word, 0) + 1
        name = f"{word}{self.counts[word]}"
        self.layers.append({kind: {"name": name, **fields}})
        self.lines.append(f"{name} ({said})")
        return name

    def conv(self, fields: Layer) -> str:
        """A convolution."""
        return self.add("conv", fields, conv_layer(fields))

    def pool(self, kind: str, size: int, stride: int, padding: int = 0) -> str:
        """A pooling layer."""
        fields = {"size": size, "stride": stride} | ({"padding": padding} if padding else {})
        return self.add(kind, fields, pool_layer(kind, size, stride, padding), "pool")

    def dense(self, units: int) -> str:
        """A fully connected layer."""
        return self.add("dense", {"units": units}, f"fully connected, {units} units", "fc")

    @property
    def text(self) -> str:
        """``conv1 (...), pool1 (...) and fc1 (...)``."""
        return listed(self.lines)
