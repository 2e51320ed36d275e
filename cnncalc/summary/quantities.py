"""A quantity by its name, of a layer, a block or the totals, and whether a demand on it is met."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cnncalc.errors import Mark
from cnncalc.spec.demand import AXIAL, COUNTED, Demand
from cnncalc.summary.receptive import START, axial
from cnncalc.symbolic.expr import Number, value

if TYPE_CHECKING:
    from cnncalc.summary.rows import Row, Summary


def quantity(summary: Summary, layer: str | None, name: str, mark: Mark | None = None) -> Any:
    """A quantity of a layer, of a block (sums over its layers, and its output), or of the totals (None).

    Sizes are lists in the spec's layout; None if there is none. Raises SpecError at ``mark`` for an unknown layer.
    """
    network = summary.network
    if layer is None:
        return total(summary, name)
    row = summary.rows_by_name.get(layer)
    block = network.blocks.get(layer)
    if block and name in COUNTED:
        return sum(getattr(row, name) for row in summary.rows[block.first : block.last])
    if block and block.value >= len(network.inputs):
        row = summary.rows[block.value - len(network.inputs)]
    elif block:  # no layers in it: its output is an input
        x = list(summary.inputs.values())[block.value]
        return x.written(summary.layout) if name == "output" else axial((START,) * len(x.spatial) or None, name)
    if row is None:
        raise summary.unknown(layer, mark)
    return of_row(summary, row, name)


def of_row(summary: Summary, row: Row, name: str, layout: str | None = None) -> Any:
    """A quantity of a row, as in the JSON; sizes in ``layout``, by default the summary's."""
    return row.output.written(layout or summary.layout) if name == "output" else getattr(row, name)


def total(summary: Summary, name: str, layout: str | None = None) -> Any:
    """A quantity of the totals: sums; the output where there is one; the last receptive field that there is."""
    if name == "output":
        outputs = list(summary.outputs.values())
        return outputs[0].written(layout or summary.layout) if len(outputs) == 1 else None
    if name in AXIAL:
        last = next((row for row in reversed(summary.rows) if summary.fields[row.index].fields is not None), None)
        return None if last is None else of_row(summary, last, name)
    return getattr(summary.totals, name)


def holds(summary: Summary, demand: Demand, got: Any) -> bool | None:
    """Whether a demand is met; None if an unknown letter leaves it open.

    For an output the spatial sizes suffice; for a receptive field, stride or padding, one number stands for all axes.
    """
    pairs = sides(summary, demand, got)
    if pairs is None:
        return False
    verdicts = [_compares(demand.relation, wanted, number) for wanted, number in pairs]
    return False if False in verdicts else None if None in verdicts else True


def sides(summary: Summary, demand: Demand, got: Any) -> list[tuple[Number, Number]] | None:
    """The wanted and the actual numbers in pairs; None if they cannot be compared."""
    wanted = demand.wanted
    if not isinstance(wanted, list):
        return [(wanted, got)]
    if not isinstance(got, list):
        return None
    if demand.quantity in AXIAL and len(wanted) == 1:
        wanted = wanted * len(got)
    if summary.network.axes and demand.quantity == "output" and len(wanted) == len(got) + 1:
        wanted = wanted[1:]  # the batch axis in front
    if demand.quantity == "output" and len(wanted) == len(got) - 1 > 0:
        got = got[1:] if summary.layout == "channels_first" and len(got) > 2 else got[:-1]
    return list(zip(wanted, got, strict=True)) if len(wanted) == len(got) else None


def _compares(relation: str, wanted: Number, got: Number) -> bool | None:
    first, second = value(got), value(wanted)
    if got is None:
        return False
    if first is None or second is None:
        return True if got == wanted and "=" in relation else None
    if relation == "=":
        return bool(first == second)
    if relation in ("<=", ">="):
        return bool(first <= second if relation == "<=" else first >= second)
    return bool(first < second if relation == "<" else first > second)


def shown(number: Any) -> str:
    """Sizes as ``64×64×32``, numbers as they are."""
    return "×".join(map(str, number)) if isinstance(number, list) else "none" if number is None else str(number)
