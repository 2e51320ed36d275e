"""Recurrent layers: one product for the inputs of many steps, then one small product at each step."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from cnncalc.engine.arrays import Array, Weights
from cnncalc.kinds.base.recurrent import Recurrent
from cnncalc.kinds.gru import Gru
from cnncalc.kinds.lstm import Lstm

BLOCK = 1 << 20  # numbers that the inputs' part of the gates takes at one time

#: Takes the inputs' part of the gates of one step, ``[batch, gates·h]``, and gives the next state ``[batch, h]``,
#: always in the same array.
Cell = Callable[[Array], Array]

#: Makes the cell of one layer in one direction from its weights and its state ``[h]`` or ``[h, c]``, which it changes.
Maker = Callable[[Weights, list[Array]], Cell]


def rnn(kind: Recurrent, weights: Weights, x: Array, *states: Array) -> Array:
    """``h = tanh(W x + U h_prev + b)``; ``[batch, T, F]`` to ``[batch, T, h]`` or ``[batch, h]``."""
    return _run(kind, weights, x, states, _rnn)


def lstm(kind: Lstm, weights: Weights, x: Array, *states: Array) -> Array:
    """Gates side by side in the order i f g o."""
    return _run(kind, weights, x, states, _lstm)


def gru(kind: Gru, weights: Weights, x: Array, *states: Array) -> Array:
    """Gates side by side in the order z r h; r resets before the recurrent product, or after it."""
    return _run(kind, weights, x, states, _gru_after if kind.resets_after else _gru_before)


def _run(kind: Recurrent, weights: Weights, x: Array, states: tuple[Array, ...], cell: Maker) -> Array:
    """Every layer in every direction. Without ``return_sequences`` the state that each direction ends with goes on.

    ``states`` are those before the first step, ``[batch, h]`` or ``[batch, layers · directions, h]``.
    """
    x = np.moveaxis(x, 1, 0)
    starts = [state.reshape(len(state), -1, state.shape[-1]) for state in states]
    for layer in range(kind.layers):
        every = kind.return_sequences or layer + 1 < kind.layers
        found = []
        for number, direction in enumerate(kind.directions, layer * len(kind.directions)):
            start = f"layer{layer + 1}_{direction}" if layer else direction
            own = {name: weights[start + name] for name in NAMES if start + name in weights}
            state = [each[:, number].copy() for each in starts] or begun(kind, weights, x, number)
            made = _scanned(own, x[::-1] if direction else x, state, cell, every=every)
            found.append(made[::-1] if direction else made)
        x = JOINED[kind.merge](found) if len(found) > 1 else found[0]
    return np.moveaxis(x, 0, 1) if kind.return_sequences else x[0]


NAMES = ("kernel", "recurrent_kernel", "projection_kernel", "bias", "recurrent_bias")

#: How the two directions are joined.
JOINED: dict[str, Callable[[list[Array]], Array]] = {
    "concat": lambda found: np.concatenate(found, axis=-1),
    "sum": lambda found: found[0] + found[1],
    "average": lambda found: (found[0] + found[1]) * found[0].dtype.type(0.5),
    "multiply": lambda found: found[0] * found[1],
}


def begun(kind: Recurrent, weights: Weights, x: Array, number: int) -> list[Array]:
    """The states of one layer in one direction before the first step: as they are stated, else zeros."""
    found = []
    for size, given in ((kind.hidden, "initial_state"), (kind.units, "initial_cell")):
        state = np.zeros((x.shape[1], size), x.dtype)
        if given in weights:
            state += weights[given].reshape(-1, size)[number]
        found.append(state)
    return found[: len(kind.states)]


def _scanned(own: Weights, x: Array, state: list[Array], cell: Maker, *, every: bool) -> Array:
    """What one layer puts out in one direction, from a state on: ``[T, batch, h]``, or ``[1, batch, h]`` with the last
    one alone.
    """
    steps, batch, features = x.shape
    size, gated = own["recurrent_kernel"].shape
    states = np.empty((steps if every else 1, batch, size), x.dtype)
    step = cell(own, state)
    length = max(1, BLOCK // (batch * gated))
    for start in range(0, steps, length):
        block = x[start : start + length].reshape(-1, features) @ own["kernel"]
        if "bias" in own:
            block += own["bias"]
        for number, inputs in enumerate(block.reshape(-1, batch, gated), start):
            states[number if every else 0] = step(inputs)
    return states


def _rnn(own: Weights, state: list[Array]) -> Cell:
    (h,) = state

    def step(inputs: Array) -> Array:
        return np.tanh(_state(own, h) + inputs, out=h)

    return step


def _lstm(own: Weights, state: list[Array]) -> Cell:
    h, c = state
    size, projection = c.shape[-1], own.get("projection_kernel")

    def step(inputs: Array) -> Array:
        gates = _state(own, h)
        gates += inputs
        sigmoid(gates[:, : 2 * size])
        sigmoid(gates[:, 3 * size :])
        i, f, g, o = (gates[:, n * size : (n + 1) * size] for n in range(4))
        np.multiply(c, f, out=c)
        np.add(c, i * np.tanh(g), out=c)
        if projection is not None:
            return np.matmul(o * np.tanh(c), projection, out=h)
        return np.multiply(o, np.tanh(c), out=h)

    return step


def _gru_before(own: Weights, state: list[Array]) -> Cell:
    (h,) = state
    size = h.shape[-1]
    gates_kernel, kernel = np.split(own["recurrent_kernel"], [2 * size], axis=1)

    def step(inputs: Array) -> Array:
        gates = sigmoid(h @ gates_kernel + inputs[:, : 2 * size])
        z, r = gates[:, :size], gates[:, size:]
        return _mixed(z, h, np.tanh((r * h) @ kernel + inputs[:, 2 * size :]))

    return step


def _gru_after(own: Weights, state: list[Array]) -> Cell:
    (h,) = state
    size = h.shape[-1]

    def step(inputs: Array) -> Array:
        product = _state(own, h)
        gates = sigmoid(product[:, : 2 * size] + inputs[:, : 2 * size])
        z, r = gates[:, :size], gates[:, size:]
        return _mixed(z, h, np.tanh(r * product[:, 2 * size :] + inputs[:, 2 * size :]))

    return step


def _state(own: Weights, h: Array) -> Array:
    """The state's part of the gates, with the second bias where there is one."""
    product = h @ own["recurrent_kernel"]
    return np.add(product, own["recurrent_bias"], out=product) if "recurrent_bias" in own else product


def _mixed(z: Array, h: Array, candidate: Array) -> Array:
    """``z·h + (1 − z)·candidate``, in the place of h."""
    np.subtract(h, candidate, out=h)
    np.multiply(h, z, out=h)
    return np.add(h, candidate, out=h)


def sigmoid(x: Array) -> Array:
    """1/(1 + exp(−x)) in place, as ``(1 + tanh(x/2))/2``, which never overflows."""
    np.multiply(x, 0.5, out=x)
    np.tanh(x, out=x)
    np.add(x, 1, out=x)
    return np.multiply(x, 0.5, out=x)
