"""What a network should be told: demands that are not met, and lint."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from cnncalc.errors import Mark
from cnncalc.spec.demand import Demand
from cnncalc.summary.quantities import holds, quantity, shown
from cnncalc.symbolic.expr import value

if TYPE_CHECKING:
    from cnncalc.summary.rows import Summary


class Finding(NamedTuple):
    """Something to be told of a layer (None: of the totals). ``expected`` and ``got`` as in the JSON."""

    mark: Mark
    layer: str | None
    quantity: str
    expected: Any
    got: Any
    message: str


def find(summary: Summary, *, strict: bool = False) -> list[Finding]:
    """Every finding: failed demands, branches that are not aligned and, if ``strict``, sizes that were rounded.

    Of an autoencoder also a code that is not smaller than the input.
    """
    found = [finding for demand in summary.network.demands if (finding := _failed(summary, demand))]
    for row, seen in zip(summary.rows, summary.fields, strict=True):
        if seen.finding:
            message = f"{row.name}: {seen.finding}"
            found.append(Finding(row.layer.mark, row.name, "receptive_field", None, None, message))
        if strict:
            lint = [note.text for note in summary.notes(row) if note.lint]
            found += [Finding(row.layer.mark, row.name, "output", None, None, f"{row.name}: {text}") for text in lint]
    if "encoder" in summary.network.lists or summary.network.objective:
        found += _of_autoencoder(summary)
    return found


def _failed(summary: Summary, demand: Demand) -> Finding | None:
    got = quantity(summary, demand.layer, demand.quantity, demand.mark)
    if holds(summary, demand, got) is not False:
        return None
    where = demand.layer or "total"
    bound = "" if demand.relation == "=" else f"{demand.relation} "
    message = f"{where}.{demand.quantity} should be {bound}{shown(demand.wanted)}; it is {shown(got)}"
    wanted = f"{bound}{shown(demand.wanted)}" if bound else demand.wanted
    return Finding(demand.mark, demand.layer, demand.quantity, wanted, got, message)


def _of_autoencoder(summary: Summary) -> list[Finding]:
    """What an autoencoder should be told: a code that may copy its input, an objective that cannot be measured."""
    from cnncalc.summary.autoencoder import SHARES, code, function, has_shares, incomparable, watched

    found, row, small = [], watched(summary), code(summary)
    if summary.network.objective and (reason := incomparable(summary)):
        found.append(Finding(summary.network.mark, None, "output", None, None, f"objective: {reason}"))
    if row is None and small and (small.ratio or 2) <= 1:
        got = value(small.numbers)
        message = (
            f"{small.row.name}: a code of {got} numbers is not smaller than the input of {value(small.inputs)}, and "
            "nothing keeps it sparse: it can copy its input"
        )
        found.append(
            Finding(small.row.layer.mark, small.row.name, "activations", f"< {value(small.inputs)}", got, message)
        )
    if row is not None and not has_shares(row):
        ends = function(row)
        message = f"{row.name}: sparsity needs activations between 0 and 1 ({', '.join(SHARES)}); it ends in {ends}"
        found.append(Finding(row.layer.mark, row.name, "activation", "sigmoid", ends, message))
    return found
