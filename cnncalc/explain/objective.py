"""What a network is trained for, written out: L, KL, J and the delta of the layers; and its activation functions."""

from __future__ import annotations

from cnncalc.kinds.base.activated import ending
from cnncalc.kinds.base.function import Function
from cnncalc.spec.objective import FORMULAS
from cnncalc.summary import autoencoder
from cnncalc.summary.rows import Row, Summary

#: dL/dy of one example, by loss.
SLOPES = {
    "squared_error": "y − t",
    "absolute_error": "sign(y − t)",
    "cross_entropy": "−t/y",
    "binary_cross_entropy": "(y − t)/(y·(1 − y))",
}
#: δ of the output where the loss and the activation function fit each other.
MATCHED = {("cross_entropy", "softmax"): "y − t", ("binary_cross_entropy", "sigmoid"): "y − t"}


def objective(summary: Summary) -> list[str]:
    """L, with sparsity KL and J, and the deltas by which they are made small; nothing without an objective."""
    stated = summary.network.objective
    if stated is None:
        return []
    autoencoded = "encoder" in summary.network.lists
    formula = FORMULAS[stated.loss].replace("y − t", "x − x̂") if autoencoded else FORMULAS[stated.loss]
    bracketed = f"({formula})" if formula.startswith("−") else formula
    share = "1/m·" if stated.reduction == "mean" else ""
    found = [f"L = {share}Σ {bracketed} over m examples"]
    row = autoencoder.watched(summary)
    if stated.sparsity is not None and row is not None:
        p, weight = f"{stated.sparsity.target:g}", f"{stated.sparsity.weight:g}"
        found += [
            f"KL(p ‖ p̂_j) = p·ln(p/p̂_j) + (1 − p)·ln((1 − p)/(1 − p̂_j)), p = {p}, "
            f"p̂_j the mean of unit j of {row.name} over the examples",
            f"J = L + λ·Σ_j KL(p ‖ p̂_j), λ = {weight}",
        ]
    found += _deltas(summary, stated.loss, row)
    return [*found, f"dL/dW = {share}Σ δ·(what the layer reads) over the examples, dL/db = {share}Σ δ"]


def _deltas(summary: Summary, loss: str, row: Row | None) -> list[str]:
    """δ, the gradient by the sums before an activation function, of the output and of the layer kept sparse."""
    found = []
    if len(summary.outputs) == 1:
        last = summary.rows_by_name[next(iter(summary.outputs))]
        function = ending(last.layer.kind)
        name = "" if function is None else function.word()
        delta = MATCHED.get((loss, name)) or _through(SLOPES[loss], function)
        target = ", t = x the input" if "encoder" in summary.network.lists else ""
        found.append(f"δ of {last.name} = {delta}, for every example{target}")
    if row is not None and summary.network.objective and summary.network.objective.sparsity:
        weight = "λ" if summary.network.objective.reduction == "mean" else "λ/m"
        sum_of = f"Σ_k w_jk·δ_k + {weight}·(−p/p̂_j + (1 − p)/(1 − p̂_j))"
        found.append(
            f"δ_j of {row.name} = {_through(sum_of, ending(row.layer.kind))}, for every example, k in the layer above"
        )
    return found


def _through(slope: str, function: Function | None) -> str:
    """The slope times dy/dx."""
    if function is None or function.derivative == "1":
        return slope
    return f"({slope})·dy/dx" if function.over_channels else f"({slope})·{_factor(function.derivative)}"


def _factor(formula: str) -> str:
    return formula if formula.startswith("y·(") else f"({formula})"


def functions(rows: list[Row]) -> list[str]:
    """Each activation function of the rows once, with its derivative: ``sigmoid: y = 1/(1 + exp(−x)), dy/dx = ...``."""
    found = {}
    for row in rows:
        function = ending(row.layer.kind)
        if function is not None and function.word() != "linear":
            found[function.word()] = f"{function.word()}: y = {formula(type(function))}; {derivative(type(function))}"
    return list(found.values())


def formula(function: type[Function]) -> str:
    """What a function gives, as its docstring says."""
    return " ".join((function.__doc__ or "").split()).rstrip(".")


def derivative(function: type[Function]) -> str:
    """``dy/dx = y·(1 − y)``."""
    return function.derivative if function.over_channels else f"dy/dx = {function.derivative}"
