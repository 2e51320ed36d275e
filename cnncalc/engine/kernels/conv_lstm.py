"""The recurrent layer whose products are convolutions: an LSTM over images."""

from __future__ import annotations

import numpy as np

from cnncalc.engine.arrays import Array, Weights
from cnncalc.engine.kernels.conv import conv
from cnncalc.engine.kernels.recurrent import sigmoid
from cnncalc.engine.kernels.window import shape_of
from cnncalc.kinds.conv_lstm import ConvLstm


def conv_lstm(kind: ConvLstm, weights: Weights, x: Array) -> Array:
    """``[batch, T, H, W, C]`` to ``[batch, T, H, W, filters]``, or the last step of it; gates in the order i f g o."""
    of_input, of_state = kind.of_input(), kind.of_state()
    size = kind.filters
    recurrent = {"kernel": weights["recurrent_kernel"]}
    state = kind.state(shape_of(x))
    h = np.zeros((len(x), *state.sizes), x.dtype)
    c, steps = np.zeros_like(h), []
    for step in range(x.shape[1]):
        gates = conv(of_input, weights, x[:, step]) + conv(of_state, recurrent, h)
        sigmoid(gates[..., : 2 * size])
        sigmoid(gates[..., 3 * size :])
        i, f, g, o = (gates[..., n * size : (n + 1) * size] for n in range(4))
        c = f * c + i * np.tanh(g)
        h = o * np.tanh(c)
        if kind.return_sequences:
            steps.append(h)
    return np.stack(steps, axis=1) if steps else h
