"""An answer of a sheet or a problem file, read once: what was written, and what it may mean."""

from __future__ import annotations

import re
from collections.abc import Collection
from functools import cached_property
from typing import TYPE_CHECKING, Any

from cnncalc.check.answers import matrix
from cnncalc.check.answers.numbers import letter_values, numbers
from cnncalc.check.answers.sizes import sizes
from cnncalc.check.answers.words import LONGEST
from cnncalc.shape import Shape
from cnncalc.shape import read as read_shape
from cnncalc.spec.node import Node, Scalar, Sequence, is_null
from cnncalc.symbolic.expr import Expr, Letter, Number
from cnncalc.symbolic.tree import substitute, unknowns

if TYPE_CHECKING:
    from cnncalc.spec.demand import Key

_NOTHING = ("none", "-", "–")
#: The unit of another count at the end of an answer: one is twice the other.
_OTHER_UNIT = {"macs": re.compile(r"flops?\W*$", re.I), "flops": re.compile(r"macs?\W*$", re.I)}
_NEVER = re.compile("(?!)")
_BATCH = "N"  # the letter of a batch axis


def text_of(node: Node, key: Key | None = None) -> str | None:
    """An answer in a problem file as a student would write it on a sheet; None for null and for anything else."""
    if key is not None and key.numbers:
        return matrix.text_of(node)
    if isinstance(node, Scalar):
        return None if is_null(node) else node.text
    if isinstance(node, Sequence) and all(isinstance(item, Scalar) for item in node.items):
        texts = [item.text for item in node.items if isinstance(item, Scalar)]
        return "x".join(text if text.isalnum() else f"({text})" for text in texts)
    return None


def cut(text: str) -> str:
    """An answer as it is shown: at most LONGEST characters."""
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}... ({len(text)} characters)"


class Answer:
    """The answer ``text`` to ``key``, its sizes in ``layout`` (None: in that of the problem)."""

    def __init__(self, text: str, key: Key, layout: str | None = None) -> None:
        self.text, self.key, self.layout = text, key, layout

    @property
    def shown(self) -> str:
        """The text, cut if it is far too long."""
        return cut(self.text)

    @property
    def is_nothing(self) -> bool:
        """Whether the answer is "none"."""
        return self.text.strip().lower() in _NOTHING

    @cached_property
    def _groups(self) -> tuple[tuple[Any, ...], ...]:
        """What the text may mean, the most literal group first; a number, sizes, or numbers for a letter."""
        if self.key.numbers:
            return (tuple(one.nested() for one in matrix.read(self.text)),)
        if not self.key.quantity:
            return (letter_values(self.text, str(self.key.layer)),)
        if _OTHER_UNIT.get(self.key.quantity, _NEVER).search(self.text):
            return ()
        if not self.key.sizes:
            return numbers(self.text, in_bytes=self.key.quantity.endswith("_bytes"))
        return sizes(self.text)

    def readings(self, letters: Collection[str], layout: str) -> list[Any]:
        """What the answer may mean in a problem with these ``letters``, as data, sizes in the order of ``layout``.

        The most literal group of meanings with no other letters in it; empty if the answer cannot be read.
        """
        known = {*letters, _BATCH} if self.key.quantity == "output" else set(letters)
        for group in self._groups:
            cased = [_in_case(meant, known) for meant in group]
            found = [self._data(meant, layout) for meant in cased if _letters(meant) <= known]
            if found:
                return found
        return []

    def _data(self, meant: Any, layout: str) -> Any:
        """One meaning as data: sizes as a list in the order of ``layout``."""
        if self.key.quantity and not self.key.sizes:
            return meant
        if isinstance(meant, Shape):
            return meant.written(layout)
        if self.key.quantity == "output" and self.layout not in (None, layout) and 0 < len(meant) <= 4:
            return read_shape(meant, str(self.layout)).written(layout)
        return list(meant)


def _in_case(meant: Any, known: set[str]) -> Any:
    """A meaning with ``f`` for ``F`` and the like, if the problem has the letter only in the other case."""
    case: dict[str, Number] = {name.swapcase(): Letter(name) for name in known if name.swapcase() not in known}
    if isinstance(meant, tuple) and not isinstance(meant, Shape):
        return tuple(_in_case(part, known) for part in meant)
    return substitute(meant, case) if isinstance(meant, Expr) else meant


def _letters(meant: Any) -> set[str]:
    """The letters in one meaning of an answer."""
    parts = meant.sizes if isinstance(meant, Shape) else meant if isinstance(meant, tuple) else (meant,)
    return set().union(*(unknowns(part) for part in parts if isinstance(part, Expr)))
