"""A diagram in any language: a box for each input and layer, an arrow for each value that a layer reads."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from cnncalc.export.tree import Group, tree
from cnncalc.shape import Shape
from cnncalc.summary.rows import Row, Summary

INDENT = "  "


class Language(NamedTuple):
    """How a language writes the box of an input and of a layer (id, lines of text), the frame of a block (id, title,
    lines inside) and an arrow (from, to).
    """

    input: Callable[[str, list[str]], str]
    layer: Callable[[str, list[str]], str]
    frame: Callable[[str, str, list[str]], list[str]]
    arrow: Callable[[str, str], str]


def lines(summary: Summary, language: Language) -> list[str]:
    """The boxes, framed by their blocks, and the arrows."""
    first = len(summary.inputs)
    layout = summary.layout
    found = [
        language.input(f"n{number}", [name, sizes(shape, layout)])
        for number, (name, shape) in enumerate(summary.inputs.items())
    ]

    def inside(group: Group) -> list[str]:
        made = []
        for item in group.items:
            if isinstance(item, Row):
                texts = [item.name.rpartition("/")[2], item.kind, sizes(item.output, layout)]
                made.append(language.layer(f"n{first + item.index}", texts))
            else:
                number = first + item.rows()[0].index
                made += language.frame(f"b{number}_{item.path.count('/')}", item.name, inside(item))
        return made

    found += inside(tree(summary))
    arrows = [(source, first + row.index) for row in summary.rows for source in row.layer.sources]
    return found + [language.arrow(f"n{source}", f"n{target}") for source, target in arrows]


def indented(texts: list[str]) -> list[str]:
    """Each line indented by one step."""
    return [INDENT + text for text in texts]


def sizes(shape: Shape, layout: str) -> str:
    """``64×64×3``; a size that is a sum is put in brackets."""
    texts = map(str, shape.written(layout))
    return "×".join(f"({text})" if " " in text and shape.spatial else text for text in texts)
