"""Several values in one text: ``5x5``, ``5×5``, ``28, 28, 1``, ``(5, 5)`` and ``[[0, 1], [2, 3]]``."""

from __future__ import annotations

import re

from cnncalc.spec.node import Node, Scalar, Sequence

_CLOSING = {"(": ")", "[": "]"}
_MOST = 32  # characters in brackets within brackets, and values in one list, that are looked at
_BETWEEN = re.compile(r"(?<=[\w)?])\s*[xX×]\s*(?=[\w($?+-]|$)")
_NAME = re.compile(r"[A-Za-z_]\w*")


def listed(node: Scalar, names: object = (), *, sizes: bool = True) -> Node:
    """The list that a text means, or ``node`` itself if it is one value.

    ``names`` are words that may hold an x without being several sizes; without ``sizes`` an x parts nothing.
    """
    return _listed(node, names, 0, sizes=sizes)


def _listed(node: Scalar, names: object, depth: int, *, sizes: bool) -> Node:
    text = node.text.strip()
    if depth > 4 or not text:
        return node
    inner = text[1:-1] if _CLOSING.get(text[0]) == text[-1] and _closes_last(text) else ""
    at = node.mark.column + (not node.plain) + node.text.index(text)
    if inner.strip() and (text[0] == "[" or "," in inner):
        parts = _at_commas(inner, at + 1)
    elif "," in text:
        parts = _at_commas(text, at)
    else:
        parts = _at_x(text, at, names) if sizes else []
    if not parts:
        return node
    marked = [Scalar(part, node.mark._replace(column=column, width=max(1, len(part)))) for part, column in parts]
    return Sequence([_listed(part, names, depth + 1, sizes=sizes) for part in marked], node.mark)


def _closes_last(text: str) -> bool:
    """Whether the bracket that opens ``text`` is closed by its last character."""
    depth = 0
    for place, character in enumerate(text):
        depth += (character in "([") - (character in ")]")
        if depth == 0:
            return place == len(text) - 1
    return False


def _at_commas(text: str, column: int) -> list[tuple[str, int]]:
    """The parts between the commas that are in no brackets, each with its column; a comma at the end parts nothing."""
    parts: list[tuple[str, int]] = []
    depth = start = 0
    for place, character in enumerate(text + ","):
        depth += (character in "([") - (character in ")]")
        if character == "," and depth <= 0 and len(parts) < _MOST:
            part = text[start:place]
            parts.append((part.strip(), column + start + len(part) - len(part.lstrip())))
            start = place + 1
    return parts[:-1] if len(parts) > 1 and not parts[-1][0] else parts


def _at_x(text: str, column: int, names: object) -> list[tuple[str, int]]:
    """The sizes between the signs x and ×."""
    if any("x" in word.lower() and word in names for word in _NAME.findall(text)):  # type: ignore[operator]
        return []
    parts, start = [], 0
    for match in _BETWEEN.finditer(text):
        parts.append((text[start : match.start()], column + start))
        start = match.end()
        if len(parts) > 8:  # no more than it takes to see that they are too many
            break
    return [*parts, (text[start:], column + start)] if parts else []
