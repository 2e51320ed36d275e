"""Layers pasted from a program: ``Conv2D(64, 3, activation='relu')``, ``kernel_size: (5, 5)`` inside ``{ }``."""

from __future__ import annotations

import ast
import re

from cnncalc.errors import Mark
from cnncalc.network.scope import Item
from cnncalc.spec.listing import listed
from cnncalc.spec.node import Mapping, Node, Scalar, Sequence, shown
from cnncalc.spec.values import BadValue

_CALL = re.compile(r"[A-Za-z_][\w.]*\(.*\)", re.DOTALL)
_GLUED = re.compile(r"([A-Za-z_]\w*)\s*[:/ ]\s*(\d.*)")
_LONGEST = 400


def call(item: Item) -> None:
    """Take a call apart, where ``item`` is one: its arguments become values and fields.

    Only literals are read, and nothing is run. Raises BadValue where an argument is none.
    """
    text = item.word
    if not (len(text) <= _LONGEST and item.scalar is None and _CALL.fullmatch(text)):
        return
    try:
        tree = ast.parse(text, mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise BadValue(f'"{shown(text)}" cannot be read', item.mark, "- conv: {filters: 64, kernel: 3}") from None
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
    if len(positional) == 1 and not isinstance(positional[0], Sequence):
        item.scalar = positional[0]
    elif positional:
        item.scalar = Sequence(positional, item.mark)


def _node(tree: ast.expr, text: str, mark: Mark) -> Node:
    """A literal, a list of them, or a text to be read as arithmetic or as a name."""
    if isinstance(tree, ast.Tuple | ast.List):
        return Sequence([_node(part, text, mark) for part in tree.elts], mark)
    if isinstance(tree, ast.Constant) and isinstance(tree.value, str):
        return Scalar(tree.value, mark)
    if isinstance(tree, ast.Constant) and tree.value is None:
        return Scalar("null", mark)
    part = ast.get_source_segment(text, tree) or ""
    if isinstance(tree, ast.Call):  # activation=nn.ReLU()
        part = ast.unparse(tree.func)
    return Scalar(part, mark)


def mend(given: Mapping) -> None:
    """Join again what YAML splits at a comma inside ``{ }``: ``kernel_size: (5`` and a key ``5)``."""
    previous = None
    for key in list(given.items):
        before = given.items.get(previous) if previous else None
        if (isinstance(before, Scalar) and _open(before.text) and ")" in key) or (
            isinstance(before, Scalar) and _open(before.text) and key.strip().isdigit()
        ):
            given.items[previous] = Scalar(f"{before.text}, {key}", before.mark, plain=before.plain)
            del given.items[key]
        else:
            previous = key


def _open(text: str) -> bool:
    return text.count("(") > text.count(")")


def values(scalar: Node) -> Node:
    """Values parted by commas without brackets, ``3, 64, 3``, as a list; brackets that YAML split, joined again."""
    if isinstance(scalar, Sequence):
        return _rejoined(scalar)
    if isinstance(scalar, Scalar) and "," in scalar.text and scalar.text.strip()[:1] not in ("(", "["):
        return listed(scalar, sizes=False)
    return scalar


def _rejoined(given: Sequence) -> Sequence:
    items: list[Node] = []
    for item in given.items:
        last = items[-1] if items else None
        if isinstance(item, Scalar) and isinstance(last, Scalar) and _open(last.text):
            items[-1] = Scalar(f"{last.text}, {item.text}", last.mark, plain=last.plain)
        else:
            items.append(item)
    return Sequence(items, given.mark)


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
