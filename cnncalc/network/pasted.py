"""Layers pasted from a program: ``Conv2D(64, 3, activation='relu')``, ``kernel_size: (5, 5)`` inside ``{ }``."""

from __future__ import annotations

import ast
import re

from cnncalc.errors import Mark
from cnncalc.network.scope import Item
from cnncalc.spec import vocabulary
from cnncalc.spec.listing import listed
from cnncalc.spec.node import Node, Scalar, Sequence, shown
from cnncalc.spec.values import BadValue

_CALL = re.compile(r"[A-Za-z_][\w.]*\(.*\)", re.DOTALL)
_GLUED = re.compile(r"([A-Za-z_]\w*)\s*[:/ ]\s*(\d.*)")
_LONGEST = 400


def call(item: Item) -> None:
    """Take a call apart, where ``item`` is one: its arguments become values and fields. ``Linear: (784, 10)`` is one.

    Only literals are read, and nothing is run. Raises BadValue if an argument is none.
    """
    text, scalar = item.word, item.scalar
    if isinstance(scalar, Scalar) and scalar.plain and _takes_arguments(item.word, scalar):
        text, item.scalar = f"{text}{scalar.text}", None
    if not (len(text) <= _LONGEST and item.scalar is None and _CALL.fullmatch(text)):
        return
    try:
        tree = ast.parse(text, mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        opened = text.count("(") - text.count(")")
        help = "close its brackets" if opened > 0 else "a comma goes between two values: nn.Conv2d(3, 64, 3)"
        raise BadValue(f'"{shown(text)}" cannot be read', item.mark, help) from None
    if isinstance(tree, ast.Call) and isinstance(tree.func, ast.Call):  # Concatenate()([a, b])
        operands = [_node(arg, text, item.mark) for arg in tree.args[:1]]
        tree = tree.func
        if operands:
            item.fields["from"] = operands[0]
    if not isinstance(tree, ast.Call):
        raise BadValue(f'"{shown(text)}" is not a layer', item.mark, "- conv: {filters: 64, kernel: 3}")
    item.word = item.written = ast.unparse(tree.func)
    positional = [_node(arg, text, item.mark) for arg in tree.args]
    for keyword in tree.keywords:
        if keyword.arg is None:
            raise BadValue("** cannot be read here", item.mark, "write the fields out")
        item.fields[keyword.arg] = _node(keyword.value, text, item.mark)
        item.keys[keyword.arg] = item.mark
    layers = len(tree.args) == 1 and isinstance(tree.args[0], ast.List) and _holds_call(tree.args[0])
    if len(positional) == 1 and (layers or not isinstance(positional[0], Sequence)):
        item.scalar = positional[0]
    elif positional:
        item.scalar = Sequence(positional, item.mark)


def _holds_call(given: ast.List) -> bool:
    """Whether a list holds layers: ``Sequential([Conv2D(8, 3), ReLU()])``."""
    return any(isinstance(each, ast.Call) for each in given.elts)


def _takes_arguments(word: str, given: Scalar) -> bool:
    """Whether values in brackets behind ``word`` are those of a call: its first has no value for each axis, or they are
    more than there are axes.
    """
    order, meaning = vocabulary.order(word), vocabulary.kind(word)
    if len(order) < 2 or not _CALL.fullmatch(f"f{given.text}"):
        return False
    if order[0] not in ("kernel_size", "pool_size", "padding", "output_size") or "=" in given.text:
        return True
    parts = listed(given, sizes=False)
    axes = meaning.axes if meaning else 0
    return bool(axes) and isinstance(parts, Sequence) and len(parts.items) > max(axes, 2) and order[0] != "padding"


def _node(tree: ast.expr, text: str, mark: Mark) -> Node:
    """A literal, a list of them, or a text to be read as arithmetic or as a name."""
    if isinstance(tree, ast.Tuple | ast.List):
        return Sequence([_node(part, text, mark) for part in tree.elts], mark)
    if isinstance(tree, ast.Constant) and isinstance(tree.value, str):
        return Scalar(tree.value, mark)
    if isinstance(tree, ast.Constant) and tree.value is None:
        return Scalar("null", mark)
    part = ast.get_source_segment(text, tree) or ""
    if isinstance(tree, ast.Call) and not tree.args and all(given.arg == "inplace" for given in tree.keywords):
        part = ast.unparse(tree.func)  # activation=nn.ReLU()
    return Scalar(part, mark)


def values(scalar: Node) -> Node:
    """Values parted by commas without brackets, ``3, 64, 3``, as a list."""
    if isinstance(scalar, Scalar) and "," in scalar.text and scalar.text.strip()[:1] not in ("(", "["):
        return listed(scalar, sizes=False)
    return scalar


def ends(amount: Node) -> Node:
    """PyTorch's padding as pairs for each axis: it has left, right, top, bottom, front, back in one row.

    Keras has that of a sequence so: ``(begin, end)``.
    """
    given = listed(amount, sizes=False) if isinstance(amount, Scalar) else amount
    if not isinstance(given, Sequence) or len(given.items) not in (2, 4, 6):
        return amount
    pairs = [Sequence(given.items[at : at + 2], given.mark) for at in range(0, len(given.items), 2)]
    return Sequence(list(reversed(pairs)), given.mark)


def form(word: str) -> str | None:
    """How to write what has lost its space or its field names: ``maxpool:2``, ``conv:10,kernel=5``, ``maxpool 2x2``."""
    match = _GLUED.fullmatch(word.strip()[:80])
    if not match:
        return None
    kind, rest = match.groups()
    parts = [part.strip() for part in rest.split(",")]
    if any("=" in part for part in parts):
        named = ", ".join(part.replace("=", ": ") for part in parts if "=" in part)
        first = next((part for part in parts if "=" not in part), None)
        first_field = {"dense": "units", "conv": "filters"}.get(kind, "size")
        return f"- {kind}: {{{f'{first_field}: {first}, ' if first else ''}{named}}}"
    if len(parts) == 1:
        return f"- {kind}: {rest}"
    kernel, filters = parts if len(parts) == 2 and "x" in parts[0] else ("...", "...")
    return f"give each value its name: - {kind}: {{filters: {filters}, kernel: {kernel}}}"
