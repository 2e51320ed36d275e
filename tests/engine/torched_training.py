"""Training replayed in PyTorch, float64: the same weights, the same order of the examples, its own optimizers."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from cnncalc import parse

EXAMPLES, BATCH, EPOCHS, RATE = 20, 8, 6, 0.02


class Network(NamedTuple):
    """A spec, the sizes of its inputs, and what its target is: labels, or the input again."""

    text: str
    sizes: tuple[int, ...]
    labels: bool


NETWORKS = {
    "dense": Network(
        "input: 6\nlayers: [dense: {name: a, units: 5, activation: tanh}, "
        "dense: {name: b, units: 3, activation: softmax}]\nobjective: {loss: cross_entropy}\n",
        (6,), True,
    ),
    "conv": Network(
        "input: 8x8x2\nlayers: [conv: {name: a, filters: 3, kernel: 3, padding: 1, activation: relu}, maxpool: 2, "
        "dense: {name: b, units: 3, activation: softmax}]\nobjective: {loss: cross_entropy}\n",
        (8, 8, 2), True,
    ),
    "recurrent": Network(
        "input: 5x2\nlayers: [lstm: {name: a, units: 4, biases: 2, return_sequences: true}, "
        "dense: {name: b, units: 2}]\nobjective: {loss: squared_error}\n",
        (5, 2), False,
    ),
}  # fmt: skip
OPTIMIZERS = ("sgd", "momentum", "adam")


def data(name: str) -> tuple[np.ndarray, np.ndarray]:
    """The examples, float32, and what the network should make of them."""
    network, random = NETWORKS[name], np.random.default_rng(5)
    x = random.standard_normal((EXAMPLES, *network.sizes)).astype(np.float32)
    return x, random.integers(0, 3, EXAMPLES) if network.labels else x


def arrays(name: str) -> dict[str, np.ndarray]:
    return {
        key: array.copy() for key, array in parse(NETWORKS[name].text).build(seed=1, engine="reference").arrays.items()
    }


def orders() -> list[list[np.ndarray]]:
    """The examples of each batch of each epoch, as training draws them with seed 0."""
    random = np.random.default_rng([0, 0])
    found = []
    for _ in range(EPOCHS):
        order = random.permutation(EXAMPLES)
        found.append([order[start : start + BATCH] for start in range(0, EXAMPLES, BATCH)])
    return found


def curve(torch: Any, name: str, optimizer: str) -> list[float]:
    """The mean loss before the first epoch and after each."""
    F, weights = (
        torch.nn.functional,
        {k: torch.from_numpy(a).double().requires_grad_() for k, a in arrays(name).items()},
    )
    x, target = (torch.from_numpy(np.asarray(each)) for each in data(name))
    x = x.double()

    def dense(h: Any) -> Any:
        return h @ weights["b/kernel"] + weights["b/bias"]

    def loss(rows: Any) -> Any:
        if name == "recurrent":
            lstm = torch.nn.LSTM(2, 4, batch_first=True).double()
            given = {"weight_ih_l0": weights["a/kernel"].T, "weight_hh_l0": weights["a/recurrent_kernel"].T,
                     "bias_ih_l0": weights["a/bias"], "bias_hh_l0": weights["a/recurrent_bias"]}  # fmt: skip
            states, _ = torch.func.functional_call(lstm, given, (x[rows],))
            return ((dense(states) - x[rows]) ** 2).sum() / 2 / len(rows)
        if name == "conv":
            kernel = weights["a/kernel"].permute(3, 2, 0, 1)
            maps = F.max_pool2d(F.relu(F.conv2d(x[rows].permute(0, 3, 1, 2), kernel, weights["a/bias"], padding=1)), 2)
            hidden = maps.permute(0, 2, 3, 1).flatten(1)
        else:
            hidden = torch.tanh(x[rows] @ weights["a/kernel"] + weights["a/bias"])
        return F.cross_entropy(dense(hidden), target[rows])

    learned = list(weights.values())
    made = {
        "sgd": lambda: torch.optim.SGD(learned, RATE),
        "momentum": lambda: torch.optim.SGD(learned, RATE, momentum=0.9),
        "adam": lambda: torch.optim.Adam(learned, RATE),
    }[optimizer]()
    everything = np.arange(EXAMPLES)
    found = [loss(everything).item()]
    for batches in orders():
        for rows in batches:
            made.zero_grad()
            loss(rows).backward()
            made.step()
        found.append(loss(everything).item())
    return found
