"""The LSTM over images, gate by gate and step by step."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from cnncalc.engine.arrays import Array, Weights
from cnncalc.engine.kernels import Shown, by_hand
from cnncalc.engine.kernels.conv import conv
from cnncalc.engine.kernels.window import shape_of
from cnncalc.kinds.conv_lstm import ConvLstm


@by_hand(ConvLstm)
def conv_lstm_by_hand(kind: ConvLstm, weights: Weights, x: Array) -> Iterator[Shown]:
    """Each gate is a convolution of the step's image and one of the state."""
    of_input, of_state = kind.of_input(), kind.of_state()
    recurrent, b = {"kernel": weights["recurrent_kernel"]}, " + b_{0}" * ("bias" in weights)
    h = np.zeros((1, *kind.state(shape_of(x)).sizes), x.dtype)
    c, made = np.zeros_like(h), []
    for t in range(1, x.shape[1] + 1):
        group, gates = f"step {t}", {}
        sums = np.split(conv(of_input, weights, x[:, t - 1]) + conv(of_state, recurrent, h), 4, axis=-1)
        for name, total in zip("ifgo", sums, strict=True):
            gates[name] = np.tanh(total) if name == "g" else 1 / (1 + np.exp(-total))
            text = f"{'tanh' if name == 'g' else 'σ'}(W_{name} ∗ x_{t} + U_{name} ∗ h_{t - 1}{b.format(name)})"
            yield Shown(f"{name}_{t}", text, gates[name][0], (), group)
        c = gates["f"] * c + gates["i"] * gates["g"]
        h = gates["o"] * np.tanh(c)
        yield Shown(f"c_{t}", f"f_{t} ⊙ c_{t - 1} + i_{t} ⊙ g_{t}", c[0], (), group)
        yield Shown(f"h_{t}", f"o_{t} ⊙ tanh(c_{t})", h[0], (), group)
        made.append(h[0])
    if kind.return_sequences:
        yield Shown("y", "h of every step", np.stack(made))
