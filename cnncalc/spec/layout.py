"""The order of the sizes in a file: its ``layout``, and an input's sizes read by it."""

from __future__ import annotations

import re

from cnncalc import shape
from cnncalc.errors import Mark, Problem, nearest
from cnncalc.shape import RANKS, WITH_BATCH, Shape
from cnncalc.spec import listing, values
from cnncalc.spec.node import Node, Scalar, Sequence
from cnncalc.spec.values import BadValue, Context
from cnncalc.symbolic.expr import Number

_MOST = 4  # sizes of one example
_PRODUCT = re.compile(r"[0-9]+(\s*[*·]\s*[0-9]+){2,3}")  # which one may write for sizes


def word(node: Node, context: Context) -> str:
    """A ``layout`` as it is written: one of LAYOUTS, or one that names every axis, in capitals. Raises BadValue."""
    text = values.argument(node, context) if isinstance(node, Scalar) else None
    found = shape.layout_word(str(text))
    if found is None:
        known = [*shape.LAYOUTS, *shape.WITH_BATCH]
        raise values.expected("layout", node, f"one of {', '.join(known)}", nearest(str(text or ""), known))
    return found


def read(node: Node, context: Context, what: str, word: str, notes: list[Problem]) -> Shape:
    """The sizes of an input in the layout ``word``; ``notes`` gets what to say of the reading.

    Where the layout names the batch axis, the sizes may begin with it: it is dropped. So it is in every layout where
    it is written as unknown, as in ``(None, 28, 28, 1)``.
    """
    node = _without_unknown_batch(node, what, notes)
    axes = word if word in WITH_BATCH else ""
    sizes = values.sizes(node, context, what, most=_MOST + bool(axes))
    if isinstance(node, Scalar) and _PRODUCT.fullmatch(node.text):
        written = "x".join(re.split(r"\W+", node.text))
        notes.append(Problem(f"{what}: {node.text} is worked out, {sizes[0]} features; sizes are {written}", node.mark))
    if not axes:
        return shape.read(sizes, word)
    example = len(axes) - 1
    if len(sizes) > example + 1:
        raise BadValue(
            f"{what} has {len(sizes)} sizes; {axes} has {example + 1} with the batch axis, {example} without",
            node.mark,
            f"layout: {shape.order(axes)} takes every number of sizes up to {_MOST}",
        )
    if len(sizes) == example + 1:
        notes.append(_dropped(sizes, axes, what, node.mark))
        sizes = sizes[1:]
    if axes == "NCW" and len(sizes) == example:  # elsewhere a sequence has its features last, in every layout
        features, time = sizes
        text = f"{what}: {features}×{time} is read as features×time; sizes of {RANKS[2]} are shown as time×features"
        notes.append(Problem(text, node.mark))
        return Shape((time,), features)
    return shape.read(sizes, shape.order(axes))


def _without_unknown_batch(node: Node, what: str, notes: list[Problem]) -> Node:
    """The sizes without the ``None`` (Keras) that stands for the batch axis in front of them."""
    if isinstance(node, Scalar) and node.text.strip("([ ")[:1] not in ("N", "n", "?", "~"):
        return node
    listed = listing.listed(node) if isinstance(node, Scalar) else node
    items = listed.items if isinstance(listed, Sequence) else []
    unknown = [isinstance(item, Scalar) and item.text in ("None", "none", "null", "~", "?") for item in items]
    if any(unknown[1:]):
        text = f"{what} has a size that is not given"
        raise BadValue(text, items[unknown.index(True, 1)].mark, "write a letter for it, as in HxWx3")
    first = items[0] if items else None
    if len(items) < 2 or not unknown[0] or not isinstance(first, Scalar):
        return node
    example = "×".join(item.text if isinstance(item, Scalar) else "?" for item in items[1:])
    text = f"{what}: {first.text} is read as the batch axis, and is dropped; one example is {example}"
    notes.append(Problem(text, node.mark))
    return Sequence(items[1:], node.mark)


def _dropped(sizes: list[Number], axes: str, what: str, mark: Mark) -> Problem:
    example = "×".join(map(str, sizes[1:]))
    return Problem(f"{what}: {sizes[0]} is the batch axis of {axes}, and is dropped; one example is {example}", mark)
