"""Copies of a paper: one for each student, in an order of its own, and with other numbers where problems were drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnncalc.check.papers import generate
from cnncalc.check.papers.draw import Draw

if TYPE_CHECKING:
    from cnncalc.check.papers.paper import Item, Paper

MOST = 1000


def shuffled(paper: Paper, seed: int) -> Paper:
    """The paper with its problems, and the options of each, in an order drawn by ``seed``."""
    return _shuffled(paper, Draw(f"shuffle {seed}"))


def copies(paper: Paper, count: int, seed: int) -> list[Paper]:
    """``count`` copies, numbered from 1; problem Q1 of copy 7 is called 7-Q1.

    A problem that ``generate`` drew is drawn again for each copy: other numbers, the same topic, level and marks.
    """
    found = []
    for number in range(1, count + 1):
        draw = Draw(f"copy {number} {seed}")
        items = tuple(
            item._replace(id=f"{number}-{item.id}", origin=item.id)
            for item in (generate.again(item, draw) for item in paper.items)
        )
        found.append(_shuffled(paper._replace(items=items, copy=str(number)), draw))
    return found


def _shuffled(paper: Paper, draw: Draw) -> Paper:
    items = tuple(_with_options(item, draw) for item in draw.shuffled(paper.items))
    return paper._replace(items=items)


def _with_options(item: Item, draw: Draw) -> Item:
    parts = tuple(part._replace(options=tuple(draw.shuffled(part.options))) for part in item.parts)
    return item._replace(parts=parts)
