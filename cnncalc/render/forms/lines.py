"""Long texts in lines: words stay whole, and lines below the first are indented."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial

HANGING = "  "  # the indent of lines below the first
Pieces = list[tuple[str, str]]  # each with the indent before it if it begins a line


def terminal_width() -> int:
    """The width of the terminal in columns."""
    import shutil

    return max(1, shutil.get_terminal_size((80, 24)).columns)


def words_and_blocks(text: str) -> list[str]:
    """The words of a text, and the blocks in a layer's name: a line may end after each."""
    return re.findall(r"[^/ ]*[/ ]|[^/ ]+", text)


def hanging(text: str, pieces: Callable[[str], list[str]] = words_and_blocks) -> Pieces:
    """The pieces of a text, the later ones indented."""
    body = text.lstrip(" ")
    indent = text[: len(text) - len(body)]
    return [(indent + (HANGING if number else ""), piece) for number, piece in enumerate(pieces(body))]


def lines(pieces: Pieces, width: int) -> str:
    """The pieces in lines of at most ``width``, if possible."""
    found: list[str] = []
    for indent, piece in pieces:
        if not found or _columns(found[-1] + piece.rstrip()) > width:
            found.append(indent)
        found[-1] += piece
    return "\n".join(line.rstrip() for line in found)


_WIDE = "\u1100"  # the first character that takes two columns


def _columns(text: str) -> int:
    """How many columns a text takes; without wide characters, an upper bound."""
    if max(text, default="") < _WIDE:
        return len(text)
    from rich.cells import cell_len

    return cell_len(text)


def paragraph(text: str, width: int) -> str:
    """The text in lines of at most ``width``, broken between words."""
    return text if len(text) * 2 <= width else lines(hanging(text, partial(re.findall, "[^ ]* *")), width)


def entries(text: str, width: int) -> str:
    """The text in lines of at most ``width``, broken after semicolons."""
    return lines(hanging(text, partial(re.split, "(?<=; )")), width)


def equation(label: str, text: str, width: int) -> str:
    """``label`` and an equation, broken before its equals signs, which are aligned.

    A side that is too long by itself is broken before its plus signs.
    """
    if len(label) + len(text) <= width:  # no sign takes more than one column
        return label + text
    sides = re.split(r"(?<= )(?== )", text)
    under = " " * (len(label) + (len(sides[0]) if len(sides[0]) < width // 4 else len(HANGING)))
    pieces = [(label if not number else under, side) for number, side in enumerate(sides)]
    parts: Pieces = []
    for indent, side in pieces:
        split = re.split(r"(?<= )(?=[+] )", side) if len(indent) + len(side) > width else [side]
        parts += [(indent if not number else under + HANGING, part) for number, part in enumerate(split)]
    return lines(parts, width)
