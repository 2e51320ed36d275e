"""The working of one quantity: the rows of a summary, fed letters that remember their values."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnncalc.explain import layer
from cnncalc.explain.layer import Step
from cnncalc.kinds.base.tracing import trace
from cnncalc.kinds.base.weights import count
from cnncalc.spec.demand import COUNTED
from cnncalc.summary.rows import Measured, Row

if TYPE_CHECKING:
    from cnncalc.spec.demand import Key
    from cnncalc.summary.rows import Summary

_SUMMANDS = 12  # a sum of more is not written out


def steps(summary: Summary, key: Key) -> tuple[Step, ...]:
    """The lines of working for what ``key`` asks; none where there is nothing to be worked out."""
    if key.layer is None:
        return _sum(key.quantity, summary.rows) if key.quantity in COUNTED else ()
    block = summary.network.blocks.get(key.layer)
    if block and key.quantity in COUNTED:
        return _sum(key.quantity, summary.rows[block.first : block.last])
    row = summary.rows_by_name.get(key.layer)
    if row is None or not key.quantity:
        return ()
    lines = layer.one_by_one(*trace(row.layer.kind, row.xs), key.quantity) if key.quantity in ("params", "macs") else []
    if lines and row.layer.shares is None:
        return tuple(lines)
    if key.quantity in COUNTED:
        return (_step(key.quantity, getattr(_traced(row), key.quantity)),)
    return tuple(step for step in layer.explain(summary, row).steps if step.quantity == key.quantity)


def _sum(quantity: str, rows: list[Row]) -> tuple[Step, ...]:
    """The sum over ``rows``; nothing if it would be too long."""
    short = sum(getattr(row, quantity) != 0 for row in rows) <= _SUMMANDS
    return (_step(quantity, layer.total_of(rows, quantity)),) if short else ()


def _step(quantity: str, number: object) -> Step:
    names = {"macs": "MACs", "flops": "FLOPs"}
    return Step(quantity, names.get(quantity, quantity.replace("_", " ")), number)


def _traced(row: Row) -> Row:
    """The row with letters for its numbers: each quantity of it is then its own working."""
    kind, xs = trace(row.layer.kind, row.xs)
    weights = row.layer.own(kind.weights(*xs))
    macs = row.layer.done(kind.macs(layer.out_letters(row.output), *xs))
    return Row(row.layer.of(kind), row.index, xs, Measured(kind.output(*xs), weights, count(weights), macs))
