"""Operators that keep a part of a value, or enlarge it."""

from __future__ import annotations

from typing import Any

from cnncalc.models import windows
from cnncalc.models.graph import Node, Tensor
from cnncalc.models.importer import Importer, Unsupported, Value, Weight


def _given(importer: Importer, node: Node) -> list[list[int] | None]:
    """Starts, ends, axes and steps of a Slice."""
    keys = ("starts", "ends", "axes", "steps")
    return [importer.numbers(node, place) or node.settings.get(key) for place, key in enumerate(keys, 1)]


def slice_(importer: Importer, node: Node) -> None:
    """Slice: a part of the value, which becomes a layer where an operator reads it."""
    value = importer.values[node.inputs[0]]
    starts, ends, axes, steps = _given(importer, node)
    if not starts or not ends:
        raise Unsupported("Slice from or to a place that is computed")
    axes = axes or list(range(len(starts)))
    for start, end, axis, step in zip(starts, ends, axes, steps or [1] * len(starts), strict=True):
        size = value.all_sizes[value.place(axis)]
        start, stop = (min(max(n + size if n < 0 else n, 0), size) for n in (start, end))
        if stop <= start or step < 1:
            raise Unsupported(f"Slice of nothing, from {start} to {stop} in steps of {step}")
        if (start, stop, step) != (0, size, 1):
            value.placed(axis)
        value = _part(importer, value, axis, start, stop, step, importer.named(node))
    importer.values[node.outputs[0]] = value


def _part(importer: Importer, value: Value, axis: int, start: int, stop: int, step: int, name: str) -> Value:
    """A stretch of an axis, of the value in its natural order if its axes are split."""
    found = value.part(axis, start, stop, step, name)
    if found is None:
        found = importer.value_of(value).part(axis, start, stop, step, name)
    if found is None:
        raise Unsupported(f"a part of {value.name} that is not one stretch")
    return found


def gather(importer: Importer, node: Node) -> None:
    """Gather of one place, of places one after the other, or of the rows of a learned table that are asked for."""
    if node.inputs[0] in importer.constants and node.inputs[1] in importer.values:
        _embedding(importer, node, importer.constants[node.inputs[0]])
        return
    places, axis = importer.numbers(node, 1), node.settings.get("axis", 0)
    tensor, value = importer.tensor(node, 1), importer.values.get(node.inputs[0])
    if value is None or tensor is None or not places:
        raise Unsupported("Gather of places that are computed")
    size, name = value.all_sizes[value.place(axis)], importer.named(node)
    places = [place + size if place < 0 else place for place in places]
    if not all(0 <= place < size for place in places):
        raise Unsupported(f"Gather of place {places[0]} of {size}")
    if tensor.shape == ():
        found = value.taken(axis, places[0], name) or importer.value_of(value).taken(axis, places[0], name)
        if found is None:
            raise Unsupported(f"a place of {value.name} that is taken apart")
        importer.values[node.outputs[0]] = found
        return
    if places != list(range(places[0], places[0] + len(places))):
        raise Unsupported("Gather of places in another order")
    found = _part(importer, value, axis, places[0], places[-1] + 1, 1, name)
    sizes, place = found.all_sizes, found.place(axis)
    seen = found.reshaped([*sizes[:place], *tensor.shape, *sizes[place + 1 :]])
    if seen is None:
        raise Unsupported("Gather into axes that cannot be split")
    importer.values[node.outputs[0]] = seen


def _embedding(importer: Importer, node: Node, table: Tensor) -> None:
    """Rows of a learned table."""
    ids = importer.value(node.inputs[1])
    if len(table.shape) != 2 or node.settings.get("axis", 0) or not table.sources or ids.shape.rank != 1:
        raise Unsupported("Gather from a constant that is not an embedding table")
    fields = {"vocab": table.shape[0], "dim": table.shape[1]}
    name = importer.named(node, table.name)
    importer.add(node, "embedding", fields, [ids], name, {"embeddings": Weight(table)})


def split(importer: Importer, node: Node) -> None:
    """Split: a part for each output."""
    value, axis = importer.values[node.inputs[0]], node.settings.get("axis", 0)
    sizes = importer.numbers(node, 1) or node.settings.get("split")
    count, size = len(node.outputs), value.all_sizes[value.placed(axis)]
    if not sizes:
        sizes = [size // count] * count
    if len(sizes) != count or sum(sizes) != size or min(sizes) < 1:
        raise Unsupported(f"Split into {sizes}")
    start = 0
    for output, kept in zip(node.outputs, sizes, strict=True):
        importer.values[output] = _part(importer, value, axis, start, start + kept, 1, importer.named(node))
        start += kept


def unbind(importer: Importer, node: Node) -> None:
    """PyTorch's unbind: one place for each output."""
    value, axis = importer.values[node.inputs[0]], node.settings.get("axis", 0)
    for place, output in enumerate(node.outputs):
        found = value.taken(axis, place, importer.named(node))
        if found is None:
            raise Unsupported(f"a place of {value.name} that is taken apart")
        importer.values[output] = found


def roll(importer: Importer, node: Node) -> None:
    """PyTorch's roll along whole axes: it is undone later, or belongs to windows of attention."""
    value = importer.values[node.inputs[0]]
    for axis, shift in zip(node.settings["axes"], node.settings["shifts"], strict=True):
        found = value.rolled(axis, shift)
        if found is None:
            raise Unsupported("a roll along axes that are taken apart")
        value = found
    importer.values[node.outputs[0]] = value


def resize(importer: Importer, node: Node) -> None:
    """Resize to larger maps: nearest, or linear as PyTorch does it."""
    value = importer.image(node.inputs[0])
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


OPERATORS = {
    "Slice": slice_, "Gather": gather, "Split": split, "Unbind": unbind, "Roll": roll, "Resize": resize,
    "Upsample": resize,
}  # fmt: skip
