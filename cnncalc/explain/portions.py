"""A layer that is several in one, such as a recurrent one with two directions: each counted by itself, then the sum."""

from __future__ import annotations

from cnncalc.kinds.base.fields import traced
from cnncalc.kinds.base.kind import Kind
from cnncalc.kinds.base.weights import count
from cnncalc.shape import Shape
from cnncalc.symbolic.expr import Number, total, value

_LETTERS = {"params": "P", "macs": "M"}
_SAID = {"params": "parameters", "macs": "MACs"}
_READ = "C_2"  # what the layers after the first read


def lines(kind: Kind, xs: tuple[Shape, ...], quantity: str) -> list[tuple[str, Number]]:
    """``P_1 = ...`` for each of the layers in one, and last their sum; none where it is one layer.

    What the second layer reads is worked out before its parameters.
    """
    found: list[tuple[str, Number]] = []
    parts: list[Number] = []
    for number, portion in enumerate(kind.portions(*xs), 1):
        if quantity == "params" and portion.x is not xs[0] and all(letter != _READ for letter, _ in found):
            found.append((_READ, kind.width))  # type: ignore[attr-defined]
        one = portion.kind
        counted = count(one.weights(portion.x)) if quantity == "params" else one.macs(portion.x, portion.x)
        letter = f"{_LETTERS[quantity]}_{number}"
        found.append((letter, counted))
        parts.append(traced(value(counted), letter))
    return [*found, ("", total(parts))] if parts else []


def legend(kind: Kind, xs: tuple[Shape, ...]) -> dict[str, str]:
    """What the letters of :func:`lines` mean."""
    portions = list(enumerate(kind.portions(*xs), 1))
    found = {f"{_LETTERS[q]}_{number}": f"{_SAID[q]} of {one.called}" for q in _LETTERS for number, one in portions}
    several = any(one.x is not xs[0] for _, one in portions)
    return found | ({_READ: "features that each further layer reads"} if several else {})
