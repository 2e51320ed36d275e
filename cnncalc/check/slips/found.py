"""The explanation of a wrong answer: the words and the working that follow the right answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from cnncalc.explain.layer import Step


class Way(NamedTuple):
    """One explanation: what was done, in words that follow the right number, and the working that gives the wrong.

    ``names`` are the slips that it takes.
    """

    said: str
    steps: tuple[Step, ...] = ()
    names: tuple[str, ...] = ()


class Explanation(NamedTuple):
    """What a wrong answer to ``key`` comes from: the ``right`` one, and ways to the wrong one."""

    key: str
    right: Any
    ways: tuple[Way, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The slips of all ways."""
        return tuple(name for way in self.ways for name in way.names)
