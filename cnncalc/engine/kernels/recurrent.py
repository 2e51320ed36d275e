"""Recurrent layers: one product for the inputs of many steps, then one small product at each step; and the way back
through the steps.

The cells are in the files of their kinds.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from cnncalc.engine.arrays import Array, Weights
from cnncalc.engine.kernels import Gradients
from cnncalc.kinds.base.recurrent import Recurrent

BLOCK = 1 << 20  # numbers that the inputs' part of the gates takes at one time

#: Takes the inputs' part of the gates of one step, ``[batch, gates·h]``, and returns the next state ``[batch, h]``,
#: always in the same array, and the gates, in new ones.
Cell = Callable[[Array], tuple[Array, Any]]

#: Makes the cell of one layer in one direction from its weights and its state ``[h]`` or ``[h, c]``, which it changes.
Maker = Callable[[Weights, list[Array]], Cell]


class Step(NamedTuple):
    """One step of a layer in one direction: the states ``before`` and ``after`` it, and its ``gates``."""

    before: list[Array]
    gates: Any
    after: list[Array]


#: The chain rule through a step: (weights, step, dL/d(state) after it, the gradients by the weights so far, which it
#: adds to) -> dL/d(inputs' part of the gates), and dL/d(state) before the step.
StepBack = Callable[[Weights, Step, list[Array], Weights], tuple[Array, list[Array]]]


class Pass(NamedTuple):
    """One layer in one direction, run: the prefix of its arrays' names, its weights, its input ``[T, batch, F]`` in
    the order of its steps, and the steps.
    """

    start: str
    own: Weights
    x: Array
    steps: list[Step]


def run(
    kind: Recurrent,
    weights: Weights,
    x: Array,
    states: tuple[Array, ...],
    cell: Maker,
    memory: list[list[tuple[Pass, Array]]] | None = None,
) -> Array:
    """Every layer in every direction. Without ``return_sequences``, the output is the last state of each direction.

    ``states`` are those before the first step, ``[batch, h]`` or ``[batch, layers · directions, h]``. ``memory`` takes
    each layer's passes with their outputs.
    """
    x = np.moveaxis(x, 1, 0)
    starts = [state.reshape(len(state), -1, state.shape[-1]) for state in states]
    for layer in range(kind.layers):
        every = _every(kind, layer)
        found = []
        passes: list[tuple[Pass, Array]] | None = None if memory is None else []
        for number, direction in enumerate(kind.directions, layer * len(kind.directions)):
            start = f"layer{layer + 1}_{direction}" if layer else direction
            own = {name: weights[start + name] for name in NAMES if start + name in weights}
            state = [each[:, number].copy() for each in starts] or begun(kind, weights, x, number)
            steps: list[Step] | None = None if passes is None else []
            read = x[::-1] if direction else x
            made = _scanned(own, read, state, cell, steps, every=every)
            found.append(made[::-1] if direction else made)
            if passes is not None:
                passes.append((Pass(start, own, read, steps or []), found[-1]))
        if memory is not None and passes is not None:
            memory.append(passes)
        x = JOINED[kind.merge](found) if len(found) > 1 else found[0]
    return np.moveaxis(x, 0, 1) if kind.return_sequences else x[0]


def run_backward(kind: Recurrent, weights: Weights, xs: list[Array], dy: Array, cell: Maker, back: StepBack) -> Through:
    """Backpropagation through time: from the last layer to the first, in each direction from its last step."""
    x, *states = xs
    memory: list[list[tuple[Pass, Array]]] = []
    run(kind, weights, x, tuple(states), cell, memory)
    dx = np.moveaxis(dy, 1, 0) if kind.return_sequences else dy[None]
    found: Weights = {}
    dstarts: list[list[Array]] = []
    by_step: dict[str, Array] = {}
    for layer in reversed(range(kind.layers)):
        passes = memory[layer]
        parts = _unjoined(kind.merge, [made for _, made in passes], dx) if len(passes) > 1 else [dx]
        dx, first = np.zeros_like(passes[0][0].x), []
        for (one, _), part in zip(passes, parts, strict=True):
            backwards = one.start.endswith("backward_")
            dread, dstate, own, norms = _through_time(one, part[::-1] if backwards else part, back)
            dx += dread[::-1] if backwards else dread
            found |= {one.start + name: array for name, array in own.items()}
            by_step[one.start] = norms[::-1] if backwards else norms
            first.append(dstate)
        dstarts = first + dstarts
    begun_with = [np.stack(each, axis=1) for each in zip(*dstarts, strict=True)]
    dstates = [d.reshape(s.shape) for d, s in zip(begun_with, states, strict=False)]
    return Through(([np.moveaxis(dx, 0, 1), *dstates], found), by_step)


class Through(NamedTuple):
    """The gradients of a recurrent layer, and for each of its passes, by the prefix of its arrays' names, the norm of
    dL/d(state) at every step.
    """

    gradients: Gradients
    by_step: dict[str, Array]


def _through_time(one: Pass, dy: Array, back: StepBack) -> tuple[Array, list[Array], Weights, Array]:
    """The gradients by the input, by the state before the first step and by the weights; and the norms by step.

    ``dy`` is dL/d(output) ``[T, batch, h]``, or ``[1, batch, h]`` of the last step alone.
    """
    own, x = one.own, one.x
    found = {name: np.zeros_like(array) for name, array in own.items()}
    dstate = [np.zeros_like(state) for state in one.steps[0].before]
    dgates = np.empty((*x.shape[:2], own["kernel"].shape[1]), x.dtype)
    norms = np.empty(len(x))
    for number in reversed(range(len(x))):
        if number >= len(x) - len(dy):
            dstate[0] = dstate[0] + dy[number - (len(x) - len(dy))]
        norms[number] = np.linalg.norm(dstate[0])
        dgates[number], dstate = back(own, one.steps[number], dstate, found)
    flat = dgates.reshape(-1, dgates.shape[-1])
    found["kernel"] = x.reshape(len(flat), -1).T @ flat
    if "bias" in own:
        found["bias"] = flat.sum(axis=0)
    return (flat @ own["kernel"].T).reshape(x.shape), dstate, found, norms


def _every(kind: Recurrent, layer: int) -> bool:
    """Whether a layer returns every step, not only the last one."""
    return bool(kind.return_sequences or layer + 1 < kind.layers)


NAMES = ("kernel", "recurrent_kernel", "projection_kernel", "bias", "recurrent_bias")

#: How the two directions are joined.
JOINED: dict[str, Callable[[list[Array]], Array]] = {
    "concat": lambda found: np.concatenate(found, axis=-1),
    "sum": lambda found: found[0] + found[1],
    "average": lambda found: (found[0] + found[1]) * found[0].dtype.type(0.5),
    "multiply": lambda found: found[0] * found[1],
}


def begun(kind: Recurrent, weights: Weights, x: Array, number: int) -> list[Array]:
    """The states of one layer in one direction before the first step: the stated ones, else zeros."""
    found = []
    for size, given in ((kind.hidden, "initial_state"), (kind.units, "initial_cell")):
        state = np.zeros((x.shape[1], size), x.dtype)
        if given in weights:
            state += weights[given].reshape(-1, size)[number]
        found.append(state)
    return found[: len(kind.states)]


def _unjoined(merge: str, found: list[Array], dy: Array) -> list[Array]:
    """The gradients by the two joined parts."""
    if merge == "concat":
        return np.split(dy, 2, axis=-1)
    if merge == "multiply":
        return [dy * found[1], dy * found[0]]
    return [dy / 2 if merge == "average" else dy] * 2


def _scanned(
    own: Weights, x: Array, state: list[Array], cell: Maker, memory: list[Step] | None, *, every: bool
) -> Array:
    """The output of one layer in one direction, from a given state: ``[T, batch, h]``, or ``[1, batch, h]`` with
    just the last step. ``memory`` takes the steps.
    """
    steps, batch, features = x.shape
    size, gated = own["recurrent_kernel"].shape
    states = np.empty((steps if every else 1, batch, size), x.dtype)
    before = [] if memory is None else [each.copy() for each in state]
    step = cell(own, state)
    length = max(1, BLOCK // (batch * gated))
    for start in range(0, steps, length):
        block = x[start : start + length].reshape(-1, features) @ own["kernel"]
        if "bias" in own:
            block += own["bias"]
        for number, inputs in enumerate(block.reshape(-1, batch, gated), start):
            states[number if every else 0], gates = step(inputs)
            if memory is not None:
                memory.append(Step(before, gates, [each.copy() for each in state]))
                before = memory[-1].after
            del gates  # otherwise two steps' gates are in memory at a time
    return states


def of_state(own: Weights, h: Array) -> Array:
    """The state's part of the gates, with the second bias, if any."""
    product = h @ own["recurrent_kernel"]
    return np.add(product, own["recurrent_bias"], out=product) if "recurrent_bias" in own else product


def of_state_backward(own: Weights, h: Array, dgates: Array, found: Weights) -> Array:
    """The gradient of :func:`of_state` by ``h``; those by the arrays are added to ``found``."""
    found["recurrent_kernel"] += h.T @ dgates
    if "recurrent_bias" in own:
        found["recurrent_bias"] += dgates.sum(axis=0)
    return dgates @ own["recurrent_kernel"].T


def sigmoid(x: Array) -> Array:
    """1/(1 + exp(−x)) in place, as ``(1 + tanh(x/2))/2``, which never overflows."""
    np.multiply(x, 0.5, out=x)
    np.tanh(x, out=x)
    np.add(x, 1, out=x)
    return np.multiply(x, 0.5, out=x)
