"""How a layer of Keras is added to a spec: its arrays, its activation, and whether it repeats a layer above."""

from __future__ import annotations

from typing import Any, NamedTuple

from cnncalc.kinds.activation import FUNCTIONS
from cnncalc.kinds.base.kind import Weights
from cnncalc.models import operators
from cnncalc.models.graph import Node, Tensor
from cnncalc.models.importer import Importer, Unsupported, Value, Weight
from cnncalc.models.keras import settings
from cnncalc.models.keras.called import Called
from cnncalc.models.keras.operations import ACTIVATIONS, function
from cnncalc.models.keras.places import Place

#: Activation functions that have another name here.
OURS = {"swish": "silu", "hard_silu": "hard_swish"}


class Array(NamedTuple):
    """An array of Keras: its number in its layer, the parts of the layer that lead to it, its axes in our order, its
    sizes in Keras if they differ from ours, and the row of it that is meant.
    """

    number: int
    parts: tuple[str, ...] = ()
    axes: tuple[int, ...] | None = None
    shape: tuple[int, ...] | None = None
    row: int | None = None


def source(importer: Importer, node: Called) -> Value:
    """The input of a layer. Raises Unsupported if it reads several values."""
    if len(node.inputs) != 1:
        raise Unsupported(f"{node.op} that reads {len(node.inputs)} values")
    if len(node.outputs) != 1:
        raise Unsupported(f"{node.op} with {len(node.outputs)} outputs")
    return importer.value(node.inputs[0])


def image(importer: Importer, node: Called, ranks: tuple[int, ...] = (2, 3, 4)) -> Value:
    """The input of a layer with a window. Raises Unsupported if it is not an image in the expected order of axes."""
    value = source(importer, node)
    if value.shape.rank not in ranks:
        raise Unsupported(f"{node.op} on {value.shape.rank} axes")
    first = node.settings.get("data_format") == "channels_first"
    if first != (importer.layout == "channels_first" and value.shape.rank > 2):
        order = node.settings.get("data_format")
        raise Unsupported(f"{node.op} with data_format {order}, where the axes are {', '.join(value.axes)}")
    return value


def add(
    importer: Importer, node: Called, word: str, fields: dict[str, Any], arrays: dict[str, Array] | None = None,
    reads: list[Value] | None = None, axes: tuple[str, ...] | None = None,
) -> Value:  # fmt: skip
    """A layer of ours for one of Keras. ``arrays`` are those that are not simply the next one in its list."""
    name = function(node.settings.get("activation"))
    after = _activated(node, name, fields)
    owned, first = node.owned, len(importer.layers)
    held: list[str] = []

    def located(wanted: Weights) -> dict[str, Weight]:
        held.extend(wanted)
        if owned.place is None:
            return {}
        return {
            name: _weight(owned.path, owned.place, name, (arrays or {}).get(name, Array(number)), sizes)
            for number, (name, sizes) in enumerate(wanted.items())
        }

    value = importer.add(
        node, word, fields, reads or [source(importer, node)], owned.path, located, axes, again=owned.made
    )
    if held and not owned.made:
        owned.made = value.name
        if node.settings.get("trainable") is False:
            importer.layers[first].fields["trainable"] = False
    if after:
        _check_softmax(node, name, value)
        op, found = ACTIVATIONS[name]
        activation = Node(op, f"{owned.path}.{name}", node.outputs, node.outputs, dict(found))
        reader = operators.find(op)
        assert reader is not None
        reader(importer, activation)
        return importer.values[node.outputs[0]]
    _check_softmax(node, name, value)
    return value


def _activated(node: Called, name: str, fields: dict[str, Any]) -> bool:
    """Put the activation into the fields; return whether it needs a layer of its own."""
    if name not in ACTIVATIONS:
        raise settings.wrong(node, "activation", node.settings.get("activation"))
    word = OURS.get(name, name)
    if name == "leaky_relu":
        return True
    if name != "linear":
        assert word in FUNCTIONS, word
        fields["activation"] = word
    return False


def _check_softmax(node: Called, name: str, value: Value) -> None:
    """Raise Unsupported for a softmax over the last axis if that is not the channels."""
    if "softmax" in name and value.axes[-1] != "channels":
        raise Unsupported(f"{node.op} with {name} over the {value.axes[-1]}")


def _weight(path: str, place: Place, name: str, array: Array, sizes: Any) -> Weight:
    """An array of ours of ``sizes``, from its place in Keras."""
    shape = array.shape
    if shape is None:
        shape = sizes if array.axes is None else tuple(sizes[array.axes.index(axis)] for axis in range(len(sizes)))
    stored = shape if array.row is None else (2, *shape)

    def read() -> bytes:
        where = place
        for part in array.parts:
            where = where.part(part)
        data = where.read(array.number, stored)
        half = len(data) // 2
        return data if array.row is None else data[array.row * half :][:half]

    tensor = Tensor(f"{path}/{name}", tuple(shape), "float32", read)
    return Weight(tensor, array.axes, None if array.shape is None else tuple(sizes))
