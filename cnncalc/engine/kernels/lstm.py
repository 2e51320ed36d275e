"""The recurrent layer with a cell of its own."""

from __future__ import annotations

import numpy as np

from cnncalc.engine.arrays import Array, Weights
from cnncalc.engine.kernels import Gradients, backward, by_step
from cnncalc.engine.kernels.recurrent import Cell, Step, of_state, of_state_backward, run, run_backward, sigmoid
from cnncalc.kinds.lstm import Lstm


def lstm(kind: Lstm, weights: Weights, x: Array, *states: Array) -> Array:
    """Gates side by side in the order i f g o."""
    return run(kind, weights, x, states, _cell)


def _cell(own: Weights, state: list[Array]) -> Cell:
    h, c = state
    size, projection = c.shape[-1], own.get("projection_kernel")

    def step(inputs: Array) -> tuple[Array, Array]:
        gates = of_state(own, h)
        gates += inputs
        i, f, g, o = split(gates)
        sigmoid(gates[:, : 2 * size])
        np.tanh(g, out=g)
        sigmoid(o)
        np.multiply(c, f, out=c)
        np.add(c, i * g, out=c)
        if projection is not None:
            return np.matmul(o * np.tanh(c), projection, out=h), gates
        return np.multiply(o, np.tanh(c), out=h), gates

    return step


def split(gates: Array) -> list[Array]:
    """i, f, g and o, views of ``[batch, ..., 4h]``."""
    return np.split(gates, 4, axis=-1)


@backward(Lstm)
def lstm_backward(kind: Lstm, weights: Weights, xs: list[Array], y: Array, dy: Array) -> Gradients:
    return run_backward(kind, weights, xs, dy, _cell, _back).gradients


@by_step(Lstm)
def lstm_by_step(kind: Lstm, weights: Weights, xs: list[Array], dy: Array) -> dict[str, Array]:
    return run_backward(kind, weights, xs, dy, _cell, _back).by_step


def _back(own: Weights, step: Step, dstate: list[Array], found: Weights) -> tuple[Array, list[Array]]:
    """Through ``h = o·tanh(c)`` and ``c = f·c_prev + i·g`` to the sums of the gates."""
    (h_before, c_before), (_, c), (dh, dc) = step.before, step.after, dstate
    _, f, _, o = split(step.gates)
    shown = np.tanh(c)
    if "projection_kernel" in own:
        found["projection_kernel"] += (o * shown).T @ dh
        dh = dh @ own["projection_kernel"].T
    dsums, dc = sums_backward(step.gates, c_before, shown, dh, dc)
    return dsums, [of_state_backward(own, h_before, dsums, found), dc * f]


def sums_backward(gates: Array, c_before: Array, shown: Array, dh: Array, dc: Array) -> tuple[Array, Array]:
    """The gradients by the sums of the gates i f g o, and by the new cell; ``shown`` is tanh(c)."""
    i, f, g, o = split(gates)
    dc = dc + dh * o * (1 - shown * shown)
    parts = [dc * g * i * (1 - i), dc * c_before * f * (1 - f), dc * i * (1 - g * g), dh * shown * o * (1 - o)]
    return np.concatenate(parts, axis=-1), dc
