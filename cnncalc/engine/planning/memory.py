"""How much memory a run takes, before anything is allocated, and how much is available."""

from __future__ import annotations

import math
import os
from typing import TYPE_CHECKING, NamedTuple

from cnncalc.errors import LimitError, Problem
from cnncalc.summary.liveness import dying
from cnncalc.summary.rows import BYTES
from cnncalc.units import in_bytes

if TYPE_CHECKING:
    from cnncalc.summary.rows import Row, Summary

SCRATCH = 64 << 20  # bytes of scratch for the pieces of a layer
BETWEEN = 4  # intermediate results of a reference kernel, as large as its operands and output together
SHOWN = 5  # layers that a refusal lists


class Use(NamedTuple):
    """Bytes that a layer needs: its weights, its output, and all that is alive while it runs."""

    row: Row
    weights: int
    output: int
    alive: int


class Estimate(NamedTuple):
    """Bytes of a run: all weights, and the peak of outputs and scratch."""

    weights: int
    outputs: int
    layers: list[Use]

    @property
    def total(self) -> int:
        return self.weights + self.outputs


def estimate(summary: Summary, batch: int, planned: int = 0) -> Estimate:
    """The memory of a run over ``batch`` examples. An output lives until its last reader has run.

    ``planned`` are the bytes of a layout, if there is one: with borders, and with gaps between outputs.
    """
    first = len(summary.inputs)
    sizes = {i: BYTES * batch * math.prod(shape.sizes) for i, shape in enumerate(summary.inputs.values())}
    weights, most, most_work = 0, sum(sizes.values()), 0
    layers = []
    for row, values in zip(summary.rows, dying(row.layer.sources for row in summary.rows), strict=True):
        own: int = row.weight_bytes  # type: ignore[assignment]  # networks that run have no letters left
        output = batch * row.activation_bytes
        sizes[first + row.index] = output
        work = BETWEEN * (output + sum(sizes[source] for source in row.layer.sources))
        if planned:  # pieces of a layer are small; a reference kernel has one example at a time
            work = min(work, max(SCRATCH, work // batch))
        work += BYTES * batch * row.layer.kind.between(*row.xs)
        alive = sum(sizes.values()) + work
        weights, most, most_work = weights + own, max(most, alive), max(most_work, work)
        layers.append(Use(row, own, output, alive))
        for value in values:
            del sizes[value]
    return Estimate(weights, max(most, planned + most_work if planned else 0), layers)


def training(summary: Summary, examples: int) -> Estimate:
    """The memory of training: twice the bytes per number, gradients, two optimizer states, every output kept."""
    run = estimate(summary, examples)
    outputs = sum(use.output for use in run.layers) + run.outputs
    return Estimate(8 * run.weights, 4 * outputs, run.layers)


def check(wanted: Estimate, limit: int, help: str = "a smaller batch") -> None:
    """Raise LimitError if a run takes more than ``limit`` bytes (0: half of the free memory).

    ``help`` says what to try besides raising the limit.
    """
    limit = limit or free() // 2
    if wanted.total <= limit:
        return
    largest = sorted(wanted.layers, key=lambda use: use.weights + use.output, reverse=True)[:SHOWN]
    working = tuple(
        f"{use.row.name}: weights {in_bytes(use.weights)}, output {in_bytes(use.output)}, "
        f"alive with it {in_bytes(use.alive)}"
        for use in largest
    )
    text = (
        f"the run needs {in_bytes(wanted.total)} (weights {in_bytes(wanted.weights)}, outputs at one time "
        f"{in_bytes(wanted.outputs)}); the limit memory is {in_bytes(limit)}"
    )
    raise LimitError(Problem(text, working=working, help=help, limit=("memory", wanted.total)))


def free() -> int:
    """Bytes of memory that are free, within the limits of a container."""
    found = [size for size in (_available(), _container()) if size is not None]
    return min(found, default=4 << 30)


def _available() -> int | None:
    try:
        with open("/proc/meminfo") as stream:
            for line in stream:
                if line.startswith("MemAvailable:"):
                    return int(line.split()[1]) * 1024
        return None
    except (OSError, ValueError):
        pass
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2
    except (AttributeError, ValueError, OSError):
        return None


def _container() -> int | None:
    """The memory that a control group still allows (Linux, version 2)."""
    try:
        sizes = []
        for name in ("max", "current"):
            with open(f"/sys/fs/cgroup/memory.{name}") as stream:
                sizes.append(int(stream.read()))
        return max(0, sizes[0] - sizes[1])
    except (OSError, ValueError):
        return None
