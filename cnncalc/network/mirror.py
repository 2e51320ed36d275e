"""``decoder: mirror``: the decoder that gives an encoder's sizes back, layer by layer, exactly.

A layer is undone by the kind that turns its rule round; what the rule of that kind falls short of the size that was
there becomes its ``output_padding``. So the sizes come back where a floor lost some, odd ones included.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cnncalc import kinds
from cnncalc.errors import SpecError
from cnncalc.kinds.base.kind import Kind, Misfit, times
from cnncalc.network.model import Block, Layer
from cnncalc.shape import Shape
from cnncalc.symbolic.arithmetic import differ

if TYPE_CHECKING:
    from cnncalc.network.builder import Builder


def place(builder: Builder, above: int) -> int:
    """Place the decoder of the layers placed so far below value ``above``; returns the value of its output.

    Raises SpecError if a layer cannot be undone: more than one layer read, positions thrown away.
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
    """The layers with their inputs and outputs; empty if one does not fit (``infer`` will say so)."""
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
    """The activation of the nearest layer above ``layer`` that learns: its output is what is decoded."""
    above = builder.network.layers[: builder.network.layers.index(layer)]
    found = (other.kind.__dict__["activation"] for other in reversed(above) if "activation" in other.kind.fields)
    return next(found, None)


def _inverse(layer: Layer, x: Shape, y: Shape, activation: str | None) -> list[Kind]:
    """The layers that lead from ``y`` back to ``x``, those that learn with ``activation``."""
    steps = layer.kind.undone(x, y)
    if steps is not None:
        return [_made(word, fields, x, y, activation) for word, fields in steps]
    if x.sizes == y.sizes:
        return [layer.kind]
    raise _cannot(layer, f"{layer.kind.word()} throws positions away")


def _made(word: str, fields: dict[str, Any], x: Shape, y: Shape, activation: str | None) -> Kind:
    """A kind by its word; what its rule falls short of ``x`` is its ``output_padding``, if it has one."""
    found = kinds.find(word)
    assert found is not None
    if "activation" in found.fields and activation is not None:
        fields = {**fields, "activation": activation}
    made = found(**fields)
    if "output_padding" not in found.fields:
        return made
    missing = tuple(size - short for size, short in zip(x.spatial, made.output(y).spatial, strict=True))
    return found(**fields, output_padding=missing[0] if len({*missing}) == 1 else missing)
