"""The worth of answers: marks for each, and the share that is left after a slip."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from cnncalc.errors import nearest
from cnncalc.spec import values
from cnncalc.spec.node import Mapping, Node, Sequence
from cnncalc.spec.values import BadValue, Context

_MOST_MARKS = 1e6


def real(node: Node, context: Context, what: str, most: float) -> float:
    """A number from 0 to ``most``. Raises BadValue."""
    number = values.real(node, context, what)
    if not 0 <= number <= most:
        raise values.expected(what, node, f"a number from 0 to {most:g}")
    return number


def marks(node: Node | None, answers: list[str], context: Context) -> dict[str, Fraction]:
    """Marks of the whole problem, shared out evenly; or of each answer, by key, or of each of its numbers.
    By default 1 for each answer.

    Raises BadValue.
    """
    if isinstance(node, Mapping):
        for key in node.items:
            if key not in answers:
                raise BadValue(f'marks are given for "{key}", which has no answer', node.keys[key])
        each = {key: sum(_leaves(mark, context), Fraction(0)) for key, mark in node.items.items()}
        return {key: each.get(key, Fraction(1)) for key in answers}
    if node is not None:
        return dict.fromkeys(answers, Fraction(str(real(node, context, "marks", _MOST_MARKS))) / len(answers))
    return dict.fromkeys(answers, Fraction(1))


def shares(node: Node | None, context: Context) -> dict[str, tuple[Fraction, ...]]:
    """The marks of each number of an answer, by key, where they are given as a list. Raises BadValue."""
    if not isinstance(node, Mapping):
        return {}
    return {key: tuple(_leaves(mark, context)) for key, mark in node.items.items() if isinstance(mark, Sequence)}


def _leaves(node: Node, context: Context) -> Iterator[Fraction]:
    """The marks in nested lists, in order; a single number alone."""
    if isinstance(node, Sequence):
        for item in node.items:
            yield from _leaves(item, context)
    else:
        yield Fraction(str(real(node, context, "marks", _MOST_MARKS)))


def partial(node: Node, context: Context) -> dict[str, Fraction]:
    """The share of the marks that an answer with a slip still has, by the slip's name. Raises BadValue."""
    from cnncalc.check.slips.names import NAMES

    if not isinstance(node, Mapping):
        raise values.expected("partial", node, "slips with a share of the marks", "partial: {bias: 0.5}")
    for name in node.items:
        if name not in NAMES:
            help = nearest(name, NAMES) or f"slips: {', '.join(NAMES)}"
            raise BadValue(f'no slip is called "{name[:60]}"', node.keys[name], help)
    return {name: Fraction(str(real(share, context, "partial", 1))) for name, share in node.items.items()}
