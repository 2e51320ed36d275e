"""Tied layers: a dense layer whose kernel is that of another layer, or its table of embeddings, transposed."""

from __future__ import annotations

from cnncalc.kinds.dense import Dense
from cnncalc.network.builder import Builder, Placed
from cnncalc.network.model import Layer, Tie
from cnncalc.network.scope import BROKEN, Item, Scope
from cnncalc.spec import values
from cnncalc.spec.values import BadValue

#: The array of a kind that can be used transposed.
ARRAYS = {"dense": "kernel", "embedding": "embeddings"}


def place(builder: Builder, item: Item, scope: Scope, source: int, placed: Placed, activation: str | None) -> int:
    """A dense layer that reads ``source``; its kernel is that of the ``placed`` layer, transposed.

    Raises BadValue if that layer has no such array of its own.
    """
    owner = builder.network.layers[placed.first] if placed.last == placed.first + 1 else None
    word = placed.item.word if owner is None else owner.kind.word()
    if owner is None or word not in ARRAYS or owner.tie:
        why = "is tied to another layer itself" if owner is not None and owner.tie else f"is a {word}"
        raise BadValue(
            f'"{placed.item.name}" {why}, and cannot be used transposed',
            item.fields["layer"].mark,
            "a dense layer has a kernel for that, an embedding a table",
        )
    number = placed.first if owner.shares is None else owner.shares
    first = builder.network.layers[number]
    xs = tuple(builder.shape(each) for each in first.sources)
    if source == BROKEN or None in xs:
        return BROKEN
    units = first.kind.weights(*xs)[ARRAYS[word]][0]  # type: ignore[arg-type]
    bias = "bias" in item.fields and values.flag(item.fields["bias"], scope.context, "bias")
    kind = Dense(units=units, bias=bias, activation=activation)
    kind.layout = builder.network.layout
    trainable = scope.trainable and builder.trainable(item, scope)
    layer = Layer(scope.prefix + item.name, kind, (source,), item.mark, trainable=trainable)
    layer.tie = Tie(number, ARRAYS[word])
    return builder.append(layer)
