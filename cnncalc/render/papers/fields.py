"""The answers of a paper as the fields of a learning platform: choices, numbers with their tolerance, or text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from math import gcd, lcm
from typing import TYPE_CHECKING, Any, NamedTuple

from cnncalc.errors import OutputError
from cnncalc.render.papers import prose

if TYPE_CHECKING:
    from cnncalc.check.papers.paper import Item, Paper, Part

_MOST = 100  # numbers that are right for one letter


class Number(NamedTuple):
    """A number that is right, and how far from it an answer may be."""

    value: str
    tolerance: str = "0"


def numbers(item: Item, part: Part) -> list[list[Number]]:
    """The fields of a part that is answered by numbers, each with all that are right: one for each size.

    Empty where letters or nothing is the answer.
    """
    found = part.answer
    if not part.key.quantity:
        fields = [found if isinstance(found, list) else [found]]
    else:
        fields = [[one] for one in (found if isinstance(found, list) else [found])]
    if not all(isinstance(one, int | float | Fraction) for field in fields for one in field):
        return []
    if any(len(field) > _MOST for field in fields):
        what = f"{item.id}: more than {_MOST} numbers are right for {part.key}"
        raise OutputError(what, help="say more of the network in given, so that fewer are right")
    return [[_number(one, item.tolerance) for one in field] for field in fields]


def _number(value: Any, tolerance: float) -> Number:
    return Number(_decimal(value), _decimal(abs(value) * Fraction(str(tolerance))))


def _decimal(value: Any) -> str:
    return str(int(value)) if value == int(value) else f"{float(value):.10g}"


def spellings(part: Part) -> list[str]:
    """The right answer as text in the ways in which students write it."""
    text = prose.answer(part, separators=False)
    if not isinstance(part.answer, list):
        return [text]
    if part.key.numbers:
        return list(dict.fromkeys([text, text.replace("; ", ";"), str(part.answer)]))
    texts = [str(size) for size in part.answer]
    joined = ", ".join(texts)
    return list(dict.fromkeys([text, "x".join(texts), " x ".join(texts), joined, f"({joined})", f"[{joined}]"]))


def weights(shares: list[Fraction]) -> list[int]:
    """Whole numbers, as small as they can be, that stand to each other as the shares of the marks."""
    scale = lcm(*(share.denominator for share in shares))
    whole = [int(share * scale) for share in shares]
    common = gcd(*whole) or 1
    return [number // common for number in whole]


def by_category(papers: Sequence[Paper]) -> Iterator[tuple[str, Item]]:
    """The problems with the path of their category: the title, and the topic where there are topics.

    Of several copies the problems that stand for the same one are together, so that a quiz can draw one of them.
    """
    title = papers[0].title.replace("/", "//")
    several = len(papers) > 1
    found = [(item.origin if several else item.topic, item) for paper in papers for item in paper.items]
    order = list(dict.fromkeys(name for name, _ in found))
    for name, item in sorted(found, key=lambda pair: order.index(pair[0])):
        yield (f"{title}/{name.replace('/', '//')}" if name else title), item
