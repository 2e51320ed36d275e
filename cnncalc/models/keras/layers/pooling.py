"""Pools."""

from __future__ import annotations

from typing import Any

from cnncalc.models.importer import Importer, Value
from cnncalc.models.keras.called import Called
from cnncalc.models.keras.layers.adding import add, image
from cnncalc.models.keras.layers.convolution import RANKS
from cnncalc.models.keras.settings import flag, many, one, word

#: The lowest float32. It is written for minus infinity.
LOWEST = -3.4028235e38


def _unpadded(importer: Importer, node: Called, fields: dict[str, Any]) -> list[Value] | None:
    """What a max pool reads without the padding of minus infinity before it, which becomes the pool's own padding."""
    x = importer.value(node.inputs[0])
    below = importer.layer(x.name)
    if below is None or below.fields.get("value") != LOWEST or importer.readers[node.inputs[0]] != 1:
        return None
    above = next(value for value in importer.values.values() if value.name == below.reads[0])
    importer.layers.remove(below)
    fields["padding"] = below.fields["amount"]
    return [above]


def pool(importer: Importer, node: Called) -> None:
    """MaxPooling and AveragePooling; Keras never counts zeros of the padding in a mean."""
    rank = RANKS[node.op[-2:]] - 1
    image(importer, node, (rank + 1 + node.timed,))
    size = many(node, "pool_size", rank, 2)
    stride = many(node, "strides", rank, size)
    time = [1] if node.timed else []
    fields: dict[str, Any] = {"size": one(time + size)}
    if stride != size:
        fields["stride"] = one(time + stride)
    average = "Average" in node.op
    if word(node, "padding", "valid", "valid", "same") == "same":
        fields |= {"padding": "same", **({"count_include_pad": False} if average else {})}
    reads = None if average or "padding" in fields else _unpadded(importer, node, fields)
    add(importer, node, "avgpool" if average else "maxpool", fields, reads=reads)


def over_all(importer: Importer, node: Called) -> None:
    """GlobalMaxPooling and GlobalAveragePooling."""
    x = image(importer, node, (RANKS[node.op[-2:]] + node.timed,))
    keep, average = flag(node, "keepdims", usual=False), "Average" in node.op
    if not node.timed:
        word_ = "global_avgpool" if average else "global_maxpool"
        add(importer, node, word_, {"keepdims": True} if keep else {})
        return
    sizes = [1, *x.shape.spatial[1:]]
    value = add(importer, node, "avgpool" if average else "maxpool", {"size": sizes})
    if not keep:
        shape = [x.shape.spatial[0], x.shape.channels]
        add(importer, node, "reshape", {"shape": shape}, reads=[value], axes=importer.natural(2))


def adaptive(importer: Importer, node: Called) -> None:
    """AdaptiveMaxPooling and AdaptiveAveragePooling."""
    rank = RANKS[node.op[-2:]] - 1
    image(importer, node, (rank + 1,))
    average = "Average" in node.op
    fields = {"output": one(many(node, "output_size", rank))}
    add(importer, node, "adaptive_avgpool" if average else "adaptive_maxpool", fields)


LAYERS = {
    **{f"{name}Pooling{rank}": pool for name in ("Max", "Average") for rank in RANKS},
    **{f"Global{name}Pooling{rank}": over_all for name in ("Max", "Average") for rank in RANKS},
    **{f"Adaptive{name}Pooling{rank}": adaptive for name in ("Max", "Average") for rank in RANKS},
}
