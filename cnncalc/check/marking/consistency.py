"""Whether a slip fits everything else that the student wrote.

A slip is a changed rule, which changes other numbers too. If the answer depends on one of these, and the student had
it right, or wrong in another way, the slip was not made. Nor was one that starts from a right number that the student
did not have.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cnncalc.check.answer_key import agrees, quantity
from cnncalc.check.marking.follow_through import moves
from cnncalc.check.marking.relevance import LENIENT
from cnncalc.errors import CnncalcError
from cnncalc.spec.demand import Key

if TYPE_CHECKING:
    from cnncalc.check.answer_key import Truth
    from cnncalc.check.slips.search import Reached
    from cnncalc.summary.rows import Summary


def could_be(truth: Truth, own: dict[Key, Any], key: Key, reached: Reached) -> bool:
    """Whether a slip that leads to the answer to ``key`` fits all of a student's ``own`` answers."""
    if truth.letters:  # their numbers are worked out from the rest, whatever rule is changed
        return True
    own = {other: value for other, value in own.items() if not other.numbers}
    missed = {}  # right numbers that the student did not have
    for other, value in own.items():
        right = truth.get(other)
        slipped = _quantity(reached.summary, other) if reached.summary else right
        if other == key or agrees(truth.summary, other, slipped, value, LENIENT):
            continue
        if slipped == right:
            missed[other] = value
        elif moves(truth, {other: slipped}, key):
            return False
    return not (missed and moves(truth, missed, key))


def _quantity(summary: Summary, key: Key) -> Any:
    try:
        return quantity(summary, key)
    except (CnncalcError, ZeroDivisionError):
        return None
