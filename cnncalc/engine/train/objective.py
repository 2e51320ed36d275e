"""The objective of training: ``J = L + λ Σ KL(p ‖ p̂_j)``, L the mean (or the sum) of the examples' losses.

The gradient of J by what the code gives is, for each of m examples, that of its own loss and
``λ(−p/p̂ + (1 − p)/(1 − p̂))``, both divided by m: the delta of Ng, CS294A Sparse autoencoder.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from cnncalc.engine import stated
from cnncalc.engine.arrays import Array, inward
from cnncalc.errors import SpecError
from cnncalc.kinds.activation import LogSoftmax, Sigmoid, Softmax
from cnncalc.kinds.base.activated import ending
from cnncalc.spec.objective import FORMULAS, LOSSES, Objective
from cnncalc.summary import autoencoder

if TYPE_CHECKING:
    from cnncalc.spec.objective import Sparsity
    from cnncalc.summary.rows import Row, Summary

TINY = float(np.finfo(np.float64).tiny)  # least argument of a logarithm, and least divisor


def kl(target: float, mean: Any) -> Any:
    """``KL(p ‖ p̂) = p ln(p/p̂) + (1 − p) ln((1 − p)/(1 − p̂))`` in nats: how far shares ``mean`` are from ``target``.

    Infinite where a share is 0 or 1.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        return target * np.log(target / mean) + (1 - target) * np.log((1 - target) / (1 - mean))


def kl_slope(target: float, mean: Any) -> Any:
    """The derivative of :func:`kl` by ``mean``: ``−p/p̂ + (1 − p)/(1 − p̂)``."""
    with np.errstate(divide="ignore"):
        return -target / mean + (1 - target) / (1 - mean)


class Loss(NamedTuple):
    """``each``: the loss of each number of an output, from (y, t); ``slope``: its derivative by y."""

    each: Callable[[Array, Array], Array]
    slope: Callable[[Array, Array], Array]


def _log(y: Array) -> Array:
    return np.log(np.maximum(y, TINY))


_LOSSES = {
    "squared_error": Loss(lambda y, t: (y - t) ** 2 / 2, lambda y, t: y - t),
    "absolute_error": Loss(lambda y, t: np.abs(y - t), lambda y, t: np.sign(y - t)),
    "cross_entropy": Loss(lambda y, t: -t * _log(y), lambda y, t: -t / np.maximum(y, TINY)),
    "binary_cross_entropy": Loss(
        lambda y, t: -t * _log(y) - (1 - t) * _log(1 - y), lambda y, t: (y - t) / np.maximum(y * (1 - y), TINY)
    ),
}
#: For the logarithms from log_softmax.
_OF_LOGARITHMS = Loss(lambda y, t: -t * y, lambda y, t: -t)


class Reached(NamedTuple):
    """An objective on given data.

    ``formula`` is that of the loss of one example, ``total_loss`` is L summed over the ``examples``; ``correct`` the
    share of labels predicted correctly, None without labels; ``means`` the p̂_j of the layer kept sparse.
    """

    stated: Objective
    formula: str
    total_loss: float
    examples: int
    correct: float | None
    means: Array

    @property
    def loss(self) -> float:
        """L: the mean over the examples, or the sum."""
        return self.total_loss / (self.examples if self.stated.reduction == "mean" else 1)

    @property
    def sparsity(self) -> Sparsity | None:
        return self.stated.sparsity

    @property
    def divergence(self) -> float:
        """``Σ KL(p ‖ p̂_j)``; 0 without a sparsity term."""
        return float(np.sum(kl(self.sparsity.target, self.means))) if self.sparsity else 0.0

    @property
    def total(self) -> float:
        """J."""
        return self.loss + (self.sparsity.weight * self.divergence if self.sparsity else 0.0)


def together(parts: list[Reached]) -> Reached:
    """The objective of all examples, from those of its parts."""
    counts = np.array([part.examples for part in parts], float)
    shares = counts / counts.sum()
    correct = None
    if parts[0].correct is not None:
        correct = float(sum(share * (part.correct or 0.0) for share, part in zip(shares, parts, strict=True)))
    loss = float(sum(part.total_loss for part in parts))
    return Reached(
        parts[0].stated, parts[0].formula, loss, int(counts.sum()), correct,
        sum((share * part.means for share, part in zip(shares, parts, strict=True)), np.zeros_like(parts[0].means)),
    )  # fmt: skip


class Slopes(NamedTuple):
    """Where the chain rule begins: dJ/d(output) by the number of a row. ``sums`` holds dJ/d(what its activation reads)
    where that is known without it, as ``y − t`` of a softmax and its cross-entropy.
    """

    outputs: dict[int, Array]
    sums: dict[int, Array]


class Goal:
    """The objective of a network.

    Raises SpecError if the network cannot be trained for it: several outputs, or one that its loss cannot compare.
    """

    def __init__(self, summary: Summary) -> None:
        self.stated = summary.network.objective or Objective(LOSSES[0], "mean", None)
        self.row, self.sparse = _output(summary), sparse(summary)
        function = ending(self.row.layer.kind)
        self.loss, self.formula = _LOSSES[self.stated.loss], FORMULAS[self.stated.loss]
        if "encoder" in summary.network.lists:  # as autoencoders are written: x̂ is to be x
            self.formula = self.formula.replace("y − t", "x − x̂")
        if self.stated.loss == "cross_entropy" and isinstance(function, LogSoftmax):
            self.loss = _OF_LOGARITHMS
        self.matched = (self.stated.loss, type(function)) in (
            ("cross_entropy", Softmax), ("binary_cross_entropy", Sigmoid)
        )  # fmt: skip
        _check_loss(self.stated.loss, self.row)

    def reached(self, y: Array, target: Array, code: Array | None = None) -> Reached:
        """The objective for the output ``y`` and its ``target``; ``code`` is the output of the layer kept sparse."""
        total = float(np.sum(self.loss.each(y.astype(np.float64), target)))
        return Reached(
            self.stated,
            self.formula,
            total,
            len(y),
            self._correct(y, target),
            np.empty(0) if code is None else means(code),
        )

    def slopes(self, y: Array, target: Array, code: Array | None = None) -> Slopes:
        """The gradient of the objective by the output, and by the layer kept sparse."""
        share = 1 / len(y) if self.stated.reduction == "mean" else 1.0
        target = target.astype(y.dtype, copy=False)
        found = Slopes({self.row.index: share * self.loss.slope(y, target)}, {})
        if self.matched:
            summed = target.sum(axis=-1, keepdims=True) if self.stated.loss == "cross_entropy" else 1.0
            found.sums[self.row.index] = share * (y * summed - target)
        if self.sparse is not None and self.stated.sparsity and code is not None:
            _, aim, weight, _ = self.stated.sparsity
            slope = weight * kl_slope(aim, means(code)) / math.prod(code.shape[:-1])
            before = found.outputs.get(self.sparse.index, np.zeros_like(code))
            found.outputs[self.sparse.index] = before + slope
        return found

    def _correct(self, y: Array, target: Array) -> float | None:
        if self.stated.loss == "cross_entropy":
            return float(np.mean(y.argmax(axis=-1) == target.argmax(axis=-1)))
        labels = self.stated.loss == "binary_cross_entropy" and ((target == 0) | (target == 1)).all()
        return float(np.mean((y > 0.5) == (target > 0.5))) if labels else None

    def as_target(self, summary: Summary, given: Array, examples: int, what: str = "the target") -> Array:
        """``given`` as float64 ``[batch, spatial..., channels]``. Raises SpecError if it does not fit.

        Whole numbers, one for each example or position, are the labels of a cross-entropy.
        """
        sizes = tuple(self.row.output.written(summary.layout))
        entropy = self.stated.loss == "cross_entropy"
        positions, classes = tuple(self.row.output.sizes[:-1]), int(self.row.output.sizes[-1])
        whole = given.dtype.kind in "iub" or (given.dtype.kind == "f" and bool((given == np.floor(given)).all()))
        if entropy and whole and given.shape in ((examples, *positions), (examples, *positions, 1)):
            return _one_hot(given.reshape(examples, *positions), classes, what)
        if given.shape == sizes and examples == 1:
            given = given[None]
        if sizes == (1,) and given.shape == (examples,):
            given = given[:, None]
        if given.shape != (examples, *sizes):
            got, wanted = ("×".join(map(str, each)) or "one number" for each in (given.shape, (examples, *sizes)))
            listed = "×".join(map(str, (examples, *positions)))
            labels = f", or the labels: whole numbers, {listed} of them" if entropy else ""
            lacks = given.dtype.kind in "iu" and given.shape == (examples,) and not entropy
            help = "labels need objective: {loss: cross_entropy}" if lacks else f"{wanted}{labels}"
            raise SpecError(f"{what} is {got}; the output needs {wanted}", help=help)
        if given.dtype.kind not in "fiub" or not np.isfinite(given).all():
            raise SpecError(f"{what} has a number that is not finite")
        doubles = given.astype(np.float64)
        if self.stated.loss.endswith("cross_entropy") and (doubles.min() < 0 or doubles.max() > 1):
            held = f"{what} holds {doubles.min():g} to {doubles.max():g}"
            raise SpecError(f"{held}; {self.stated.loss} compares shares of 0 to 1")
        return inward(doubles, summary.layout)


def _one_hot(labels: Array, classes: int, what: str) -> Array:
    """1 at the place of each label. Raises SpecError if a label is out of range."""
    if labels.min() < 0 or labels.max() >= classes:
        wrong = labels.min() if labels.min() < 0 else labels.max()
        raise SpecError(f"{what} has the label {wrong}; the output has {classes} classes, 0 to {classes - 1}")
    return np.eye(classes)[labels.astype(np.intp)]


def _output(summary: Summary) -> Row:
    """The row of the one output. Raises SpecError if there are several."""
    if len(summary.outputs) != 1:
        names = ", ".join(summary.outputs)
        text = f"an objective needs a single output; this network has {len(summary.outputs)} ({names})"
        raise SpecError(text, mark=summary.network.mark, help="let a layer read the others, or remove them")
    return summary.rows_by_name[next(iter(summary.outputs))]


def _check_loss(loss: str, row: Row) -> None:
    """Raise SpecError if ``loss`` cannot compare the output of ``row``."""
    function = ending(row.layer.kind)
    if loss == "cross_entropy" and not isinstance(function, (Softmax, LogSoftmax)):
        text = f'cross_entropy compares shares that add up to 1; "{row.name}" does not end in a softmax'
        raise SpecError(text, mark=row.layer.mark, help="activation: softmax")
    if loss == "binary_cross_entropy" and not (function and function.gives_shares()):
        text = f'binary_cross_entropy compares shares between 0 and 1; "{row.name}" may give others'
        raise SpecError(text, mark=row.layer.mark, help="activation: sigmoid")


def sparse(summary: Summary) -> Row | None:
    """The row that the objective keeps sparse, or None. Raises SpecError if its means are not between 0 and 1."""
    row = autoencoder.watched(summary)
    if row is not None and not autoencoder.has_shares(row):
        text = f"{row.name}: sparsity needs activations between 0 and 1; KL(p ‖ p̂) has no value for others"
        raise SpecError(text, mark=row.layer.mark, help=f"an activation of {', '.join(autoencoder.SHARES)}")
    return row


def given_or_input(summary: Summary, feeds: Mapping[str, Array], target: Array | None) -> Array:
    """The target, or the one that the spec states, or the input if the network reconstructs it.

    Raises SpecError if it cannot.
    """
    batch = len(next(iter(feeds.values())))
    target = stated.target(summary, batch) if target is None else target
    if target is not None:
        return target
    text = autoencoder.incomparable(summary)
    if text:
        help = "a target, or a last layer with the size of the input"
        raise SpecError(text, mark=summary.network.mark, help=help)
    return next(iter(feeds.values()))


def means(y: Array) -> Array:
    """``p̂_j``: the mean of each unit (or channel) of ``[batch, ..., units]`` over examples and positions."""
    return np.asarray(np.mean(y, axis=tuple(range(y.ndim - 1)), dtype=np.float64))
