"""An objective with its working: L, the means p̂_j, Σ KL(p ‖ p̂_j) and J."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from cnncalc.render.forms.text import number, printable

if TYPE_CHECKING:
    from cnncalc.engine.train.objective import Reached

SHOWN = 8  # means that the text lists


def lines(reached: Reached) -> list[str]:
    """``L = 1/300·Σ ½·‖x − x̂‖² = 0.123 (summed: 36.9)`` and, with a sparsity term, the working of J."""
    mean = reached.stated.reduction == "mean" and reached.examples > 1
    share, summed = (f"1/{reached.examples}·", f" (summed: {short(reached.total_loss)})") if mean else ("", "")
    formula = f"({reached.formula})" if reached.formula.startswith("−") else reached.formula
    found = [f"L = {share}Σ {formula} = {short(reached.loss)}{summed}"]
    if reached.correct is not None:
        found.append(f"accuracy: {percent(reached.correct)} of the labels are right")
    if reached.sparsity is None:
        return found
    layer, target, weight, _ = reached.sparsity
    listed = ", ".join(short(mean) for mean in reached.means[:SHOWN]) + (", …" if len(reached.means) > SHOWN else "")
    name, p, factor, total = printable(layer), short(target), short(weight), short(reached.divergence)
    return [
        *found,
        f"p̂ of {name}, the mean of each of its {len(reached.means)} units: {listed}",
        f"Σ KL({p} ‖ p̂_j) = Σ [{p}·ln({p}/p̂_j) + {short(1 - target)}·ln({short(1 - target)}/(1 − p̂_j))] = {total}",
        f"J = L + {factor}·Σ KL = {short(reached.loss)} + {factor}·{total} = {short(reached.total)}",
    ]


def data(reached: Reached) -> dict[str, Any]:
    """The same as data; a number that is not finite is null."""
    found: dict[str, Any] = {"loss": finite(reached.loss), "sum": finite(reached.total_loss)}
    if reached.correct is not None:
        found["accuracy"] = reached.correct
    if reached.sparsity is not None:
        layer, target, weight, _ = reached.sparsity
        found["sparsity"] = {
            "layer": layer,
            "target": target,
            "weight": weight,
            "means": [finite(float(mean)) for mean in reached.means],
            "divergence": finite(reached.divergence),
        }
    return {**found, "objective": finite(reached.total)}


def finite(value: float) -> float | None:
    """``value`` if JSON can hold it."""
    return value if math.isfinite(value) else None


def percent(share: float) -> str:
    """A share as ``97.5 %``."""
    return f"{number(f'{100 * share:.4g}')} %"


def short(value: float) -> str:
    """Six digits at most."""
    return number(f"{value:.6g}")
