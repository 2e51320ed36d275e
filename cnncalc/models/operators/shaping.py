"""Operators that change sizes and nothing else: most are another view of the same numbers, not a layer."""

from __future__ import annotations

import math
from math import prod

from cnncalc.models import windows
from cnncalc.models.graph import Node
from cnncalc.models.importer import Importer, Unsupported, Value


def flatten(importer: Importer, node: Node) -> None:
    """Flatten of one example."""
    if node.settings.get("axis", 1) != 1:
        raise Unsupported(f"Flatten from axis {node.settings['axis']}")
    sizes = importer.values[node.inputs[0]].all_sizes
    _seen(importer, node, [sizes[0], prod(sizes[1:])])


def reshape(importer: Importer, node: Node) -> None:
    """Reshape with known sizes."""
    target = importer.numbers(node, 1)
    if target is None:
        raise Unsupported("Reshape to sizes that are computed")
    given = importer.values[node.inputs[0]].all_sizes
    keep = not node.settings.get("allowzero")
    sizes = [(given[place] if size == 0 and keep else size) for place, size in enumerate(target)]
    known = prod(size for size in sizes if size != -1)
    if sizes.count(-1) > 1 or known < 1 or prod(given) % known:
        raise Unsupported(f"Reshape to {target}")
    _seen(importer, node, [prod(given) // known if size == -1 else size for size in sizes])


def _seen(importer: Importer, node: Node, sizes: list[int]) -> None:
    """The value in other sizes; with a layer only if its axes cannot be split this way."""
    value = importer.values[node.inputs[0]]
    if prod(sizes) != prod(value.all_sizes):
        raise Unsupported(f"Reshape of {value.all_sizes} to {sizes}")
    found = value.reshaped(sizes)
    if found is None:
        flat = importer.value_of(value)
        shaped = sizes[1:]
        if sizes[0] != flat.all_sizes[0] or len(shaped) not in range(1, 5):
            raise Unsupported(f"Reshape of {value.all_sizes} to {sizes}")
        axes = importer.natural(len(shaped))
        importer.add(node, "reshape", {"shape": shaped}, [flat], importer.named(node), axes=axes)
    else:
        importer.values[node.outputs[0]] = importer.settled(found)


def transpose(importer: Importer, node: Node) -> None:
    """Transpose: the axes are in another order, and no layer is needed until one reads them."""
    value = importer.values[node.inputs[0]]
    order = node.settings.get("perm") or list(range(len(value.dims)))[::-1]
    importer.values[node.outputs[0]] = value.transposed(order)


def squeeze(importer: Importer, node: Node) -> None:
    """Squeeze: axes of size 1 go."""
    value = importer.values[node.inputs[0]]
    sizes = value.all_sizes
    given = node.settings.get("axes") or importer.numbers(node, 1) or [n for n, size in enumerate(sizes) if size == 1]
    gone = {value.place(axis) for axis in given}
    if any(sizes[place] != 1 for place in gone):
        raise Unsupported("Squeeze of an axis that is larger than 1")
    dims = tuple(dim for place, dim in enumerate(value.dims) if place not in gone)
    importer.values[node.outputs[0]] = value._replace(dims=dims)


def unsqueeze(importer: Importer, node: Node) -> None:
    """Unsqueeze: new axes of size 1."""
    value = importer.values[node.inputs[0]]
    given = node.settings.get("axes") or importer.numbers(node, 1) or []
    rank = len(value.dims) + len(given)
    new = {axis % rank for axis in given}
    if len(new) != len(given):
        raise Unsupported(f"Unsqueeze of the axes {given}")
    old = iter(value.dims)
    dims = tuple(() if place in new else next(old) for place in range(rank))
    importer.values[node.outputs[0]] = value._replace(dims=dims)


def expand(importer: Importer, node: Node) -> None:
    """Expand: to the sizes that a value already has, or of features along a new axis."""
    value, sizes = importer.values[node.inputs[0]], importer.numbers(node, 1)
    if sizes is None:
        raise Unsupported("Expand to sizes that are computed")
    value = value._replace(dims=(*(() for _ in range(len(sizes) - len(value.dims))), *value.dims))
    sizes = [1] * (len(value.dims) - len(sizes)) + sizes
    _repeated(
        importer,
        node,
        value,
        [own if size in (1, -1) else size for size, own in zip(sizes, value.all_sizes, strict=True)],
    )


def tile(importer: Importer, node: Node) -> None:
    """Tile of an axis of size 1."""
    value, times = importer.values[node.inputs[0]], importer.numbers(node, 1)
    if times is None or len(times) != len(value.dims):
        raise Unsupported("Tile as often as is computed")
    _repeated(importer, node, value, [size * count for size, count in zip(value.all_sizes, times, strict=True)])


def _repeated(importer: Importer, node: Node, value: Value, sizes: list[int]) -> None:
    """The value in larger sizes: features [1, F] as a sequence [T, F]."""
    grown = [place for place, size in enumerate(value.all_sizes) if size != sizes[place]]
    if not grown:
        importer.values[node.outputs[0]] = value
        return
    if grown != [1] or len(sizes) != 3 or value.all_sizes[1] != 1:
        raise Unsupported(f"{node.op} of {value.all_sizes} to {sizes}")
    features = importer.value_of(value._replace(dims=(value.dims[0], value.dims[2])))
    importer.add(node, "repeat_vector", {"times": sizes[1]}, [features], importer.named(node))


def pad(importer: Importer, node: Node) -> None:
    """Pad of the spatial axes with a number."""
    given = importer.values[node.inputs[0]]
    pads = node.settings.get("pads") or importer.numbers(node, 1)
    if pads is None or node.settings.get("mode", "constant") != "constant" or len(pads) != 2 * len(given.dims):
        raise Unsupported("Pad with anything but a constant")
    begins, ends = pads[: len(pads) // 2], pads[len(pads) // 2 :]
    if not any(pads):
        importer.passed(node)
        return
    amounts = dict(zip(given.axes, zip(begins[1:], ends[1:], strict=True), strict=True))
    value = _plain(importer, node)
    if begins[0] or ends[0] or any(amounts.pop("channels")) or min(pads) < 0:
        raise Unsupported(f"Pad of {pads}")
    sides = [amounts[axis] for axis in value.shape.axes[:-1]]
    both = {"pads": [*(begin for begin, _ in sides), *(end for _, end in sides)]}
    amount = windows.padding(Node("Pad", "", [], [], both), len(sides))
    filling = importer.numbers(node, 2) or [node.settings.get("value", 0.0)]
    if not math.isfinite(filling[0]):
        raise Unsupported(f"Pad with {filling[0]}")
    fields = {"amount": amount, **({"value": float(filling[0])} if filling[0] else {})}
    importer.add(node, "pad", fields, [value], importer.named(node))


def _plain(importer: Importer, node: Node) -> Value:
    value = importer.uncut(importer.values[node.inputs[0]])
    if value.rolls:
        raise Unsupported(f"{node.op} of what is rolled")
    return value


def depth_to_space(importer: Importer, node: Node) -> None:
    """DepthToSpace as PyTorch's pixel_shuffle orders the channels, and its inverse."""
    up = node.op == "DepthToSpace"
    if up and node.settings.get("mode", "CRD") != "CRD":
        raise Unsupported("DepthToSpace in the order DCR")
    word = "pixel_shuffle" if up else "pixel_unshuffle"
    importer.add(node, word, {"factor": node.settings["blocksize"]}, [importer.value(node.inputs[0])])


def channel_shuffle(importer: Importer, node: Node) -> None:
    """Channels in groups, groups and places swapped (PyTorch)."""
    importer.add(node, "channel_shuffle", node.settings, [importer.value(node.inputs[0])], importer.named(node))


OPERATORS = {
    "ChannelShuffle": channel_shuffle, "Flatten": flatten, "Reshape": reshape, "Transpose": transpose,
    "Squeeze": squeeze, "Unsqueeze": unsqueeze, "Expand": expand, "Tile": tile, "Pad": pad,
    "DepthToSpace": depth_to_space, "PixelUnshuffle": depth_to_space,
}  # fmt: skip
