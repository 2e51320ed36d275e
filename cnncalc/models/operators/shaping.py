"""Operators that change sizes and nothing else."""

from __future__ import annotations

from math import prod

from cnncalc.models import windows
from cnncalc.models.graph import Node
from cnncalc.models.importer import Importer, Unsupported, Value


def flatten(importer: Importer, node: Node) -> None:
    """Flatten of one example."""
    if node.settings.get("axis", 1) != 1:
        raise Unsupported(f"Flatten from axis {node.settings['axis']}")
    _flat(importer, node)


def _flat(importer: Importer, node: Node) -> None:
    value = importer.value(node.inputs[0])
    if value.shape.rank == 1:
        importer.values[node.outputs[0]] = value
    elif not _squeezed(importer, node, value):
        importer.add(node, "flatten", {}, [value], importer.named(node))


def _squeezed(importer: Importer, node: Node, value: Value) -> bool:
    """Whether the value was a pool over all positions that kept axes of size 1: it then keeps none."""
    layer = next((layer for layer in importer.layers if layer.name == value.name), None)
    if layer is None or not layer.fields.get("keepdims") or importer.readers.get(node.inputs[0], 0) != 1:
        return False
    del layer.fields["keepdims"]
    flat = value.shape._replace(spatial=())
    importer.layers[importer.layers.index(layer)] = layer._replace(output=flat)
    importer.values[node.outputs[0]] = Value(value.name, flat, ("channels",))
    return True


def reshape(importer: Importer, node: Node) -> None:
    """Reshape with known sizes; to one axis it is a flatten."""
    target = importer.numbers(node, 1)
    if target is None:
        raise Unsupported("Reshape to sizes that are computed")
    value = importer.value(node.inputs[0])
    sizes = [([1, *value.sizes][place] if size == 0 else size) for place, size in enumerate(target)]
    if sizes[0] not in (1, -1) or sizes.count(-1) > 1 or not 2 <= len(sizes) <= 5:
        raise Unsupported(f"Reshape to {target}")
    total = prod(value.sizes)
    known = prod(size for size in sizes[1:] if size != -1)
    sizes = [total // known if size == -1 else size for size in sizes[1:]]
    if len(sizes) == 1:
        _flat(importer, node)
    elif sizes == value.sizes:
        importer.values[node.outputs[0]] = value
    else:
        axes = importer.natural(len(sizes))
        importer.add(node, "reshape", {"shape": sizes}, [value], importer.named(node), axes=axes)


def transpose(importer: Importer, node: Node) -> None:
    """Transpose: the axes are called otherwise, and no layer is needed until one reads them in another order."""
    value = importer.values[node.inputs[0]]
    order = node.settings.get("perm") or list(range(len(value.axes), -1, -1))
    if order[0] != 0 or sorted(order) != list(range(len(value.axes) + 1)):
        raise Unsupported(f"Transpose with the batch axis, {order}")
    importer.values[node.outputs[0]] = value._replace(axes=tuple(value.axes[axis - 1] for axis in order[1:]))


def squeeze(importer: Importer, node: Node) -> None:
    """Squeeze of the axes of size 1 that a pool over all positions left."""
    value = importer.value(node.inputs[0])
    gone = {value.axis(axis) for axis in node.settings.get("axes") or importer.numbers(node, 1) or []}
    if gone != set(value.axes) - {"channels"} or not _squeezed(importer, node, value):
        raise Unsupported("Squeeze of other axes than those of a pool over all positions")


def pad(importer: Importer, node: Node) -> None:
    """Pad of the spatial axes with a number."""
    value = importer.value(node.inputs[0])
    pads = node.settings.get("pads") or importer.numbers(node, 1)
    if pads is None or node.settings.get("mode", "constant") != "constant" or len(pads) != 2 * len(value.axes) + 2:
        raise Unsupported("Pad with other numbers than a constant")
    begins, ends = pads[: len(pads) // 2], pads[len(pads) // 2 :]
    if any((*begins[:2], *ends[:2])) or min(pads) < 0:
        raise Unsupported(f"Pad of {pads}")
    amount = windows.padding(Node("Pad", "", [], [], {"pads": [*begins[2:], *ends[2:]]}), len(value.shape.spatial))
    filling = importer.numbers(node, 2) or [node.settings.get("value", 0.0)]
    if amount == 0:
        importer.passed(node)
        return
    fields = {"amount": amount, **({"value": float(filling[0])} if filling[0] else {})}
    importer.add(node, "pad", fields, [value], importer.named(node))


def depth_to_space(importer: Importer, node: Node) -> None:
    """DepthToSpace as PyTorch's pixel_shuffle orders the channels, and its inverse."""
    up = node.op == "DepthToSpace"
    if up and node.settings.get("mode", "CRD") != "CRD":
        raise Unsupported("DepthToSpace in the order DCR")
    word = "pixel_shuffle" if up else "pixel_unshuffle"
    importer.add(node, word, {"factor": node.settings["blocksize"]}, [importer.value(node.inputs[0])])


def channel_shuffle(importer: Importer, node: Node) -> None:
    """Three operators of a model that are one here (see ``patterns.py``)."""
    importer.add(node, "channel_shuffle", node.settings, [importer.value(node.inputs[0])], importer.named(node))


OPERATORS = {
    "ChannelShuffle": channel_shuffle,
    "Flatten": flatten, "Reshape": reshape, "Transpose": transpose, "Squeeze": squeeze, "Pad": pad,
    "DepthToSpace": depth_to_space, "PixelUnshuffle": depth_to_space,
}  # fmt: skip
