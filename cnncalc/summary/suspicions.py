"""Likely mistakes: sizes in an order other than the layout's, a batch axis, an output that no layer reads.

Each says what was read, what to write if that was not meant, and how to say that it was. An ``expect`` that is met
shows that the author reads the sizes as they are read here.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from cnncalc import kinds
from cnncalc.network.blocks import PLACERS
from cnncalc.shape import Shape, axis_names
from cnncalc.summary import quantities
from cnncalc.summary.finding import Finding

if TYPE_CHECKING:
    from cnncalc.summary.rows import Row, Summary

_CHANNELS = (1, 3, 4)  # of an image file: grey, RGB, RGBA
_LAST = ("softmax", "log_softmax", "sigmoid", "tanh")  # activations that networks end with


def find(summary: Summary) -> list[Finding]:
    """The suspicions about the inputs, then those about the layers."""
    network = summary.network
    texts = {}
    if not network.axes and not _confirmed(summary):
        texts = {name: _about_input(summary, x) for name, x in summary.inputs.items() if x.rank > 2}
    found = []
    for name, text in texts.items():
        if text:
            sizes = summary.inputs[name].written(network.layout)
            found.append(Finding(network.places[name], name, "output", None, sizes, f"{name}: {text}", "warning"))
    found += [_ignored(summary, name) for name in summary.unread]
    return found + [_unread(summary, row) for row in _forgotten(summary)]


def _ignored(summary: Summary, name: str) -> Finding:
    """An input that no layer reads."""
    sizes = summary.inputs[name].written(summary.network.layout)
    text = f"{name}: no layer reads this input; put its name into the from of the layer that should"
    return Finding(summary.network.places[name], name, "output", None, sizes, text, "warning")


def _confirmed(summary: Summary) -> bool:
    """Whether an ``expect`` that depends on how the input is read is met."""
    for demand in summary.network.demands:
        spatial = demand.quantity == "output" and len(demand.wanted) > 2
        if demand.relation == "=" and (spatial or (demand.quantity == "params" and demand.wanted != 0)):
            got = quantities.quantity(summary, demand.layer, demand.quantity, demand.mark)
            if quantities.holds(summary, demand, got):
                return True
    return False


def _about_input(summary: Summary, x: Shape) -> str | None:
    layout = summary.network.layout
    return _volume(summary, x, layout) if x.rank == 4 else _image(x.written(layout), layout)


def _image(sizes: list[Any], layout: str) -> str | None:
    """What is suspicious about the sizes of an image: the channels seem to be at the other end."""
    if not _turned(sizes, layout):
        return None
    first = layout == "channels_first"
    turned = "x".join(map(str, [*sizes[1:], sizes[0]] if not first else [sizes[-1], *sizes[:-1]]))
    where, other, named = ("last", "channels_last", "NCHW") if first else ("first", "channels_first", "NHWC")
    return (
        f"{_read_as(sizes, layout)}. If the channels are {where}, say layout: {other}, or write {turned}; "
        f"layout: {named} says that it is meant"
    )


def _turned(sizes: list[Any], layout: str) -> bool:
    few, *others = reversed(sizes) if layout == "channels_first" else sizes
    return few in _CHANNELS and all(not isinstance(size, int) or size > few for size in others)


def _volume(summary: Summary, x: Shape, layout: str) -> str | None:
    """What is suspicious about a volume: no layer treats its depth as one, so it may be a number of examples.

    A cube is taken for voxels.
    """
    if x.spatial[0] == x.spatial[1] == x.spatial[2] or any(map(_knows_depth, summary.rows)):
        return None
    sizes = x.written(layout)
    first = layout == "channels_first" or _turned(sizes[1:], "channels_last")
    example = "x".join(map(str, sizes[1:]))
    also = " and layout: channels_first" if first and layout != "channels_first" else ""
    batched, named = ("NCHW" if first else "NHWC"), ("NCDHW" if layout == "channels_first" else "NDHWC")
    return (
        f"{_read_as(sizes, layout)}. If {sizes[0]} is the number of examples, write {example}{also}, "
        f"or say layout: {batched}; layout: {named} says that a volume is meant"
    )


def _knows_depth(row: Row) -> bool:
    """Whether a layer says something about the depth of a volume: a number for each axis, or another depth."""
    if row.xs[0].rank != 4:
        return False
    kind, before, after = row.layer.kind, row.xs[0].spatial, row.output.spatial
    values = [vars(kind)[field.attribute] for field in kind.fields.values()]
    steps = "return_sequences" in kind.fields  # what is first are time steps, not a depth
    if steps or "depth" in values or any(isinstance(value, tuple) for value in values):
        return True
    windows = "stride" in kind.fields or "pool" in row.kind
    return bool(after) and not windows and (len(after) != len(before) or after[0] != before[0])


def _read_as(sizes: list[Any], layout: str) -> str:
    axes = axis_names(len(sizes), layout)
    what = "an image" if len(sizes) == 3 else "a volume"
    each = ", ".join(f"{axis} {size}" for axis, size in zip(axes, sizes, strict=True))
    return f"{'×'.join(map(str, sizes))} is read as {what} of {each}"


def _forgotten(summary: Summary) -> list[Row]:
    """The layers that no other layer reads, except the last one, unless the spec shows that they are outputs.

    An ``expect`` shows that, and the name of a layer that looks like an output.
    """
    network, last = summary.network, summary.rows[-1:]
    unread = [row for name in summary.outputs if (row := summary[name]) not in last]
    if not unread:
        return []
    blocks: dict[int, list[str]] = {}
    for name, block in network.blocks.items():
        blocks.setdefault(block.value - len(summary.inputs), []).append(name)
    demanded = {demand.layer for demand in (*network.demands, *network.given)}
    found = []
    for row in unread:
        names = [row.name, *blocks.get(row.index, ())]
        named = _ends_like_a_network(row, last[0]) and not all(map(_automatic, names))
        if not named and demanded.isdisjoint(names):
            found.append(row)
    return found


def _automatic(name: str) -> bool:
    """Whether the last part of a name is the word for a layer or block, and a counter."""
    word = re.sub(r"\d+$", "", name.rpartition("/")[2])
    return not word or word in PLACERS or kinds.find(word) is not None


def _ends_like_a_network(row: Row, last: Row) -> bool:
    """Whether networks end with such a layer, or it is built, on other layers, like the last one of the network."""
    kind: Any = row.layer.kind
    if row.kind in ("dense", *_LAST) or getattr(kind, "activation", None) in _LAST:
        return True
    alike = ("kernel", "activation")
    upon_others = min(row.layer.sources) >= len(row.summary.inputs)
    return (
        upon_others
        and row.kind == last.kind
        and all(getattr(kind, a, 0) == getattr(last.layer.kind, a, 0) for a in alike)
    )


def _unread(summary: Summary, row: Row) -> Finding:
    sizes = row.output.written(summary.network.layout)
    name = "a name or " if _ends_like_a_network(row, summary.rows[-1]) else ""
    text = (
        f"{row.name}: no layer reads it, so it counts as one more output of the network. If a layer should read it, "
        f"put its name into the from of that layer; if it is an output, give it {name}an expect, such as "
        f"expect: {{output: {'x'.join(map(str, sizes))}}}"
    )
    return Finding(row.layer.mark, row.name, "output", None, sizes, text, "warning")
