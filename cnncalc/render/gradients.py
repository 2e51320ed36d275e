"""Gradients of a run: their norms layer by layer and step by step, and the chain rule with numbers put in."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from cnncalc.render.forms.text import printable
from cnncalc.render.objective import finite

if TYPE_CHECKING:
    from cnncalc.engine.chain_rule import Chain, Delta, Product
    from cnncalc.engine.gradients import Gradients
    from cnncalc.engine.run import Run

STEPS = 12  # steps that the text lists


def norm(array: Any) -> float:
    """The root of the sum of squares."""
    return math.sqrt(float((array * array).sum()))


def data(run: Run, found: Gradients) -> dict[str, Any]:
    """The norms as data; a number that is not finite is null."""
    return {
        "layers": [
            {
                "name": row.name,
                "output": finite(norm(found.outputs[row.name])),
                "weights": {name: finite(norm(found.weights[f"{row.name}/{name}"])) for name in row.weights},
                **({"steps": _steps(found, row.name)} if row.name in found.steps else {}),
            }
            for row in run.summary.rows
        ],
    }


def _steps(found: Gradients, name: str) -> dict[str, list[float | None]]:
    return {start or "forward": [finite(float(n)) for n in norms] for start, norms in found.steps[name].items()}


def lines(run: Run, found: Gradients) -> list[str]:
    """``‖dL/dy‖`` and ``‖dL/dw‖`` of each layer, and of recurrent layers the norm at each step."""
    table = ["", "Gradients, ‖·‖ the root of the sum of squares:"]
    width = max(len(printable(row.name)) for row in run.summary.rows)
    for row in run.summary.rows:
        parts = [f"‖dL/d(output)‖ = {short(norm(found.outputs[row.name]))}"]
        learned = [name for name in row.weights if not name.startswith("moving_")]
        parts += [f"‖dL/d({name})‖ = {short(norm(found.weights[f'{row.name}/{name}']))}" for name in learned]
        table.append(f"  {printable(row.name):{width}}  {', '.join(parts)}")
    for name, directions in found.steps.items():
        for start, norms in directions.items():
            which = f" ({start.rstrip('_')})" if start else ""
            table.append(f"  {printable(name)}{which}, ‖dL/dh_t‖ at step t: {_listed(norms)}")
            ratio = _ratio(norms)
            if ratio is not None:
                table.append(f"    step 1 has {short(ratio)} times the gradient of step {len(norms)}")
    return table


def _listed(norms: Any) -> str:
    """``1: 0.0012, 2: 0.02, …``, STEPS of them with the first and the last."""
    count = len(norms)
    chosen = (
        sorted({round(i * (count - 1) / max(1, STEPS - 1)) for i in range(STEPS)}) if count > STEPS else range(count)
    )
    return ", ".join(f"{t + 1}: {short(float(norms[t]))}" for t in chosen)


def _ratio(norms: Any) -> float | None:
    return float(norms[0] / norms[-1]) if len(norms) > 1 and norms[-1] > 0 and math.isfinite(norms[0]) else None


def worked(found: Chain) -> list[str]:
    """The same without the heading, a line each."""
    return [line.strip() for line in chain(found)[2:]]


def chain(found: Chain) -> list[str]:
    """δ of each output number and dL/dw of each weight, with numbers put in."""
    name = printable(found.row.name)
    of = f"; {found.function}: dy/dx = {found.formula}" if found.function else ""
    more = [f"  … and {found.more:,} more"] if found.more else []
    return [
        "",
        f"The chain rule through {name}, the first example (y its output, x what its activation reads{of}):",
        *(line for delta in found.deltas for line in _delta(found, delta)),
        *more,
        *(_product(each) for each in found.products),
    ]


def _delta(found: Chain, one: Delta) -> list[str]:
    at = ",".join(map(str, one.place))
    if one.target is not None:
        share = f"/{one.share}" if one.share > 1 else ""
        made = f"(y − t){share} = ({short(one.y)} − {_bracketed(one.target)}){share} = "
        first = f"  dL/dy[{at}] = {made}{short(one.slope)}"
    elif one.terms:
        terms = " + ".join(f"{_bracketed(d)}·{_bracketed(w)}" for d, w in one.terms)
        first = f"  dL/dy[{at}] = Σ δ·w of the layer above = {terms} = {short(one.slope)}"
    else:
        first = f"  dL/dy[{at}] = {short(one.slope)}"
    if one.rise is None:
        return [first, f"  δ[{at}] = {short(one.delta)}"] if found.function else [first]
    put_in = _put_in(found.formula, one)
    return [first, f"  δ[{at}] = dL/dy·dy/dx = {_bracketed(one.slope)}·{put_in} = {short(one.delta)}"]


def _put_in(formula: str, one: Delta) -> str:
    """``y·(1 − y)`` with the number of y; for a formula with a condition or a function, its value."""
    if set(formula) <= set("xy0123456789 ·−+²()"):
        whole = formula if formula.startswith("y·(") else f"({formula})"
        return "".join({"x": _bracketed(one.x), "y": _bracketed(one.y)}.get(sign, sign) for sign in whole)
    return _bracketed(one.rise or 0.0)


def _product(one: Product) -> str:
    i, j = one.place
    examples = " summed over the examples" if len(one.terms) > 1 else ""
    terms = " + ".join(f"{_bracketed(d)}·{_bracketed(x)}" for d, x in one.terms)
    return f"  dL/d{one.weight}[{i},{j}] = δ[{j}]·input[{i}]{examples} = {terms} = {short(one.value)}"


def short(value: float) -> str:
    """Six digits at most."""
    return f"{value:.6g}".replace("-", "−")


def _bracketed(value: float) -> str:
    """A number after an operator: a negative one in brackets."""
    return f"({short(value)})" if value < 0 else short(value)
