"""The forward and the backward pass of a network, layer by layer.

Results have the type of the arrays: float64 for float64.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from cnncalc.engine import kernels
from cnncalc.engine import weights as learned
from cnncalc.engine.arrays import Array, Weights
from cnncalc.engine.kernels.activation import activate, activate_backward
from cnncalc.engine.reference import check_sizes
from cnncalc.engine.train.objective import Slopes
from cnncalc.errors import EngineError, Problem, SpecError
from cnncalc.kinds.base.activated import added

if TYPE_CHECKING:
    from cnncalc.summary.rows import Row, Summary


class Forward(NamedTuple):
    """A forward pass: the inputs, then the output of each layer; and each layer's ``sums`` before its activation.

    ``back``: the chain rule of the layers that behave differently in training, by the number of their row;
    ``changes``: the new values of weights that no gradient teaches, such as moving means.
    """

    values: list[Array]
    sums: list[Array]
    inputs: int
    back: dict[int, Callable[[Array], kernels.Gradients]]
    changes: Weights

    def of(self, row: Row) -> Array:
        """The output of a layer."""
        return self.values[self.inputs + row.index]


class Back(NamedTuple):
    """Backpropagated gradients: dL/d(weight) by ``layer/weight``; dL/d(output) of each layer and dL/d(input) of each
    input, None if the loss does not depend on it.
    """

    weights: Weights
    outputs: list[Array | None]
    inputs: list[Array | None]


class Backpropagation:
    """The forward and the backward pass of a network.

    Raises SpecError with every layer that has no gradient.
    """

    def __init__(self, summary: Summary) -> None:
        self.summary, self.first = summary, len(summary.inputs)
        self.forwards = [kernels.find(row.layer.kind) for row in summary.rows]
        self.backwards = _rules(summary.rows)

    def forward(
        self, arrays: Mapping[str, Array], xs: Sequence[Array], random: np.random.Generator | None = None
    ) -> Forward:
        """The values for inputs ``[batch, spatial..., channels]``; with ``random``, those of a training step."""
        done = Forward(list(xs), [], self.first, {}, {})
        for row, kernel in zip(self.summary.rows, self.forwards, strict=True):
            own = learned.of(self.summary, row, arrays)
            operands = [done.values[source] for source in row.layer.sources]
            learning = kernels.find_while_training(row.layer.kind) if random and row.layer.trainable else None
            wanted = any(source >= self.first for source in row.layer.sources)  # nothing learns from dL/d(input)
            if learning is None:
                sums = kernel(row.layer.kind, own, *operands)
            else:
                sums, done.back[row.index], changes = learning(row.layer.kind, own, operands, random, wanted=wanted)
                done.changes.update({f"{row.name}/{name}": array for name, array in changes.items()})
            check_sizes(row, sums, len(xs[0]))
            function = added(row.layer.kind)
            done.sums.append(sums)
            done.values.append(sums if function is None else activate(function, sums))
        return done

    def backward(self, arrays: Mapping[str, Array], done: Forward, begin: Slopes) -> Back:
        """The chain rule from the last layer to the first."""
        found: Weights = {}
        slopes: list[Array | None] = [None] * len(done.values)
        for index, slope in begin.outputs.items():
            slopes[self.first + index] = slope
        for row in reversed(self.summary.rows):
            dy = slopes[self.first + row.index]
            if dy is None:
                continue
            dxs, own = self._layer(row, arrays, done, dy, begin.sums.get(row.index))
            learned.of_backward(self.summary, row, arrays, own, found)
            for source, dx in zip(row.layer.sources, dxs, strict=True):
                if dx is not None:
                    before = slopes[source]
                    slopes[source] = dx if before is None else before + dx
        return Back(found, slopes[self.first :], slopes[: self.first])

    def _layer(
        self, row: Row, arrays: Mapping[str, Array], done: Forward, dy: Array, dsums: Array | None
    ) -> kernels.Gradients:
        """The chain rule through one layer: its activation, then its kernel. ``dsums`` is already through the first."""
        kind, xs = row.layer.kind, [done.values[source] for source in row.layer.sources]
        function, sums = added(kind), done.sums[row.index]
        if dsums is None:
            dsums = dy if function is None else activate_backward(function, sums, done.of(row), dy)
        elif function is None:  # the layer is the activation
            return [dsums], {}
        if row.index in done.back:
            return done.back[row.index](dsums)
        return self.backwards[row.index](kind, learned.of(self.summary, row, arrays), xs, sums, dsums)

    def by_step(self, row: Row, arrays: Mapping[str, Array], done: Forward, dy: Array | None) -> dict[str, Array]:
        """The norm of dL/d(state) at each step of a recurrent layer, by direction and layer; empty for other layers."""
        measure = kernels.find_by_step(row.layer.kind)
        if measure is None or dy is None:
            return {}
        xs = [done.values[source] for source in row.layer.sources]
        return measure(row.layer.kind, learned.of(self.summary, row, arrays), xs, dy)


def _rules(rows: Sequence[Row]) -> list[kernels.Backward]:
    found, problems = [], []
    for row in rows:
        try:
            found.append(kernels.find_backward(row.layer.kind))
        except EngineError as error:
            problems.append(Problem(f'"{row.name}": {error}', row.layer.mark))
    if problems:
        raise SpecError(problems)
    return found
