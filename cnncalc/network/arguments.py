"""Arguments as a shell parts them, put together as they are meant: ``28 x 28 x 1``, ``conv: 10``, quoted layers."""

from __future__ import annotations

import re

from cnncalc.errors import Mark, Source
from cnncalc.spec.node import shown
from cnncalc.spec.values import BadValue

_BETWEEN = re.compile("[xX×]([0-9]|$)")
_UNFINISHED = (":", ",", "=")  # what ends so goes on in the next argument
_LAYER = re.compile(r"[A-Za-z_][\w.]*(?=$|[:(\s])")  # what a layer begins with
_SPACE = re.compile(r"\s*([:,=])\s*")


def arranged(size: str, layers: tuple[str, ...]) -> tuple[str, tuple[str, ...]]:
    """The sizes, and an argument for each layer. Raises BadValue if sizes are parted by spaces alone."""
    rest = list(layers)
    while rest and (_BETWEEN.match(rest[0]) or (size[-1:] in ("x", "X", "×") and _is_size(rest[0]))):
        size += rest.pop(0)
    if _is_size(size) and rest and rest[0].isdigit():
        sizes = [size, *(text for text in rest if text.isdigit())]
        mark = Mark(Source("LAYER 1", rest[0]), 1, 1, len(rest[0]))
        raise BadValue(f'"{shown(rest[0])}" is not a layer', mark, f"sizes are one argument: {'x'.join(sizes[:4])}")
    return size, tuple(layer for text in _joined(rest) for layer in _split(text))


def _is_size(text: str) -> bool:
    return bool(re.fullmatch(r"[0-9]{1,10}([xX×][0-9]{0,10})*|[A-Za-wyz][0-9]?([xX×][0-9A-Za-z]{0,10})*", text))


def _joined(texts: list[str]) -> list[str]:
    """Texts of which none ends in the midst of a layer."""
    found: list[str] = []
    for text in texts:
        if found and (found[-1].endswith(_UNFINISHED) or text.startswith(_UNFINISHED)):
            found[-1] += text
        else:
            found.append(text)
    return found


def _split(text: str) -> list[str]:
    """The layers of one text: they are parted by spaces, unless those are in brackets or a name may hold them.

    Raises BadValue if a space stands inside a layer.
    """
    tight = _SPACE.sub(r"\1", text).strip()
    if "name=" in tight or not tight:
        return [text]
    parts, start = [], 0
    for place in _spaces(tight):
        if _LAYER.match(tight, place + 1):
            parts.append(tight[start:place].strip())
            start = place + 1
    parts.append(tight[start:])
    for part in parts:
        if inside := _spaces(part):
            kind, rest = part[: inside[0]], ",".join(part[inside[0] :].split())
            help = f"{kind}{',' if ':' in kind else ':'}{rest}"
            raise BadValue(f'"{shown(part)}" has a space inside', Mark(Source("LAYER", part), 1, inside[0] + 1), help)
    return parts


def _spaces(text: str) -> list[int]:
    """Where spaces stand that are in no brackets."""
    found, depth = [], 0
    for place, character in enumerate(text):
        depth += (character in "[(") - (character in "])")
        if character.isspace() and depth <= 0:
            found.append(place)
    return found
