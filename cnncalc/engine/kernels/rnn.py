"""The plain recurrent layer."""

from __future__ import annotations

import numpy as np

from cnncalc.engine.arrays import Array, Weights
from cnncalc.engine.kernels import Gradients, backward, by_step
from cnncalc.engine.kernels.recurrent import Cell, Step, of_state, of_state_backward, run, run_backward
from cnncalc.kinds.rnn import Rnn


def rnn(kind: Rnn, weights: Weights, x: Array, *states: Array) -> Array:
    """``h = tanh(W x + U h_prev + b)``; ``[batch, T, F]`` to ``[batch, T, h]`` or ``[batch, h]``."""
    return run(kind, weights, x, states, _cell)


def _cell(own: Weights, state: list[Array]) -> Cell:
    (h,) = state

    def step(inputs: Array) -> tuple[Array, None]:
        return np.tanh(of_state(own, h) + inputs, out=h), None

    return step


@backward(Rnn)
def rnn_backward(kind: Rnn, weights: Weights, xs: list[Array], y: Array, dy: Array) -> Gradients:
    return run_backward(kind, weights, xs, dy, _cell, _back).gradients


@by_step(Rnn)
def rnn_by_step(kind: Rnn, weights: Weights, xs: list[Array], dy: Array) -> dict[str, Array]:
    return run_backward(kind, weights, xs, dy, _cell, _back).by_step


def _back(own: Weights, step: Step, dstate: list[Array], found: Weights) -> tuple[Array, list[Array]]:
    """``dL/d(sum) = dL/dh·(1 − h²)``, which U takes back to the step before."""
    (before,), (after,), (dh,) = step.before, step.after, dstate
    dsum = dh * (1 - after * after)
    return dsum, [of_state_backward(own, before, dsum, found)]
