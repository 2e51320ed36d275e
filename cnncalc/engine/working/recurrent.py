"""Recurrent layers, gate by gate and step by step, as the textbook writes them."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from typing import Any, NamedTuple

import numpy as np

from cnncalc.engine.arrays import Array, Weights, largest_term, settled
from cnncalc.engine.kernels import Formula, Shown, by_hand
from cnncalc.engine.kernels.recurrent import JOINED, NAMES, begun
from cnncalc.kinds.base.recurrent import Recurrent
from cnncalc.kinds.gru import Gru
from cnncalc.kinds.lstm import Lstm
from cnncalc.kinds.rnn import Rnn

_UNITS, _SUMMANDS = 4, 12  # most units whose sums are written out, and most numbers in each


class _Step(NamedTuple):
    """One step in one direction of a layer: its input, the states before it, and the labels of its lines."""

    own: Weights
    x: Array
    h: Array
    c: Array | None
    number: int
    group: str

    def sum_of(self, gate: int, size: int) -> tuple[Array, Array, tuple[Formula, ...]]:
        """The input's part and the state's part of a gate, and the sum of each unit written out."""
        columns = slice(gate * size, (gate + 1) * size)
        kernel, recurrent = self.own["kernel"][:, columns], self.own["recurrent_kernel"][:, columns]
        biases = [self.own[name][columns] for name in ("bias", "recurrent_bias") if name in self.own]
        ours, theirs = self.x @ kernel, self.h @ recurrent
        if biases:
            ours = ours + biases[0]
        if len(biases) > 1:
            theirs = theirs + biases[1]
        few = size <= _UNITS and len(self.x) + len(self.h) <= _SUMMANDS
        return ours, theirs, tuple(self._written(kernel, recurrent, biases, unit) for unit in range(size * few))

    def _written(self, kernel: Array, recurrent: Array, biases: list[Array], unit: int) -> Formula:
        pairs = [*zip(self.x, kernel[:, unit], strict=True), *zip(self.h, recurrent[:, unit], strict=True)]
        text = " + ".join([*["{}·{}"] * len(pairs), *["{}"] * len(biases)])
        return Formula(text, (*(n for pair in pairs for n in pair), *(bias[unit] for bias in biases)))

    def gate(self, name: str, function: str, number: int, size: int) -> tuple[Array, Shown]:
        """A gate: a function of its sum."""
        ours, theirs, sums = self.sum_of(number, size)
        total = settled(ours + theirs, largest_term([self.x, self.h], self.own))
        y = _sigmoid(total) if function == "σ" else np.tanh(total)
        wrapped = tuple(Formula(f"{function}({text})", numbers) for text, numbers in sums)
        return y, self.shown(name, f"{function}({self.formula(name)})", y, wrapped)

    def formula(self, name: str) -> str:
        """``W_i x_1 + U_i h_0 + b_i``."""
        gate = f"_{name}" if len(self.own["kernel"][0]) > len(self.h) or self.c is not None else ""
        biases = [f"{letter}{gate}" for letter, found in (("b", "bias"), ("c", "recurrent_bias")) if found in self.own]
        return " + ".join([f"W{gate} x_{self.number}", f"U{gate} h_{self.number - 1}", *biases])

    def shown(self, name: str, formula: str, numbers: Array, sums: tuple[Formula, ...] = ()) -> Shown:
        return Shown(f"{name}_{self.number}", formula, numbers, sums, self.group)

    def by_unit(self, name: str, formula: str, numbers: Array, text: str, *parts: Array) -> Shown:
        """A line of products and sums unit by unit."""
        few = len(numbers) <= _UNITS
        sums = tuple(Formula(text, tuple(part[unit] for part in parts)) for unit in range(len(numbers) * few))
        return self.shown(name, formula, numbers, sums)


def _sigmoid(x: Array) -> Array:
    return 1 / (1 + np.exp(-x))


#: The lines of one step, and then the states after it.
Cell = Callable[[Any, _Step], tuple[list[Shown], Array, Array | None]]


def _rnn(kind: Rnn, step: _Step) -> tuple[list[Shown], Array, Array | None]:
    h, line = step.gate("h", "tanh", 0, len(step.h))
    return [line], h, None


def _lstm(kind: Lstm, step: _Step) -> tuple[list[Shown], Array, Array | None]:
    assert step.c is not None
    size, t = len(step.c), step.number
    gates = [step.gate(name, "tanh" if name == "g" else "σ", n, size) for n, name in enumerate("ifgo")]
    (i, _), (f, _), (g, _), (o, _) = gates
    c = f * step.c + i * g
    lines = [line for _, line in gates]
    lines.append(step.by_unit("c", f"f_{t} ⊙ c_{t - 1} + i_{t} ⊙ g_{t}", c, "{}·{} + {}·{}", f, step.c, i, g))
    h = o * np.tanh(c)
    if "projection_kernel" in step.own:
        h = h @ step.own["projection_kernel"]
        return [*lines, step.shown("h", f"W_p (o_{t} ⊙ tanh(c_{t}))", h)], h, c
    return [*lines, step.by_unit("h", f"o_{t} ⊙ tanh(c_{t})", h, "{}·tanh({})", o, c)], h, c


def _gru(kind: Gru, step: _Step) -> tuple[list[Shown], Array, Array | None]:
    size, t = len(step.h), step.number
    (z, first), (r, second) = (step.gate(name, "σ", n, size) for n, name in enumerate("zr"))
    ours, theirs, _ = step.sum_of(2, size)
    if kind.resets_after:
        candidate = np.tanh(ours + r * theirs)
        state = f"r_{t} ⊙ (U_h h_{t - 1}{' + c_h' * ('recurrent_bias' in step.own)})"
    else:
        candidate = np.tanh(ours + (r * step.h) @ step.own["recurrent_kernel"][:, 2 * size :])
        state = f"U_h (r_{t} ⊙ h_{t - 1})"
    formula = f"tanh(W_h x_{t} + {state}{' + b_h' * ('bias' in step.own)})"
    h = z * step.h + (1 - z) * candidate
    last = step.by_unit(
        "h", f"z_{t} ⊙ h_{t - 1} + (1 − z_{t}) ⊙ candidate_{t}", h, "{}·{} + (1 − {})·{}", z, step.h, z, candidate
    )
    return [first, second, step.shown("candidate", formula, candidate, _candidates(kind, step, r)), last], h, None


def _candidates(kind: Gru, step: _Step, r: Array) -> tuple[Formula, ...]:
    """The sum of each candidate written out: r resets the state itself, or the state's part of the sum."""
    size = len(step.h)
    if not kind.resets_after:
        _, _, sums = step._replace(h=r * step.h).sum_of(2, size)
        return tuple(Formula(f"tanh({text})", numbers) for text, numbers in sums)
    found = []
    for unit in range(size * (size <= _UNITS and len(step.x) + size <= _SUMMANDS)):
        column = 2 * size + unit
        parts = []
        for numbers, kernel, bias in ((step.x, "kernel", "bias"), (step.h, "recurrent_kernel", "recurrent_bias")):
            pairs = [n for pair in zip(numbers, step.own[kernel][:, column], strict=True) for n in pair]
            added = [step.own[bias][column]] if bias in step.own else []
            parts.append((" + ".join([*["{}·{}"] * len(numbers), *["{}"] * len(added)]), [*pairs, *added]))
        (ours, first), (theirs, second) = parts
        found.append(Formula(f"tanh({ours} + {{}}·({theirs}))", (*first, r[unit], *second)))
    return tuple(found)


def _steps(cell: Cell, kind: Recurrent, weights: Weights, x: Array, *states: Array) -> Iterator[Shown]:
    """Layer by layer, direction by direction, each from its first step to its last; then the output."""
    x = x[0]
    starts = [state.reshape(-1, state.shape[-1]) for state in states]
    for layer in range(kind.layers):
        found: list[Array] = []
        for number, direction in enumerate(kind.directions, layer * len(kind.directions)):
            prefix = f"layer{layer + 1}_{direction}" if layer else direction
            own = {name: weights[prefix + name] for name in NAMES if prefix + name in weights}
            begin = [each[number] for each in starts] or [s[0] for s in begun(kind, weights, x[:, None], number)]
            made = yield from _direction(cell, kind, own, x, begin, _called(kind, layer, direction))
            found.append(made)
        last = layer + 1 == kind.layers
        if last and not kind.return_sequences:
            found = [made[0 if direction else -1] for made, direction in zip(found, kind.directions, strict=True)]
        x = JOINED[kind.merge](found) if len(found) > 1 else found[0]
        if not last or len(found) > 1 or kind.return_sequences:
            yield Shown("y" if last else f"x of layer {layer + 2}", _joined(kind), x)


def _direction(
    cell: Cell, kind: Recurrent, own: Weights, x: Array, begin: list[Array], called: str
) -> Generator[Shown, None, Array]:
    """Yield the lines of every step; return the state after each, in the order of the sequence."""
    backward = "backward" in called
    h, c = begin[0], begin[1] if len(begin) > 1 else None
    made = []
    for number, one in enumerate(x[::-1] if backward else x, 1):
        group = f"{called}step {number}"
        yield Shown(f"x_{number}", f"position {len(x) + 1 - number}" if backward else "the input", one, (), group)
        if number == 1:
            yield Shown("h_0", "the initial state", h, (), group)
            if c is not None:
                yield Shown("c_0", "the initial cell", c, (), group)
        lines, h, c = cell(kind, _Step(own, one, h, c, number, group))
        yield from lines
        made.append(h)
    return np.stack(made[::-1] if backward else made)


def _called(kind: Recurrent, layer: int, direction: str) -> str:
    """``layer 2, backward, `` if there are several."""
    layers = f"layer {layer + 1}, " if kind.layers > 1 else ""
    return layers + (("backward, " if direction else "forward, ") if kind.bidirectional else "")


def _joined(kind: Recurrent) -> str:
    states = "h of every step" if kind.return_sequences or kind.layers > 1 else "the last h"
    if not kind.bidirectional:
        return states
    joins = {"concat": "side by side", "sum": "added", "average": "averaged", "multiply": "multiplied"}
    return f"{states}, forward and backward {joins[kind.merge]}"


@by_hand(Rnn)
def rnn_by_hand(kind: Rnn, weights: Weights, x: Array, *states: Array) -> Iterator[Shown]:
    """The state of each step."""
    return _steps(_rnn, kind, weights, x, *states)


@by_hand(Lstm)
def lstm_by_hand(kind: Lstm, weights: Weights, x: Array, *states: Array) -> Iterator[Shown]:
    """Four gates, the cell and the state of each step."""
    return _steps(_lstm, kind, weights, x, *states)


@by_hand(Gru)
def gru_by_hand(kind: Gru, weights: Weights, x: Array, *states: Array) -> Iterator[Shown]:
    """Two gates, the candidate and the state of each step."""
    return _steps(_gru, kind, weights, x, *states)
