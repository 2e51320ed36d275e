"""``decoder: mirror``: the decoder that gives an encoder's sizes back, layer by layer, exactly.

A layer is undone by the kind that turns its rule round; what the rule of that kind falls short of the size that was
there becomes its ``output_padding``. So the sizes come back where a floor lost some, odd ones included.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cnncalc import kinds, rules
from cnncalc.errors import SpecError
from cnncalc.kinds.base.kind import Kind, Misfit, per_axis, times
from cnncalc.kinds.base.window import Sliding
from cnncalc.network.model import Block, Layer
from cnncalc.shape import Shape
from cnncalc.symbolic.arithmetic import differ, product
from cnncalc.symbolic.expr import Number, value

if TYPE_CHECKING:
    from cnncalc.network.builder import Builder

_LIKE = ("kernel", "stride", "dilation")
_INVERSE = {"pad": "crop", "crop": "pad", "pixel_shuffle": "pixel_unshuffle", "pixel_unshuffle": "pixel_shuffle"}
_CONVOLUTIONS = ("conv", "depthwise_conv", "separable_conv")


def place(builder: Builder, above: int) -> int:
    """Place the decoder of the layers placed so far below value ``above``; the value that it puts out.

    Raises SpecError where a layer cannot be undone: more than one layer read, positions thrown away.
    """
    network, first = builder.network, len(builder.network.layers)
    counts: dict[str, int] = {}
    for layer, x, y in reversed(_chain(builder)):
        back = y
        for kind in _inverse(layer, x, y, _activation_before(builder, layer)):
            kind.layout = network.layout
            builder.step(layer.mark)
            counts[kind.word()] = counts.get(kind.word(), 0) + 1
            name = f"decoder/{kind.word()}{counts[kind.word()]}"
            above = builder.append(Layer(name, kind, (above,), layer.mark, trainable=layer.trainable))
            back = kind.output(back)
        if len(back.spatial) != len(x.spatial) or any(map(differ, back.sizes, x.sizes)):
            there, returned = (times(shape.written(network.layout)) for shape in (x, back))
            raise _cannot(layer, f"{there} would come back as {returned}")
    network.blocks["decoder"] = Block(first, len(network.layers), above, "decoder")
    return above


def _chain(builder: Builder) -> list[tuple[Layer, Shape, Shape]]:
    """The layers with what each reads and puts out; nothing where one does not fit (``infer`` will say so)."""
    network, found = builder.network, []
    shape = next(iter(network.inputs.values()))
    for number, layer in enumerate(network.layers):
        if layer.sources != (number,) or len(network.inputs) > 1:
            raise _cannot(layer, "it does not read the one layer above it")
        x = shape
        try:
            shape = layer.kind.output(x)
        except Misfit:
            return []
        found.append((layer, x, shape))
    return found


def _cannot(layer: Layer, why: str) -> SpecError:
    return SpecError(
        f'decoder: mirror cannot undo {layer.kind.word()} "{layer.name}": {why}',
        mark=layer.mark,
        help="write the decoder as a list of layers",
    )


def _activation_before(builder: Builder, layer: Layer) -> str | None:
    """The activation of the nearest layer above ``layer`` that learns: what is decoded is what that one put out."""
    above = builder.network.layers[: builder.network.layers.index(layer)]
    found = (other.kind.__dict__["activation"] for other in reversed(above) if "activation" in other.kind.fields)
    return next(found, None)


def _inverse(layer: Layer, x: Shape, y: Shape, activation: str | None) -> list[Kind]:
    """The layers that lead from ``y`` back to ``x``."""
    kind: Any = layer.kind
    word = kind.word()
    if word in _CONVOLUTIONS and isinstance(kind, Sliding):
        return [_transposed(kind, x, y, activation)]
    if word == "transposed_conv":
        fields = {name: getattr(kind, name) for name in (*_LIKE, "groups", "bias")}
        return [_made("conv", filters=x.channels, padding=kind.crop(x), activation=activation, **fields)]
    if isinstance(kind, Sliding) and "ceil_mode" in kind.fields:
        return [_made("upsample", factor=kind.stride), *_evened(y, x, per_axis(kind.stride, x, "stride"))]
    if word == "upsample" and kind.size is None:
        return [_made("avgpool", size=kind.factor or 2)]
    if word == "dense":
        return _undensed(kind, x, y, activation)
    if word in ("flatten", "reshape"):
        return [_made("reshape", shape=tuple(x.written(kind.layout)))]
    if word == "permute":
        order = [value(place) for place in kind.order]
        return [_made("permute", order=tuple(order.index(place) + 1 for place in range(1, len(order) + 1)))]
    if word in _INVERSE:
        (name,) = kind.fields.keys() & {"amount", "factor"}
        return [_made(_INVERSE[word], **{name: getattr(kind, name)})]
    if x.sizes == y.sizes:
        return [kind]
    raise _cannot(layer, f"{word} throws positions away")


def _made(word: str, **fields: Any) -> Kind:
    found = kinds.find(word)
    assert found is not None
    return found(**{name: field for name, field in fields.items() if field is not None})


def _transposed(kind: Sliding, x: Shape, y: Shape, activation: str | None) -> Kind:
    """The transposed convolution with the same window; what it falls short of ``x`` is its output_padding."""
    totals = [
        rules.same_padding(w.size, w.kernel, w.stride, w.dilation) if w.padding is None else w.padding
        for w in kind.windows(x)
    ]
    padding = tuple((w.begin, total - w.begin) for w, total in zip(kind.windows(x), totals, strict=True))
    groups = x.channels if kind.word() == "depthwise_conv" else getattr(kind, "groups", 1)
    fields: dict[str, Any] = {name: getattr(kind, name) for name in _LIKE}
    fields |= {"filters": x.channels, "padding": _one(padding), "groups": groups, "activation": activation}
    short = _made("transposed_conv", **fields).output(y)
    missing = tuple(size - other for size, other in zip(x.spatial, short.spatial, strict=True))
    return _made("transposed_conv", **fields, output_padding=_one(missing), bias=getattr(kind, "bias", True))


def _one(sizes: tuple[Any, ...]) -> Any:
    """One number for all where they are the same, of pairs too."""
    numbers = [number for size in sizes for number in (size if isinstance(size, tuple) else (size,))]
    return numbers[0] if all(number == numbers[0] for number in numbers) else sizes


def _evened(y: Shape, x: Shape, factors: tuple[Number, ...]) -> list[Kind]:
    """Zeros put, or positions cut, where enlarged maps are not as large as ``x``."""
    missing = [size - small * factor for size, small, factor in zip(x.spatial, y.spatial, factors, strict=True)]
    more = tuple((0, n if value(n) is None or value(n) > 0 else 0) for n in missing)
    less = tuple((0, -value(n) if (value(n) or 0) < 0 else 0) for n in missing)
    found = []
    if any(value(end) != 0 for _, end in more):
        found.append(_made("pad", amount=more))
    if any(end for _, end in less):
        found.append(_made("crop", amount=less))
    return found


def _undensed(kind: Kind, x: Shape, y: Shape, activation: str | None) -> list[Kind]:
    """A dense layer with as many units as there were numbers, and the sizes they had."""
    flat = len(y.spatial) < len(x.spatial)
    units = product(x.sizes) if flat else x.channels
    dense = _made("dense", units=units, bias=kind.__dict__["bias"], activation=activation)
    return [dense, _made("reshape", shape=tuple(x.written(kind.layout)))] if flat else [dense]
