"""Which of a student's answers another answer may depend on; the others need not be put into the network."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cnncalc.check.answer_key import EXACT, agrees
from cnncalc.spec.demand import AXIAL, Key

if TYPE_CHECKING:
    from cnncalc.check.answer_key import Truth

LENIENT = EXACT._replace(spatial=True)
_PRODUCTS = ("macs", "flops")
_COUNTS = ("params", "trainable_params", "weight_params", "bias_params", *_PRODUCTS)  # no layer reads these
_SIZES = ("output", "activations", "activation_bytes", "input", *AXIAL)  # parameters do not change these


def relevant(truth: Truth, own: dict[Key, Any], key: Key) -> dict[Key, Any]:
    """Those of a student's ``own`` answers that may change the answer to ``key``; none if all of them are right."""
    if truth.letters or any(layer.shares is not None for layer in truth.network.layers):
        return own
    found = {other: value for other, value in own.items() if _matters(truth, other, key)}
    wrong = [o for o, value in found.items() if not agrees(truth.summary, o, truth.get(o), value, LENIENT)]
    sizes = [_index(truth, other) for other in wrong if other.quantity not in _COUNTS]
    first = min(sizes, default=len(truth.network.layers))  # above it, what is right comes out anyway
    return {other: value for other, value in found.items() if other in wrong or _index(truth, other) >= first}


def _index(truth: Truth, key: Key) -> int:
    return truth.summary.rows_by_name[key.layer or ""].index


def _matters(truth: Truth, other: Key, key: Key) -> bool:
    """Whether the answer to ``other`` may change that to ``key``."""
    rows = truth.summary.rows_by_name
    here, there = rows.get(other.layer or ""), rows.get(key.layer or "")
    if here is None:
        return False
    if other.quantity in AXIAL:
        return key.quantity in AXIAL
    if other.quantity == "output":
        return there is None or here.index <= there.index
    same = there is None or here is there  # a sum, of a block or of the network
    if other.quantity in _PRODUCTS:
        return same and key.quantity in _PRODUCTS
    return same and key.quantity not in _SIZES
