"""Mistakes that change no rule: another quantity, unit or order, a slip in a sum or in writing a number down.

Each gives ``(number, name, words)``; the words follow the right number.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from math import prod
from typing import TYPE_CHECKING, Any

from cnncalc.kinds.base.weights import count
from cnncalc.summary import quantities
from cnncalc.summary.rows import BYTES
from cnncalc.units import BINARY, DECIMAL

if TYPE_CHECKING:
    from cnncalc.spec.demand import Key
    from cnncalc.summary.rows import Summary

Mistake = tuple[Any, str, str]

#: Quantities that are given for the one asked for, and what they are.
_GIVEN_FOR = {
    "macs": ("flops", "params", "weight_params", "activations"), "flops": ("macs", "params", "activations"),
    "params": ("weight_params", "trainable_params", "macs", "active_params", "activations"),
    "active_params": ("params",),
    "trainable_params": ("params", "weight_params"), "weight_params": ("params", "bias_params"),
    "bias_params": ("weight_params",), "weight_bytes": ("params",), "activation_bytes": ("activations",),
    "activations": ("activation_bytes",), "non_trainable_params": ("params", "trainable_params"),
}  # fmt: skip
_NAMES = {
    "macs": "the multiply-accumulates", "flops": "the FLOPs, two for each multiply-accumulate",
    "params": "all parameters", "weight_params": "the parameters without the biases", "bias_params": "the biases",
    "trainable_params": "the trainable parameters", "activations": "the numbers in the output",
    "activation_bytes": "bytes, not numbers", "active_params": "the parameters that work on one example",
}  # fmt: skip
#: Those of the names below that some tools count by.
CONVENTIONS = ("macs", "flops", "weight_params", "trainable_params", "params", "unit", "width", "batch", "shared")
#: What the mistakes of this file are called, besides the quantities that are given for others.
MISTAKES = ("batch", "carried", "digits", "input", "left_out", "order", "own", "product", "shared", "sizes", "twice",
            "unit", "width", "zero", *sorted(_NAMES))  # fmt: skip
#: For quantities that are measured from the input, the layer's own part.
_OWN = {"receptive_field": ("extent", "the layer's own window"), "effective_stride": ("step", "its own stride")}
_OF_EXAMPLES = ("macs", "flops", "activations", "activation_bytes", "peak_activation_bytes")
_CARRIED = 1000  # sums from this number on may hide a slip in adding


def confused(summary: Summary, key: Key, right: Any) -> Iterator[Mistake]:
    """Another quantity than the one asked for, another unit, or sizes in another order."""
    for other in _GIVEN_FOR.get(key.quantity, ()):
        number = quantities.quantity(summary, key.layer, other)
        yield number, other, f"given as {_NAMES[other]}"
    if key.quantity.endswith("_bytes") and isinstance(right, int):
        yield from _units(right)
    row = summary.rows_by_name.get(key.layer or "")
    if key.quantity == "output" and isinstance(right, list) and len(right) > 1:
        yield [right[-1], *right[:-1]], "order", "with the last size written first"
        yield [*right[1:], right[0]], "order", "with the first size written last"
        if row is not None:
            yield row.xs[0].written(summary.layout), "input", "given as the sizes of the input"
    reaches = row.layer.kind.reach(*row.xs) if row is not None and key.quantity in _OWN else None
    if reaches:
        field, said = _OWN[key.quantity]
        yield [getattr(reach, field) for reach in reaches], "own", f"given as {said}"


def form(sizes: Any, right: Any, layout: str) -> tuple[str, str] | None:
    """The name and the words for sizes that are right, but too many or too few of them."""
    if not isinstance(sizes, list) or not isinstance(right, list):
        return None
    if sizes[1:] == right:
        return "batch", "with the batch written in front"
    if len(right) > 1 and sizes == (right[1:] if layout == "channels_first" and len(right) > 2 else right[:-1]):
        return "sizes", "without the channels"
    numbers = len(right) > 1 and all(isinstance(size, int) for size in right)
    return ("product", "multiplied out") if numbers and sizes == [prod(right)] else None


def _units(right: int) -> Iterator[Mistake]:
    """Bytes in a larger unit, rounded as one would write them, or numbers of another width."""
    for digits in range(3):
        rounded = int(round(Fraction(right, DECIMAL["kB"]), -digits))
        yield rounded * BINARY["KiB"], "unit", f"rounded to {rounded:,} kB, with 1,024 bytes in each"
    for name, unit in {**DECIMAL, **BINARY}.items():
        for digits in range(4):
            number = round(Fraction(right, unit), digits)
            yield int(number) if number.denominator == 1 else number, "unit", f"bytes, given in {name}"
    for width in (1, 2, 8):
        yield right * width // BYTES, "width", f"with {width} byte{'s' * (width > 1)} for a number in place of {BYTES}"


def mis_added(summary: Summary, quantity: str) -> Iterator[Mistake]:
    """Shared weights counted again, a row left out of the sum or added twice, or a digit carried wrongly."""
    right = quantities.total(summary, quantity)
    shared = [row for row in summary.rows if row.layer.borrows]
    if shared and quantity in ("params", "trainable_params"):
        again = sum(count(row.layer.kind.weights(*row.xs)) - row.params for row in shared)
        yield right + again, "shared", "with weights that are used again counted again"
    for row in summary.rows:
        number = getattr(row, quantity)
        if number:
            yield right - number, "left_out", f"without {row.name} in the sum"
            yield right + number, "twice", f"with {row.name} added twice"
    yield from carried(right)


def carried(number: Any) -> Iterator[Mistake]:
    """A sum that is wrong by one in one of its columns."""
    if isinstance(number, int) and number >= _CARRIED:
        for place in range(len(str(number))):
            for wrong in (number - 10**place, number + 10**place):
                yield wrong, "carried", "with a slip of one in the sum"


def batched(quantity: str, right: Any) -> Iterator[Mistake]:
    """A count of several examples in place of one."""
    for power in range(1, 11):
        if isinstance(right, int) and quantity in _OF_EXAMPLES:
            yield right << power, "batch", f"for a batch of {1 << power} in place of one example"


def mis_written(number: Any) -> Iterator[Mistake]:
    """A zero too many or too few, or two neighbouring digits exchanged."""
    if not isinstance(number, int) or number < 10:
        return
    yield 10 * number, "zero", "with a digit too many, ten times as much"
    if number % 10 == 0:
        yield number // 10, "zero", "with a zero too few"
    text = str(number)
    for place in range(len(text) - 1):
        swapped = text[:place] + text[place + 1] + text[place] + text[place + 2 :]
        if swapped[0] != "0":
            yield int(swapped), "digits", "with two digits exchanged"
