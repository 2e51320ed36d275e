"""Concat: values side by side, and other things written as a concat: a roll, a class token, space to depth."""

from __future__ import annotations

from cnncalc.models.graph import Node, Tensor
from cnncalc.models.importer import Importer, Unsupported, Value, Weight
from cnncalc.models.values import Factor, alike

MOST_TOKENS = 64  # in front of a sequence, added one by one


def concat(importer: Importer, node: Node) -> None:
    """Concat of computed values along any axis of one example."""
    values = [importer.values[name] for name in node.inputs if name in importer.values]
    if len(values) < len(node.inputs):
        _with_tokens(importer, node)
        return
    place = values[0].placed(node.settings["axis"])
    found = values[0] if len(values) == 1 else _rolled(values, place) or _unshuffled(importer, values, place)
    if found is not None:
        importer.values[node.outputs[0]] = found
        return
    values = [importer.uncut(value) for value in values]
    axis = values[0].whole(values[0].dims[place])
    if not axis or not _side_by_side(values, place, axis):
        values = [importer.value_of(value) for value in values]
        axis = values[0].axis(place)
    fields = {} if axis == "channels" else {"axis": axis}
    seen = values[0]
    made = importer.add(node, "concat", fields, values, importer.named(node), axes=importer.natural(seen.shape.rank))
    whole = (Factor(axis, made.sizes_by_axis[axis]),)
    importer.values[node.outputs[0]] = made._replace(dims=(*seen.dims[:place], whole, *seen.dims[place + 1 :]))


def _side_by_side(values: list[Value], place: int, axis: str) -> bool:
    """Whether all have the same view, except along the axis that they are joined on."""
    first = values[0]
    return all(
        len(value.dims) == len(first.dims)
        and value.whole(value.dims[place]) == axis
        and value.shape.rank == first.shape.rank
        and not value.rolls
        and alike(value.dims[:place], first.dims[:place])
        and alike(value.dims[place + 1 :], first.dims[place + 1 :])
        for value in values
    )


def _rolled(values: list[Value], place: int) -> Value | None:
    """The end of an axis put before its beginning, which is a roll of the whole."""
    if len(values) != 2 or any(len(value.dims[place]) > 1 or value.name != values[0].name for value in values):
        return None
    end, start = values
    axes = {f.axis for value in values for f in value.dims[place]} or (set(end.cuts) & set(start.cuts))
    if len(axes) != 1:
        return None
    (axis,) = axes
    sizes = [value.all_sizes[place] for value in values]
    if (start.cuts.get(axis), end.cuts.get(axis)) != (0, sizes[1]) or sum(sizes) != end.sizes_by_axis[axis]:
        return None
    cuts = [{key: cut for key, cut in value.cuts.items() if key != axis} for value in values]
    if cuts[0] != cuts[1] or end.rolls != start.rolls:
        return None
    whole = end._replace(cuts=cuts[0], dims=(*end.dims[:place], (Factor(axis, sum(sizes)),), *end.dims[place + 1 :]))
    return whole.rolled(place, sizes[0])


def _unshuffled(importer: Importer, values: list[Value], place: int) -> Value | None:
    """Every second row and column, all four ways, one after the other in the channels: pixels put into channels."""
    first = values[0]
    if (
        not first.cuts
        or len(values) < 2
        or any(value.name != first.name or value.dims != first.dims for value in values)
    ):
        return None
    starts = [tuple(value.cuts.get(axis, -1) for axis in first.cuts) for value in values]
    steps = {f.axis: f.step for dim in first.dims for f in dim if f.axis in first.cuts}
    if set(steps) != set(first.cuts) or any(first.sizes_by_axis[axis] % step for axis, step in steps.items()):
        return None
    moving = [axis for axis, first_, second in zip(first.cuts, starts[0], starts[1], strict=True) if first_ != second]
    inner = moving[0] if len(moving) == 1 else ""  # the axis whose place changes first
    outer = [axis for axis in first.cuts if axis != inner]
    if not inner or len(outer) != 1:
        return None
    wanted = [{inner: a, outer[0]: b} for b in range(steps[outer[0]]) for a in range(steps[inner])]
    if [dict(zip(first.cuts, start, strict=True)) for start in starts] != wanted:
        return None
    blocks = (Factor(outer[0], steps[outer[0]]), Factor(inner, steps[inner]))
    dims = (*first.dims[:place], (*blocks, *first.dims[place]), *first.dims[place + 1 :])
    return first._replace(dims=dims, cuts={}, label="")


def _with_tokens(importer: Importer, node: Node) -> None:
    """Learned tokens in front of a sequence, one layer each."""
    *tokens, last = node.inputs
    value = importer.values.get(last)
    if value is None or any(token not in importer.constants for token in tokens) or len(value.dims) != 3:
        raise Unsupported("Concat with a constant")
    if value.place(node.settings["axis"]) != 1:
        raise Unsupported("Concat with a constant along an axis other than the positions")
    value = importer.value_of(value)
    for name in reversed(tokens):
        for token in reversed(_rows(importer.constants[name], value.shape.channels)):
            name = importer.titled(node, token.tensor)
            value = importer.add(node, "class_token", {}, [value], name, {"token": token})


def _rows(tensor: Tensor, features: int) -> list[Weight]:
    """The tokens that a tensor ``[1, tokens, features]`` holds, which may be repeated for each example."""
    tensor = tensor.sources[0] if len(tensor.sources) == 1 else tensor
    count = tensor.size // max(features, 1)
    if tensor.shape[-1:] != (features,) or count > MOST_TOKENS or not tensor.sources:
        raise Unsupported("Concat with a constant that is not a token")
    if count == 1:
        return [Weight(tensor, None, (features,))]
    if tensor.shape != (1, count, features):
        raise Unsupported("Concat with a constant that is not a token")
    row = Weight(tensor, (1, 0, 2), (features,))
    return [row.picked(0, number, ()) for number in range(count)]


def stack(importer: Importer, node: Node) -> None:
    """PyTorch's stack: a concat along a new axis."""
    values = [importer.values[name] for name in node.inputs]
    place = node.settings["axis"] % (len(values[0].dims) + 1)
    for number, value in enumerate(values):
        dims = (*value.dims[:place], (), *value.dims[place:])
        importer.values[f"{node.outputs[0]} {number}"] = value._replace(dims=dims)
    names = [f"{node.outputs[0]} {number}" for number in range(len(values))]
    concat(importer, Node("Concat", node.name, names, node.outputs, {"axis": place}))


OPERATORS = {"Concat": concat, "Stack": stack}
