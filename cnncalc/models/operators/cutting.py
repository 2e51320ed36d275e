"""Operators that keep a part of a value, or enlarge it."""

from __future__ import annotations

from typing import Any

from cnncalc.models import windows
from cnncalc.models.graph import Node
from cnncalc.models.importer import Importer, Unsupported


def slice_(importer: Importer, node: Node) -> None:
    """Slice along one axis, in steps of 1. Halves of the channels and the like are parts of a split."""
    value = importer.values[node.inputs[0]]
    starts, ends, axes, steps = (
        importer.numbers(node, place) or node.settings.get(key)
        for place, key in enumerate(("starts", "ends", "axes", "steps"), 1)
    )
    if not starts or not ends or len(starts) != 1 or len(ends) != 1 or list(steps or [1]) != [1]:
        raise Unsupported("Slice of several axes, or in steps")
    axis = value.axis((axes or [0])[0])
    size = value.sizes[value.axes.index(axis)]
    start, stop = (min(max(n + size if n < 0 else n, 0), size) for n in (starts[0], ends[0]))
    if (start, stop) == (0, size):
        importer.passed(node)
        return
    kept = stop - start
    if kept < 1:
        raise Unsupported(f"Slice of nothing, from {start} to {stop}")
    if axis == "channels" and size % kept == 0 and start % kept == 0:
        importer.add(node, "split", {"parts": size // kept, "part": start // kept + 1}, [value], importer.named(node))
        return
    fields: dict[str, Any] = {"stop": stop, **({"start": start + 1} if start else {})}
    fields |= {} if axis == "channels" else {"axis": axis}
    importer.add(node, "slice", fields, [value], importer.named(node))


def split(importer: Importer, node: Node) -> None:
    """Split of the channels: a layer for each part."""
    value = importer.values[node.inputs[0]]
    if value.axis(node.settings.get("axis", 0)) != "channels":
        raise Unsupported("Split of another axis than the channels")
    sizes = importer.numbers(node, 1) or node.settings.get("split")
    count = len(node.outputs)
    if not sizes:
        sizes = [value.shape.channels // count] * count
    if len(sizes) != count or sum(sizes) != value.shape.channels:
        raise Unsupported(f"Split into {sizes}")
    how: dict[str, Any] = {"parts": count} if len(set(sizes)) == 1 else {"sizes": list(sizes)}
    name = importer.named(node)
    for part, output in enumerate(node.outputs, 1):
        one = Node(node.op, node.name, node.inputs, [output])
        importer.add(one, "split", {**how, "part": part}, [value], f"{name}.{part}" if name else "")


def resize(importer: Importer, node: Node) -> None:
    """Resize to larger maps: nearest, or linear as PyTorch does it."""
    value = importer.value(node.inputs[0])
    rank = len(value.axes)
    scales = importer.numbers(node, 2 if node.op == "Resize" else 1) or node.settings.get("scales")
    sizes = importer.numbers(node, 3) if node.op == "Resize" else None
    mode = {"nearest": "nearest", "linear": "bilinear"}.get(node.settings.get("mode", "nearest"))
    how = node.settings.get("coordinate_transformation_mode", "half_pixel")
    known = ("half_pixel", "pytorch_half_pixel", "align_corners", "asymmetric")
    if mode is None or how not in known or (mode == "bilinear" and how == "asymmetric"):
        raise Unsupported(f"{node.op} in the mode {node.settings.get('mode')}, {how}")
    if scales and len(scales) == rank + 1:
        factors = scales[2:]
        if any(factor != int(factor) for factor in factors):
            raise Unsupported(f"{node.op} by factors that are not whole")
        fields: dict[str, Any] = {"factor": windows.one([int(factor) for factor in factors])}
    elif sizes and len(sizes) == rank + 1:
        fields = {"size": windows.one(sizes[2:])}
    else:
        raise Unsupported(f"{node.op} to sizes that are computed")
    if mode == "bilinear":
        fields["mode"] = mode
        fields |= {"align_corners": True} if how == "align_corners" else {}
    importer.add(node, "upsample", fields, [value], importer.named(node))


OPERATORS = {"Slice": slice_, "Split": split, "Resize": resize, "Upsample": resize}
