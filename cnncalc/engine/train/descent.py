"""Training of dense autoencoders: J = L + λ Σ KL(p ‖ p̂_j) is made small by gradient descent.

The steps are Adam's (Kingma & Ba 2015) on the gradient of J for each example of a batch, with a rate that falls to
zero along a half cosine, so that the last steps settle. Numbers are float64; the same seed gives the same ones.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from cnncalc.engine import inputs, model
from cnncalc.engine.arrays import Array
from cnncalc.engine.planning import memory
from cnncalc.engine.train import objective
from cnncalc.engine.train.chain import Chain
from cnncalc.engine.train.objective import Reached
from cnncalc.errors import Interrupted, NoSolution, UsageError
from cnncalc.summary import autoencoder

if TYPE_CHECKING:
    from cnncalc.limits import Limits
    from cnncalc.summary.rows import Summary

FIRST, SECOND, TINY = 0.9, 0.99, 1e-8  # Adam's memories, the second short for small data; no division by zero


class Settings(NamedTuple):
    """How to train: ``noise`` is the standard deviation of what is added to the inputs, and never to the targets."""

    epochs: int = 300
    rate: float = 0.01
    batch: int = 32
    noise: float = 0.0
    seed: int = 0


class Principal(NamedTuple):
    """The squared error of PCA with as many ``components`` as the code has numbers, and the network's, both ½Σ‖x − x̂‖²
    on the data without noise.
    """

    components: int
    error: float
    network: float


class Trained(NamedTuple):
    """What training came to: the objective before it and after each epoch, the weights, and PCA if it was asked for."""

    summary: Summary
    settings: Settings
    examples: int
    curve: list[Reached]
    weights: dict[str, Array]
    principal: Principal | None


def train(
    summary: Summary,
    data: str,
    weights: str | None,
    settings: Settings,
    limits: Limits,
    *,
    compare: bool = False,
    progress: Callable[[int, int, str], None] | None = None,
) -> Trained:
    """Train on the examples of the file ``data``, from the weights of a file or by seed.

    Raises SpecError for a network or data that do not fit, NoSolution where the objective stops being a number,
    Interrupted where the user stops it.
    """
    model.check_known(summary)
    chain = Chain(summary)
    components = _components(summary) if compare else 0
    x = _read(summary, data, limits)
    start = model.build(summary, weights, settings.seed, limits, "reference").arrays  # the fast one folds its own
    arrays = {name: array.astype(np.float64) for name, array in start.items()}
    curve = _followed(descent(chain, arrays, x, settings), settings.epochs, progress or (lambda *_: None))
    saved = {name: array.astype(np.float32) for name, array in arrays.items()}
    error = objective.squared_error(x, chain.forward(arrays, x)[-1])
    principal = Principal(components, pca(x, components), error) if compare else None
    return Trained(summary, settings, len(x), curve, saved, principal)


def _followed(steps: Iterator[Reached], epochs: int, progress: Callable[[int, int, str], None]) -> list[Reached]:
    """Every objective of ``steps``, each told to ``progress``."""
    curve: list[Reached] = []
    try:
        with np.errstate(all="ignore"):  # what is not finite is refused
            for number, reached in enumerate(steps):
                curve.append(reached)
                if not np.isfinite(reached.total):
                    raise NoSolution(f"after epoch {number} the objective is {reached.total}", help="a smaller rate")
                progress(number, epochs, f"epochs, J = {reached.total:.6g}")
    except KeyboardInterrupt:
        done = max(0, len(curve) - 1)
        raise Interrupted(f"interrupted after {done} of {epochs} epochs; nothing was written") from None
    return curve


def _read(summary: Summary, path: str, limits: Limits) -> Array:
    (feed,) = inputs.feeds(summary, [("", path)], 0).values()
    if feed.batch is None:
        raise UsageError(f'the data "{path}" is not a file', help="examples to learn from, as an .npy or .npz file")
    count = feed.batch
    memory.check(memory.training(summary, count), limits.memory, "fewer examples")
    return feed.load(count).astype(np.float64)


def descent(chain: Chain, arrays: dict[str, Array], x: Array, settings: Settings) -> Iterator[Reached]:
    """Steps on ``arrays`` in place; the objective before the first epoch and after each, always under one noise."""
    random = np.random.default_rng(settings.seed)
    seen = _noisy(x, settings.noise, random)
    free = [full for link in chain.links if link.row.layer.trainable for full in link.own.values()]
    step = _adam(arrays, free)
    batches = -(-len(x) // settings.batch)
    yield chain.measure(arrays, seen, x)
    for epoch in range(settings.epochs):
        for number, chosen in enumerate(np.array_split(random.permutation(len(x)), batches)):
            target = x[chosen]
            share = len(target) / len(x)  # of the whole penalty, so that the parts of J add up to J
            part = chain.sparsity and chain.sparsity._replace(weight=chain.sparsity.weight * share)
            found = chain.gradients(arrays, _noisy(target, settings.noise, random), target, part)
            done = (epoch + number / batches) / settings.epochs
            step(found, len(target), settings.rate * (1 + np.cos(np.pi * done)) / 2)
        yield chain.measure(arrays, seen, x)


def _noisy(x: Array, noise: float, random: np.random.Generator) -> Array:
    return x + noise * random.standard_normal(x.shape) if noise else x


def _adam(arrays: dict[str, Array], free: list[str]) -> Callable[[dict[str, Array], int, float], None]:
    """A step of Adam on the arrays called ``free``: (gradients, summed over how many examples, rate)."""
    memories = {name: (np.zeros_like(arrays[name]), np.zeros_like(arrays[name])) for name in free}
    steps = 0

    def step(found: dict[str, Array], examples: int, rate: float) -> None:
        nonlocal steps
        steps += 1
        for name, (mean, square) in memories.items():
            gradient = found[name] / examples
            mean += (1 - FIRST) * (gradient - mean)
            square += (1 - SECOND) * (gradient * gradient - square)
            size = np.sqrt(square / (1 - SECOND**steps)) + TINY
            arrays[name] -= rate / (1 - FIRST**steps) * mean / size

    return step


def _components(summary: Summary) -> int:
    """How many numbers the code has. Raises UsageError where there is no code."""
    code = autoencoder.code(summary)
    if code is None:
        raise UsageError(
            "a comparison with PCA needs the size of the code", help="write encoder: and decoder: for layers:"
        )
    return int(code.numbers)


def pca(x: Array, components: int) -> float:
    """``½ Σ ‖x − x̂‖²`` of the best that so many principal components can do (Eckart & Young 1936): half the sum of
    the other squared singular values of the centred data.
    """
    values = np.linalg.svd(x - x.mean(axis=0), compute_uv=False)
    return float(np.sum(values[components:] ** 2) / 2)
