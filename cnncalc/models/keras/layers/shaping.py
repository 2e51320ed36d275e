"""Layers that change sizes and nothing else."""

from __future__ import annotations

from math import prod
from typing import Any

from cnncalc.models.importer import Importer, Unsupported
from cnncalc.models.keras.called import Called
from cnncalc.models.keras.layers.adding import add, image, source
from cnncalc.models.keras.layers.convolution import RANKS
from cnncalc.models.keras.layers.pooling import LOWEST
from cnncalc.models.keras.settings import many, one, usual, whole, word, wrong


def flatten(importer: Importer, node: Called) -> None:
    """Flatten, in the order of the axes; for channels_first, Keras moves the channels last before it flattens."""
    x = source(importer, node)
    if node.settings.get("data_format") == "channels_first" and x.shape.rank > 1 and not node.timed:
        if x.shape.rank > 2 and importer.layout == "channels_first":
            order = [*range(2, x.shape.rank + 1), 1]
            x = add(importer, node, "permute", {"order": order}, reads=[x])
            sizes = [prod(x.sizes)]
            add(importer, node, "reshape", {"shape": sizes}, reads=[x])
            return
        raise wrong(node, "data_format", "channels_first")
    if node.timed:
        sizes = [x.sizes[0], prod(x.sizes[1:])]
        if x.shape.rank == 2:
            importer.values[node.outputs[0]] = x
            return
        if x.axes[-1] != "channels":
            raise Unsupported("keras.TimeDistributed of a Flatten with the channels first")
        add(importer, node, "reshape", {"shape": sizes}, reads=[x], axes=importer.natural(2))
    elif x.shape.rank == 1:
        importer.values[node.outputs[0]] = x
    else:
        add(importer, node, "flatten", {})


def reshape(importer: Importer, node: Called) -> None:
    """Reshape; -1 is inferred."""
    x = source(importer, node)
    sizes = many(node, "target_shape", len(node.settings.get("target_shape") or []), least=-1)
    total, known = prod(x.sizes), prod(size for size in sizes if size != -1)
    if not 1 <= len(sizes) <= 4 or sizes.count(-1) > 1 or 0 in sizes or (-1 in sizes and total % known):
        raise wrong(node, "target_shape", node.settings.get("target_shape"))
    sizes = [total // known if size == -1 else size for size in sizes]
    add(importer, node, "reshape", {"shape": sizes}, axes=importer.natural(len(sizes)))


def permute(importer: Importer, node: Called) -> None:
    """Permute."""
    x = source(importer, node)
    order = many(node, "dims", len(x.axes), 0)
    if sorted(order) != list(range(1, len(x.axes) + 1)):
        raise wrong(node, "dims", order)
    add(importer, node, "permute", {"order": order}, axes=importer.natural(len(order)))


def repeat(importer: Importer, node: Called) -> None:
    """RepeatVector."""
    add(importer, node, "repeat_vector", {"times": whole(node, "n")})


def _ends(node: Called, name: str, rank: int) -> Any:
    """Numbers at both ends of each axis, as our padding."""
    given = node.settings.get(name)
    pairs: list[Any] = given if isinstance(given, list) else [given] * rank
    if rank == 1 and len(pairs) == 2 and all(type(n) is int for n in pairs):
        pairs = [pairs]
    pairs = [pair if isinstance(pair, list) else [pair, pair] for pair in pairs]
    sound = all(len(pair) == 2 and all(type(n) is int and 0 <= n < 1 << 31 for n in pair) for pair in pairs)
    if len(pairs) != rank or not sound:
        raise wrong(node, name, given)
    return one([pair[0] for pair in pairs]) if all(a == b for a, b in pairs) else pairs


def _timed(node: Called, amount: Any, rank: int) -> Any:
    """The same with nothing at the ends of the time axis."""
    if not node.timed:
        return amount
    many_ = amount if isinstance(amount, list) else [amount] * rank
    return [[0, 0], *many_] if isinstance(many_[0], list) else [0, *many_]


def pad(importer: Importer, node: Called) -> None:
    """ZeroPadding."""
    rank = RANKS[node.op[-2:]] - 1
    image(importer, node, (rank + 1 + node.timed,))
    add(importer, node, "pad", {"amount": _timed(node, _ends(node, "padding", rank), rank)})


def pad_with(importer: Importer, node: Called) -> None:
    """keras.ops.pad of the spatial axes, with any number."""
    x = source(importer, node)
    usual(node, mode="constant")
    given, value = node.settings.get("pad_width"), node.keywords.get("constant_values") or 0.0
    if not isinstance(given, list) or len(given) != len(x.axes) + 1 or type(value) not in (int, float):
        raise wrong(node, "pad_width", given)
    pairs = [pair for pair, axis in zip(given[1:], x.axes, strict=True) if axis != "channels"]
    still = [given[0], given[1 + x.axes.index("channels")]]
    if any(pair not in (0, [0, 0]) for pair in still):
        raise wrong(node, "pad_width", given)
    node.settings = {"pairs": pairs}
    amount = _ends(node, "pairs", len(pairs))
    add(importer, node, "pad", {"amount": amount, **({"value": max(value, LOWEST)} if value else {})})


def crop(importer: Importer, node: Called) -> None:
    """Cropping."""
    rank = RANKS[node.op[-2:]] - 1
    image(importer, node, (rank + 1 + node.timed,))
    add(importer, node, "crop", {"amount": _timed(node, _ends(node, "cropping", rank), rank)})


def center_crop(importer: Importer, node: Called) -> None:
    """CenterCrop to a height and a width that are not larger."""
    x = image(importer, node, (3,))
    wanted = [whole(node, "height"), whole(node, "width")]
    if any(size < part for size, part in zip(x.shape.spatial, wanted, strict=True)):
        raise Unsupported("keras.CenterCrop to more than its input has")
    before = [(size - part) // 2 for size, part in zip(x.shape.spatial, wanted, strict=True)]
    pairs = [[b, size - part - b] for b, size, part in zip(before, x.shape.spatial, wanted, strict=True)]
    add(importer, node, "crop", {"amount": pairs})


def upsample(importer: Importer, node: Called) -> None:
    """UpSampling by whole factors."""
    rank = RANKS[node.op[-2:]] - 1
    image(importer, node, (rank + 1 + node.timed,))
    factor = many(node, "size", rank, 2)
    mode = word(node, "interpolation", "nearest", "nearest", "bilinear")
    fields: dict[str, Any] = {"factor": one(([1] if node.timed else []) + factor)}
    add(importer, node, "upsample", fields | ({} if mode == "nearest" else {"mode": mode}))


def resize(importer: Importer, node: Called) -> None:
    """Resizing to whole multiples, or bilinear."""
    x = image(importer, node, (3,))
    wanted = [whole(node, "height"), whole(node, "width")]
    mode = word(node, "interpolation", "bilinear", "nearest", "bilinear")
    usual(node, crop_to_aspect_ratio=False, pad_to_aspect_ratio=False, antialias=False)
    whole_factor = all(part % size == 0 for part, size in zip(wanted, x.shape.spatial, strict=True))
    if mode == "nearest" and not whole_factor:
        raise Unsupported("keras.Resizing by nearest to sizes that are not multiples")
    add(importer, node, "upsample", {"size": one(wanted), **({} if mode == "nearest" else {"mode": mode})})


LAYERS = {
    "Flatten": flatten, "Reshape": reshape, "Permute": permute, "RepeatVector": repeat, "CenterCrop": center_crop,
    "Resizing": resize,
    "ops.Pad": pad_with, **{f"ZeroPadding{rank}": pad for rank in RANKS}, **{f"Cropping{rank}": crop for rank in RANKS},
    **{f"UpSampling{rank}": upsample for rank in RANKS},
}  # fmt: skip
