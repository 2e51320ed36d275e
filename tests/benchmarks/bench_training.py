"""A training step of LeNet-5 on a batch of 32 against PyTorch eager on the CPU, in the same process.

    OMP_NUM_THREADS=2 OPENBLAS_NUM_THREADS=2 python tests/benchmarks/bench_training.py

Prints the least time of a step of each in milliseconds (forward, backward, Adam), and the ratio cnncalc / PyTorch.
Both in float64, as cnncalc trains where nothing else is said, and in float32.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
import torch
from torch import nn

from cnncalc import parse
from cnncalc.engine.train.data import Data
from cnncalc.engine.train.learner import Learner

BATCH = 32
SPEC = Path(__file__).parents[2] / "specs" / "lenet5.yaml"


def least(call: Callable[[], Any], times: int = 60) -> float:
    """The least of several times, in milliseconds; a few before to warm up."""
    found = []
    for _ in range(times):
        start = perf_counter()
        call()
        found.append(perf_counter() - start)
    return min(found[3:]) * 1000


def ours(x: np.ndarray, labels: np.ndarray, dtype: str) -> Callable[[], Any]:
    text = SPEC.read_text(encoding="utf-8") + "objective: {loss: cross_entropy}\n"
    summary = parse(text.replace("units: 10,", "units: 10, activation: softmax,")).summary()
    arrays = parse(text).build(engine="reference").arrays
    learner = Learner(summary, {name: array.astype(dtype) for name, array in arrays.items()}, "adam")
    given = Data([x], learner.goal.as_target(summary, labels, BATCH)).cast(dtype)
    random = np.random.default_rng(0)
    return lambda: learner.step(given.xs, given.target, 0.001, random)


def theirs(x: np.ndarray, labels: np.ndarray, dtype: torch.dtype) -> Callable[[], Any]:
    module = nn.Sequential(
        nn.Conv2d(1, 6, 5), nn.Tanh(), nn.AvgPool2d(2), nn.Conv2d(6, 16, 5), nn.Tanh(), nn.AvgPool2d(2),
        nn.Conv2d(16, 120, 5), nn.Tanh(), nn.Flatten(), nn.Linear(120, 84), nn.Tanh(), nn.Linear(84, 10),
    ).to(dtype)  # fmt: skip
    images, classes = torch.from_numpy(x).permute(0, 3, 1, 2).to(dtype).contiguous(), torch.from_numpy(labels)
    optimizer = torch.optim.Adam(module.parameters(), 0.001)

    def step() -> None:
        optimizer.zero_grad()
        nn.functional.cross_entropy(module(images), classes).backward()
        optimizer.step()

    return step


def main() -> None:
    torch.set_num_threads(2)
    random = np.random.default_rng(0)
    x, labels = random.standard_normal((BATCH, 32, 32, 1)), random.integers(0, 10, BATCH)
    for dtype in ("float64", "float32"):
        mine, peer = least(ours(x, labels, dtype)), least(theirs(x, labels, getattr(torch, dtype)))
        print(f"LeNet-5, batch {BATCH}, {dtype}: cnncalc {mine:.2f} ms, PyTorch {peer:.2f} ms, ratio {mine / peer:.2f}")


if __name__ == "__main__":
    main()
