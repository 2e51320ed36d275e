"""Values as YAML: what the reader reads back."""

from __future__ import annotations

from typing import Any

from cnncalc.spec.node import Mapping, Node, Scalar, Sequence, is_null


def flow(value: Any) -> str:
    """A value as YAML on one line.

    >>> flow({"conv": {"filters": 10, "bias": False}, "text": "a: b"})
    '{conv: {filters: 10, bias: false}, text: "a: b"}'
    """
    if isinstance(value, dict):
        return "{" + ", ".join(f"{flow(key)}: {flow(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(flow, value)) + "]"
    if value is None:
        return "null"
    if isinstance(value, str):
        bare = value.replace("_", "a").replace(".", "a").isalnum() and value.isascii()
        return value if bare else _quoted(value)
    return str(value).lower() if isinstance(value, bool) else str(value)


_SIGNS = frozenset("+-*/()=<> ≤≥×·")  # in a plain value besides letters, digits, _ and dots


def of_node(node: Node) -> str:
    """What was read, as YAML on one line that reads back the same."""
    if isinstance(node, Mapping):
        return "{" + ", ".join(f"{flow(key)}: {of_node(item)}" for key, item in node.items.items()) + "}"
    if isinstance(node, Sequence):
        return "[" + ", ".join(map(of_node, node.items)) + "]"
    if is_null(node):
        return "null"
    text = node.text if isinstance(node, Scalar) else ""
    signs = {c for c in text if not (c.isalnum() or c in "_.")}
    plain = isinstance(node, Scalar) and node.plain and signs <= _SIGNS and (text[:1].isalnum() or text[0] in "-(")
    return text if plain and not text.startswith(("- ", "--")) and text == text.strip() else _quoted(text)


def _quoted(text: str) -> str:
    """``text`` in quotes; what could move a cursor or hide stands as its number."""
    import json

    quoted = json.dumps(text, ensure_ascii=False)
    return quoted if quoted.isprintable() else "".join(c if c.isprintable() else f"\\U{ord(c):08x}" for c in quoted)
