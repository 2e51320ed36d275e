"""The recurrent layer whose products are convolutions: an LSTM over images."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from cnncalc.engine.arrays import Array, Weights
from cnncalc.engine.kernels import Gradients, backward
from cnncalc.engine.kernels.conv import conv, conv_backward
from cnncalc.engine.kernels.lstm import split, sums_backward
from cnncalc.engine.kernels.recurrent import sigmoid
from cnncalc.engine.kernels.window import shape_of
from cnncalc.kinds.conv_lstm import ConvLstm


def conv_lstm(kind: ConvLstm, weights: Weights, x: Array) -> Array:
    """``[batch, T, H, W, C]`` to ``[batch, T, H, W, filters]``, or the last step of it; gates in the order i f g o."""
    found = []
    for *_, h in _steps(kind, weights, x):
        if kind.return_sequences:
            found.append(h)
    return np.stack(found, axis=1) if found else h


@backward(ConvLstm)
def conv_lstm_backward(kind: ConvLstm, weights: Weights, xs: list[Array], y: Array, dy: Array) -> Gradients:
    """Step by step from the last one, as in an LSTM; the products are convolutions."""
    (x,) = xs
    steps, of_input, of_state = [*_steps(kind, weights, x)], kind.of_input(), kind.of_state()
    recurrent = {"kernel": weights["recurrent_kernel"]}
    found = {name: np.zeros_like(array) for name, array in weights.items()}
    dx, dh, dc = np.zeros_like(x), np.zeros_like(steps[0][-1]), np.zeros_like(steps[0][-1])
    for number, (h_before, c_before, gates, c, _) in reversed([*enumerate(steps)]):
        if kind.return_sequences:
            dh = dh + dy[:, number]
        elif number == len(steps) - 1:
            dh = dy
        dsums, dc = sums_backward(gates, c_before, np.tanh(c), dh, dc)
        (dx[:, number],), of_x = conv_backward(of_input, weights, [x[:, number]], gates, dsums)
        (dh,), of_h = conv_backward(of_state, recurrent, [h_before], gates, dsums)
        dc = dc * split(gates)[1]
        for name, gradient in {**of_x, "recurrent_kernel": of_h["kernel"]}.items():
            found[name] += gradient
    return [dx], found


def _steps(kind: ConvLstm, weights: Weights, x: Array) -> Iterator[tuple[Array, ...]]:
    """For each step h and c before it, the gates, c and h after it."""
    of_input, of_state = kind.of_input(), kind.of_state()
    recurrent, size = {"kernel": weights["recurrent_kernel"]}, kind.filters
    h = np.zeros((len(x), *kind.state(shape_of(x)).sizes), x.dtype)
    c = np.zeros_like(h)
    for step in range(x.shape[1]):
        gates = conv(of_input, weights, x[:, step]) + conv(of_state, recurrent, h)
        i, f, g, o = split(gates)
        sigmoid(gates[..., : 2 * size])
        np.tanh(g, out=g)
        sigmoid(o)
        before, c = (h, c), f * c + i * g
        h = o * np.tanh(c)
        yield (*before, gates, c, h)
