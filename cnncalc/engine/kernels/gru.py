"""The gated recurrent unit."""

from __future__ import annotations

import numpy as np

from cnncalc.engine.arrays import Array, Weights
from cnncalc.engine.kernels import Gradients, backward, by_step
from cnncalc.engine.kernels.recurrent import (
    Cell,
    Maker,
    Step,
    StepBack,
    of_state,
    of_state_backward,
    run,
    run_backward,
    sigmoid,
)
from cnncalc.kinds.gru import Gru


def gru(kind: Gru, weights: Weights, x: Array, *states: Array) -> Array:
    """Gates side by side in the order z r h; r resets before the recurrent product, or after it."""
    return run(kind, weights, x, states, _ways(kind)[0])


@backward(Gru)
def gru_backward(kind: Gru, weights: Weights, xs: list[Array], y: Array, dy: Array) -> Gradients:
    return run_backward(kind, weights, xs, dy, *_ways(kind)).gradients


@by_step(Gru)
def gru_by_step(kind: Gru, weights: Weights, xs: list[Array], dy: Array) -> dict[str, Array]:
    return run_backward(kind, weights, xs, dy, *_ways(kind)).by_step


def _ways(kind: Gru) -> tuple[Maker, StepBack]:
    """The cell of ``kind``, and the way back through it."""
    return (_after, _after_back) if kind.resets_after else (_before, _before_back)


def _before(own: Weights, state: list[Array]) -> Cell:
    (h,) = state
    size = h.shape[-1]
    gates_kernel, kernel = np.split(own["recurrent_kernel"], [2 * size], axis=1)

    def step(inputs: Array) -> tuple[Array, tuple[Array, ...]]:
        gates = sigmoid(h @ gates_kernel + inputs[:, : 2 * size])
        z, r = gates[:, :size], gates[:, size:]
        candidate = np.tanh((r * h) @ kernel + inputs[:, 2 * size :])
        return _mixed(z, h, candidate), (z, r, candidate)

    return step


def _before_back(own: Weights, step: Step, dstate: list[Array], found: Weights) -> tuple[Array, list[Array]]:
    """r resets h before the product with the candidate's columns of U."""
    (h,), (z, r, candidate), (dh,) = step.before, step.gates, dstate
    size = h.shape[-1]
    gates_kernel, kernel = np.split(own["recurrent_kernel"], [2 * size], axis=1)
    dcandidate = dh * (1 - z) * (1 - candidate * candidate)
    dreset = dcandidate @ kernel.T
    dgates = np.concatenate([dh * (h - candidate) * z * (1 - z), dreset * h * r * (1 - r)], axis=1)
    found["recurrent_kernel"] += np.concatenate([h.T @ dgates, (r * h).T @ dcandidate], axis=1)
    return np.concatenate([dgates, dcandidate], axis=1), [dh * z + dreset * r + dgates @ gates_kernel.T]


def _after(own: Weights, state: list[Array]) -> Cell:
    (h,) = state
    size = h.shape[-1]

    def step(inputs: Array) -> tuple[Array, tuple[Array, ...]]:
        product = of_state(own, h)
        gates = sigmoid(product[:, : 2 * size] + inputs[:, : 2 * size])
        z, r, reset = gates[:, :size], gates[:, size:], product[:, 2 * size :]
        candidate = np.tanh(r * reset + inputs[:, 2 * size :])
        return _mixed(z, h, candidate), (z, r, candidate, reset)

    return step


def _after_back(own: Weights, step: Step, dstate: list[Array], found: Weights) -> tuple[Array, list[Array]]:
    """r resets the product of h with the candidate's columns of U."""
    (h,), (z, r, candidate, reset), (dh,) = step.before, step.gates, dstate
    dcandidate = dh * (1 - z) * (1 - candidate * candidate)
    dgates = [dh * (h - candidate) * z * (1 - z), dcandidate * reset * r * (1 - r)]
    dproduct = np.concatenate([*dgates, dcandidate * r], axis=1)
    dh = dh * z + of_state_backward(own, h, dproduct, found)
    return np.concatenate([*dgates, dcandidate], axis=1), [dh]


def _mixed(z: Array, h: Array, candidate: Array) -> Array:
    """``z·h + (1 − z)·candidate``, in place of h."""
    np.subtract(h, candidate, out=h)
    np.multiply(h, z, out=h)
    return np.add(h, candidate, out=h)
