"""Sequence layers against PyTorch eager on the CPU, in the same process and on the same numbers.

    python tests/benchmarks/bench_sequence.py

Prints the least time of each in milliseconds, and the ratio cnncalc / PyTorch. One thread each where told so with
OMP_NUM_THREADS=1.
"""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter
from typing import Any

import numpy as np
import torch
from torch import nn

from cnncalc import parse


def least(call: Callable[[], Any], times: int = 15) -> float:
    """The least of several times, in milliseconds; once before to warm up."""
    call()
    found = []
    for _ in range(times):
        start = perf_counter()
        call()
        found.append(perf_counter() - start)
    return min(found) * 1000


def compare(name: str, layer: str, module: nn.Module, size: tuple[int, ...], batch: int) -> None:
    x = np.random.default_rng(0).standard_normal((batch, *size)).astype(np.float32)
    model = parse(f"input: {'x'.join(map(str, size))}\nlayers: [{layer}]").build()
    module.eval()
    tensor = torch.from_numpy(x)
    with torch.no_grad():
        ours, theirs = least(lambda: model(x)), least(lambda: module(tensor))
    print(f"{name:44} batch {batch:2}: cnncalc {ours:8.2f} ms, PyTorch {theirs:8.2f} ms, ratio {ours / theirs:5.2f}")


def main() -> None:
    encoder = nn.TransformerEncoderLayer(512, 8, 2048, batch_first=True)
    for batch in (1, 8):
        compare("lstm 512 over 128 steps", "lstm: {units: 512, biases: 2, return_sequences: true}",
                nn.LSTM(512, 512, batch_first=True), (128, 512), batch)  # fmt: skip
        compare("gru 512 over 128 steps", "gru: {units: 512, biases: 2, return_sequences: true}",
                nn.GRU(512, 512, batch_first=True), (128, 512), batch)  # fmt: skip
        compare("encoder, 6 layers of 512, 128 tokens", "transformer_encoder: {heads: 8, ff: 2048, layers: 6}",
                nn.TransformerEncoder(encoder, 6, enable_nested_tensor=False), (128, 512), batch)  # fmt: skip


if __name__ == "__main__":
    main()
