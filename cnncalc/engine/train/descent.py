"""Training by gradient descent: the objective is minimized batch by batch.

Numbers are float64, or float32 on request; the same seed gives the same ones.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from cnncalc.engine import initial, model
from cnncalc.engine import weights as learned
from cnncalc.engine.arrays import Array
from cnncalc.engine.train import data as examples
from cnncalc.engine.train.data import Data
from cnncalc.engine.train.learner import Inputs, Learner, chunks
from cnncalc.engine.train.objective import Reached
from cnncalc.engine.train.optimizers import DECAYS
from cnncalc.engine.train.pretrain import smalls
from cnncalc.engine.train.principal import Principal, components, pca, squared_error
from cnncalc.engine.weights import Partly
from cnncalc.errors import CnncalcError, EngineError, Interrupted, NoSolution

if TYPE_CHECKING:
    from cnncalc.limits import Limits
    from cnncalc.summary.rows import Summary

#: Called with the number of finished epochs, their total, and the objective as text.
Progress = Callable[[int, int, str], None]


class Settings(NamedTuple):
    """How to train: ``noise`` is the standard deviation of noise on the inputs, but not on the targets."""

    epochs: int = 300
    rate: float = 0.01
    batch: int = 32
    noise: float = 0.0
    seed: int = 0
    optimizer: str = "adam"
    decay: str = "cosine"
    dtype: str = "float64"


class Pretrained(NamedTuple):
    """The objective of one layer's own autoencoder, before its training and after it."""

    layer: str
    before: float
    after: float


class Trained(NamedTuple):
    """The result of training: the objective before it and after each epoch, the weights, and PCA on request.

    ``stopped``: why it ended early; the weights are then the best so far, those after epoch ``best``. ``stages``: the
    layers that were pre-trained. ``partly``: the weights taken from a file that also holds others.
    """

    summary: Summary
    settings: Settings
    examples: int
    curve: list[Reached]
    weights: dict[str, Array]
    principal: Principal | None
    best: int
    stopped: CnncalcError | None
    stages: list[Pretrained]
    partly: Partly | None

    @property
    def grew(self) -> bool:
        """Whether the objective is larger at the end than at the beginning, or much larger than it was in between."""
        totals = [reached.total for reached in self.curve]
        return self.stopped is None and totals[-1] > min(totals[0], 1.5 * min(totals))

    def stopped_with(self, help: str) -> CnncalcError:
        """Why it ended early, which weights are kept, and what to do."""
        assert self.stopped is not None
        found = f"the best weights so far are those after epoch {self.best}, J = {self.curve[self.best].total:.6g}"
        problem = self.stopped.problems[0]
        tried = ", or ".join([*([problem.help] if problem.help else []), help])
        return type(self.stopped)(f"{problem.text}; {found}", help=tried)


def train(
    summary: Summary,
    data: str | None,
    weights: str | Mapping[str, Any] | None,
    settings: Settings,
    limits: Limits,
    *,
    target: str | None = None,
    compare: bool = False,
    pretrain: bool = False,
    partial: bool = False,
    progress: Progress | None = None,
) -> Trained:
    """Train on the examples in the file ``data``, or by default on those in the spec; starting from the weights of
    a file, from arrays, or by seed.

    ``target`` is a file with their targets. ``pretrain``: first train each layer by itself. ``partial``:
    take the weights that fit by name from the file, draw the rest. Raises SpecError for a network or data that
    do not fit. An error that ends training early is returned, not raised, with the best weights so far.
    """
    model.check_known(summary)
    show = progress or (lambda *_: None)
    partly = None
    if partial and isinstance(weights, str):
        partly = learned.fitting(summary, weights, limits)
        weights = initial.initial(summary, settings.seed) | partly.taken
    start = model.build(summary, weights, settings.seed, limits, "reference").arrays  # the fast one folds its own
    learner = Learner(
        summary, {name: array.astype(settings.dtype) for name, array in start.items()}, settings.optimizer
    )
    count = components(summary) if compare else 0
    given = examples.read(summary, learner.goal, data, target, settings.batch, limits).cast(settings.dtype)
    passed, stopped = _pretrained(learner, given, settings, limits, show) if pretrain else ([], None)
    if stopped is None:
        curve, best, stopped = followed(learner, given, settings, show)
    else:
        curve, best = [learner.measure(given.xs, given.target)], 0
    if not curve:
        raise stopped or Interrupted("interrupted before the first epoch")
    principal = None
    if compare and not stopped:
        error = squared_error(given.target, learner.outputs(given.xs, learner.goal.row))
        principal = Principal(count, pca(given.target, count), error)
    saved = {name: array.astype(np.float32) for name, array in learner.arrays.items()}
    return Trained(summary, settings, given.examples, curve, saved, principal, best, stopped, passed, partly)


def _pretrained(
    learner: Learner, data: Data, settings: Settings, limits: Limits, progress: Progress
) -> tuple[list[Pretrained], CnncalcError | None]:
    """Train each layer by itself; return the result of each, and the error that ended it early, if any."""
    passed: list[Pretrained] = []
    for small in smalls(learner, data, settings.seed, settings.optimizer, limits):
        name = small.stage.row.name

        def told(number: int, count: int, text: str, name: str = name) -> None:
            progress(number, count, f"{text} ({name} by itself)")

        curve, _, stopped = followed(small.learner, small.data, settings, told)
        if curve:
            passed.append(Pretrained(name, curve[0].total, curve[-1].total))
        if stopped is not None:
            return passed, stopped
    return passed, None


def followed(
    learner: Learner, data: Data, settings: Settings, progress: Progress
) -> tuple[list[Reached], int, CnncalcError | None]:
    """Every objective of a descent, the epoch of the weights that the learner ends with, and the error that ended it
    early; in that case the weights are the best so far.
    """
    curve: list[Reached] = []
    kept: tuple[int, dict[str, Array]] = (0, {})
    stopped: CnncalcError | None = None
    try:
        with np.errstate(all="ignore"):  # numbers that are not finite are refused below
            for number, reached in enumerate(descent(learner, data, settings)):
                curve.append(reached)
                if not np.isfinite(reached.total):
                    text = f"after epoch {number} the objective is {reached.total}"
                    stopped = NoSolution(text, help="a smaller rate")
                    break
                if reached.total <= min(each.total for each in curve):
                    kept = number, {name: array.copy() for name, array in learner.arrays.items()}
                progress(number, settings.epochs, f"epochs, J = {reached.total:.6g}")
    except KeyboardInterrupt:
        stopped = Interrupted(f"interrupted after {max(0, len(curve) - 1)} of {settings.epochs} epochs")
    except MemoryError:
        stopped = NoSolution("there is not enough memory to continue", help="smaller batches")
    except CnncalcError as error:
        stopped = error
    except Exception as error:  # a bug of ours must not lose the weights
        stopped = EngineError(f"{type(error).__name__}: {error}: this is a bug in cnncalc")
    if stopped is None:
        return curve, settings.epochs, None
    learner.arrays.update(kept[1])
    return curve, kept[0], stopped


def descent(learner: Learner, data: Data, settings: Settings) -> Iterator[Reached]:
    """Steps of the learner; the objective before the first epoch and after each, always with the same noise."""
    random, left_out = (np.random.default_rng([settings.seed, number]) for number in range(2))
    seen, count = _noisy(data.xs, settings.noise, random), data.examples
    batches = -(-count // settings.batch)
    yield learner.measure(seen, data.target)
    for epoch in range(settings.epochs):
        order = random.permutation(count)
        for number, part in enumerate(chunks(count, settings.batch)):
            chosen = order[part]
            xs = _noisy([x[chosen] for x in data.xs], settings.noise, random)
            done = (epoch + number / batches) / settings.epochs
            learner.step(xs, data.target[chosen], settings.rate * DECAYS[settings.decay](done), left_out)
        yield learner.measure(seen, data.target)


def _noisy(xs: Inputs, noise: float, random: np.random.Generator) -> Inputs:
    """The inputs with noise, token ids as they are."""
    if not noise:
        return xs
    drawn = [noise * random.standard_normal(x.shape).astype(x.dtype) if x.dtype.kind == "f" else 0 for x in xs]
    return [x + more for x, more in zip(xs, drawn, strict=True)]
