"""What an autoencoder is trained for: ``objective: {loss: squared_error, sparsity: {layer: code, target: 0.05}}``."""

from __future__ import annotations

from typing import NamedTuple

from cnncalc.errors import Mark, Problem, SpecError
from cnncalc.spec import values
from cnncalc.spec.node import Mapping, Node, Scalar
from cnncalc.spec.values import BadValue, Context, unknown_keys

#: The losses of one example, y the output and t the target; the first is meant where none is named.
FORMULAS = {
    "squared_error": "½·‖y − t‖²",
    "absolute_error": "Σ|y − t|",
    "cross_entropy": "−Σ t·ln y",
    "binary_cross_entropy": "−Σ [t·ln y + (1 − t)·ln(1 − y)]",
}
LOSSES = tuple(FORMULAS)
REDUCTIONS = ("mean", "sum")
FORM = "objective: {loss: squared_error, sparsity: {layer: code, target: 0.05, weight: 0.1}}"


class Sparsity(NamedTuple):
    """``weight · Σ KL(target ‖ p̂_j)`` over the units j of ``layer``, p̂_j the mean of unit j over the examples."""

    layer: str
    target: float
    weight: float
    mark: Mark


class Objective(NamedTuple):
    """What training makes small: the mean or the sum over the examples of the ``loss`` and, where there is one, a term
    for sparsity.
    """

    loss: str
    reduction: str
    sparsity: Sparsity | None


def read(node: Node, context: Context) -> Objective:
    """The objective that ``node`` holds. Raises SpecError."""
    objective = _mapping(node, "objective", ("loss", "reduction", "sparsity"))
    loss, reduction = (objective.items.get(key) for key in ("loss", "reduction"))
    sparsity = objective.items.get("sparsity")
    return Objective(
        values.word(loss, context, "loss", LOSSES) if loss else LOSSES[0],
        values.word(reduction, context, "reduction", REDUCTIONS) if reduction else REDUCTIONS[0],
        _sparsity(sparsity, context) if sparsity else None,
    )


def _sparsity(node: Node, context: Context) -> Sparsity:
    sparsity = _mapping(node, "sparsity", ("layer", "target", "weight"))
    layer, target, weight = (sparsity.items.get(key) for key in ("layer", "target", "weight"))
    if not isinstance(layer, Scalar):
        raise BadValue("sparsity needs the name of a layer", node.mark, FORM)
    share = values.real(target, context, "target") if target else 0.05
    factor = values.real(weight, context, "weight") if weight else 1.0
    if target and not 0 < share < 1:
        raise values.expected("target", target, "a number between 0 and 1, such as 0.05")
    if weight and factor < 0:
        raise values.expected("weight", weight, "a number of 0 or more")
    return Sparsity(layer.text, share, factor, layer.mark)


def _mapping(node: Node, what: str, keys: tuple[str, ...]) -> Mapping:
    if not isinstance(node, Mapping):
        raise values.expected(what, node, f"a mapping of {', '.join(keys)}", FORM)
    problems: list[Problem] = []
    unknown_keys(node, keys, what, problems)
    if problems:
        raise SpecError(problems)
    return node
