"""The answers of a paper as the fields of a learning platform: choices, numbers with their tolerance, or text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from fractions import Fraction
from math import floor, gcd, lcm, log10
from typing import TYPE_CHECKING, Any, NamedTuple

from cnncalc.check.answers.matrix import leaves
from cnncalc.errors import SpecError
from cnncalc.render.papers import prose
from cnncalc.units import significant

if TYPE_CHECKING:
    from cnncalc.check.papers.paper import Item, Paper, Part

_MOST = 100  # numbers that are right for one letter


def signs(part: Part) -> list[str]:
    """The separators between the fields of a part: a cross between sizes; a space or a new line between numbers."""
    if not part.key.numbers:
        return [" × "] * (len(part.answer) - 1) if isinstance(part.answer, list) else []
    ends = [sign for row in rows(part) for sign in ([" "] * (len(row) - 1) + ["\n"])]
    return ends[:-1]


class Number(NamedTuple):
    """A right number, and its tolerance."""

    value: str
    tolerance: str = "0"


def numbers(item: Item, part: Part) -> list[list[Number]]:
    """The fields of a numeric part, one for each size, each with all its right numbers.

    Empty if the answer has letters or is nothing.
    """
    found = part.answer
    if part.key.numbers:
        fields = [[one] for row in rows(part) for one in row]
    elif not part.key.quantity:
        fields = [found if isinstance(found, list) else [found]]
    else:
        fields = [[one] for one in (found if isinstance(found, list) else [found])]
    if not all(isinstance(one, int | float | Fraction) for field in fields for one in field):
        return []
    if part.key.numbers and len(fields) > _MOST:
        return []  # a field for each number would be too many
    if any(len(field) > _MOST for field in fields):
        what = f"{item.id}: more than {_MOST} numbers are right for {part.key}"
        raise SpecError(what, help="restrict the network with given, so that fewer numbers are right")
    return [[_number(one, item.tolerance) for one in field] for field in fields]


def rows(part: Part) -> list[list[Any]]:
    """The numbers of an answer in rows, as they are set: those of the last axis with more than one, each on a line."""
    found = part.answer
    while isinstance(found, list) and len(found) == 1:
        found = found[0]
    if not isinstance(found, list):
        return [[found]]
    lines = [list(leaves(row)) for row in found]
    return [[number for (number,) in lines]] if all(len(line) == 1 for line in lines) else lines


def _number(value: Any, tolerance: float) -> Number:
    """A number that is not whole may be rounded to two decimals; a small one to its first two digits."""
    slack = abs(value) * Fraction(str(tolerance))
    if not slack and value != int(value):
        slack = min(Fraction(1, 200), Fraction(10) ** (floor(log10(abs(value))) - 1) / 2)
    return Number(_decimal(value), _decimal(slack))


def _decimal(value: Any) -> str:
    return str(int(value)) if value == int(value) else f"{Decimal(significant(float(value), 10)):f}"


def spellings(part: Part) -> list[str]:
    """The right answer as text in the ways in which students write it."""
    text = prose.answer(part, separators=False)
    if part.key.numbers:
        texts = [text, *(prose.answer(part._replace(answer=rounded), separators=False) for rounded in _rounded(part))]
        each = ((one, one.replace(" ", ", ").replace(";,", ";"), one.replace("; ", ";")) for one in texts)
        return list(dict.fromkeys(spelled for spellings in each for spelled in spellings))
    if not isinstance(part.answer, list):
        return [text]
    texts = [str(size) for size in part.answer]
    joined = ", ".join(texts)
    return list(dict.fromkeys([text, "x".join(texts), " x ".join(texts), joined, f"({joined})", f"[{joined}]"]))


def _rounded(part: Part) -> Iterator[Any]:
    """Numbers that are not whole as students round them: to 2, 3 or 4 decimals, if two digits of each are left.

    With the zeros at the end and without.
    """
    numbers = list(leaves(part.answer))
    if all(isinstance(number, int) for number in numbers):
        return
    for decimals in (2, 3, 4):
        if all(number == 0 or abs(number) >= 10.0 ** (1 - decimals) for number in numbers):
            yield _formatted(part.answer, decimals, bare=True)
            yield _formatted(part.answer, decimals)


def _formatted(value: Any, decimals: int, *, bare: bool = False) -> Any:
    """Nested lists of numbers as text; ``bare``: without zeros at the end."""
    if isinstance(value, list):
        return [_formatted(item, decimals, bare=bare) for item in value]
    text = f"{value:.{decimals}f}"
    return text.rstrip("0").rstrip(".") if bare else text


def weights(shares: list[Fraction]) -> list[int]:
    """The smallest whole numbers in the same ratio as the shares of the marks."""
    scale = lcm(*(share.denominator for share in shares))
    whole = [int(share * scale) for share in shares]
    common = gcd(*whole) or 1
    return [number // common for number in whole]


def by_category(papers: Sequence[Paper]) -> Iterator[tuple[str, Item]]:
    """The problems with the path of their category: the title, and the topic if there are topics.

    With several copies, the versions of a problem are together, so that a quiz can draw one of them.
    """
    title = papers[0].title.replace("/", "//")
    several = len(papers) > 1
    found = [(item.origin if several else item.topic, item) for paper in papers for item in paper.items]
    order = list(dict.fromkeys(name for name, _ in found))
    for name, item in sorted(found, key=lambda pair: order.index(pair[0])):
        yield (f"{title}/{name.replace('/', '//')}" if name else title), item
