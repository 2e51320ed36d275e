"""What there is to say about a network: demands that are not met, likely mistakes, and notes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnncalc.spec.demand import Demand
from cnncalc.summary import suspicions
from cnncalc.summary.finding import Finding
from cnncalc.summary.quantities import holds, quantity, shown
from cnncalc.symbolic.expr import value

if TYPE_CHECKING:
    from cnncalc.summary.rows import Summary


def find(summary: Summary, *, strict: bool = False) -> list[Finding]:
    """Every finding: failed demands, what is likely to be a mistake, and notes; sizes that were rounded if ``strict``.

    Notes are about a batch axis that was dropped and branches that are not aligned. An autoencoder's code should be
    smaller than its input.
    """
    found = [finding for demand in summary.network.demands if (finding := _failed(summary, demand))]
    found += suspicions.find(summary)
    for doubt in summary.network.doubts:
        message = f"{doubt.text}; {doubt.help}"
        found.append(Finding(doubt.mark or summary.network.mark, None, "output", None, None, message, "warning"))
    for note in summary.network.notes:
        found.append(Finding(note.mark or summary.network.mark, None, "output", None, None, note.text, "note"))
    for row, seen in zip(summary.rows, summary.fields, strict=True):
        if seen.finding:
            message = f"{row.name}: {seen.finding}"
            found.append(Finding(row.layer.mark, row.name, "receptive_field", None, None, message, "note"))
        if strict:
            lint = [f"{row.name}: {note.text}" for note in summary.notes(row) if note.lint]
            found += [Finding(row.layer.mark, row.name, "output", None, None, text, "note") for text in lint]
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
    return Finding(demand.mark, demand.layer, demand.quantity, wanted, got, message, "error")


def _of_autoencoder(summary: Summary) -> list[Finding]:
    """Likely mistakes in an autoencoder: a code that may copy its input, an objective that cannot be measured."""
    from cnncalc.summary.autoencoder import SHARES, code, has_shares, incomparable, last_step, watched

    found, row, small = [], watched(summary), code(summary)
    if small and summary.network.objective and (reason := incomparable(summary)):
        text = f"objective: {reason}"
        found.append(Finding(summary.network.mark, None, "output", None, None, text, "warning"))
    if row is None and small and (small.ratio or 2) <= 1:
        got = value(small.numbers)
        message = (
            f"{small.row.name}: a code of {got} numbers is not smaller than the input of {value(small.inputs)}, and "
            "nothing keeps it sparse: it can copy its input"
        )
        bound = f"< {value(small.inputs)}"
        found.append(Finding(small.row.layer.mark, small.row.name, "activations", bound, got, message, "warning"))
    if row is not None and not has_shares(row):
        ends = last_step(row)
        message = f"{row.name}: sparsity needs activations between 0 and 1 ({', '.join(SHARES)}); it ends in {ends}"
        found.append(Finding(row.layer.mark, row.name, "activation", "sigmoid", ends, message, "warning"))
    return found
