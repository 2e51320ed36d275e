"""How fast the engine runs whole networks: ratios to PyTorch eager and onnxruntime, in one process.

    python tests/benchmarks/bench_engine.py [--batch 1] [--rounds 15] [--cpu] [NAME...]

Every contender runs in turn within each round (two threads each), so that noise of the machine meets all alike; the
figures are medians. ``--cpu`` takes one thread each and its processor time instead of the clock, for a machine that
others use at the same time. Printed are the times, the ratio to the faster of PyTorch's two memory formats and to
onnxruntime, the share of the machine's float32 peak (the best matrix product of 1024), the seconds from weights to plan
with its first run, and the peak memory of each over what it has imported, in a process of its own. Ours is counted from
before the weights are there, with that of its helpers; the peers' once they are built.
"""

from __future__ import annotations

import argparse
import gc
import math
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import numpy as np
from peers import Onnx, Runner, Torch

import cnncalc
from cnncalc.engine import initial, inputs
from cnncalc.engine.model import Model

ROOT = Path(__file__).parents[2]
NAMES = ("vgg-16", "resnet-50", "alexnet", "mobilenet-v2")
PAUSE = 0.05  # seconds in which the threads of the one before stop spinning
MIB = 1 << 20


class Case:
    """A network with its weights, and an input."""

    def __init__(self, name: str, batch: int) -> None:
        path = Path(name) if os.path.exists(name) else ROOT / "specs" / f"{name}.yaml"
        self.net, self.batch = cnncalc.load(str(path)), batch
        self.summary = self.net.summary()
        (feed,) = inputs.feeds(self.summary, [], 0).values()
        self.x = feed.load(batch)

    def peer(self, name: str, threads: int) -> Runner:
        """One of the peers, ready to run."""
        arrays = initial.initial(self.summary, 0)
        first = self.x if self.summary.layout == "channels_first" else self.x.transpose(0, 3, 1, 2)
        if name == "onnxruntime":
            return Onnx(self.summary, arrays).runner(first, threads)
        import torch

        torch.set_num_threads(threads)
        return Torch(torch, self.summary, arrays, name == "torch last").runner(first)

    def allowed(self) -> float:
        """The most MiB that the engine is to take: 1.3 times the weights and the largest pair of outputs, and 64."""
        shapes = [*self.summary.inputs.values(), *(row.output for row in self.summary.rows)]
        outputs = [4 * self.batch * math.prod(shape.sizes) for shape in shapes]
        return 1.3 * (self.summary.totals.weight_bytes + max(map(sum, pairwise(outputs)))) / MIB + 64


PEERS = ("torch", "torch last", "onnxruntime")


def peak(clock: Callable[[], float]) -> float:
    """Float32 operations a second of the best matrix product of 1024."""
    a, b, c = (np.ones((1024, 1024), np.float32) for _ in range(3))
    best = 1e9
    for _ in range(10):
        start = clock()
        np.matmul(a, b, out=c)
        best = min(best, clock() - start)
    return 2 * 1024**3 / best


def measure(runners: dict[str, Runner], rounds: int, clock: Callable[[], float]) -> dict[str, float]:
    """Median seconds of each, run in turn: once to warm up, once on the clock."""
    times: dict[str, list[float]] = {name: [] for name in runners}
    for _ in range(rounds):
        for name, run in runners.items():
            time.sleep(PAUSE)
            run()
            start = clock()
            run()
            times[name].append(clock() - start)
    return {name: statistics.median(values) for name, values in times.items()}


def resident(what: str, of: str = "self/status") -> float:
    """A figure of a process, in MiB."""
    with open(f"/proc/{of}") as stream:
        return next(int(line.split()[1]) for line in stream if line.startswith(what)) / 1024


def memory(name: str, case: Case) -> float:
    """Peak MiB of a contender, over what this process had imported."""
    if name == "ours":
        before = resident("VmRSS")
        model = case.net.build()
        model(case.x)
        model(case.x)
        assert model._plan is not None
        helpers = getattr(model._plan.crew, "_helpers", {})
        own = [resident("Private_Dirty", f"{helper.pid}/smaps_rollup") for helper in helpers.values()]
        return resident("VmHWM") - before + sum(own)
    __import__("onnxruntime" if name == "onnxruntime" else "torch")
    before = resident("VmRSS")
    run = case.peer(name, 2)
    gc.collect()
    with open("/proc/self/clear_refs", "w") as stream:
        stream.write("5")  # the peak begins anew
    run()
    run()
    return resident("VmHWM") - before


def memory_apart(contender: str, name: str, batch: int) -> float:
    """:func:`memory` in a process of its own."""
    command = [sys.executable, __file__, "--memory", contender, "--batch", str(batch), name]
    return float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def bench(name: str, batch: int, rounds: int, cpu: bool) -> None:
    case = Case(name, batch)
    summary, x = case.summary, case.x
    arrays = initial.initial(summary, 0)
    start = time.perf_counter()
    model = Model(summary, arrays, cnncalc.Limits())
    wanted = model(x)
    build = time.perf_counter() - start
    runners: dict[str, Runner] = {"ours": lambda: model(x)}
    for other in PEERS:
        runners[other] = case.peer(other, 1 if cpu else 2)
        got = np.asarray(runners[other]()).reshape(wanted.shape)
        error = np.abs(got - wanted).max() / np.abs(wanted).max()
        if error > 1e-4:
            sys.exit(f"{name}: {other} differs by {error:.2g}")
    clock = time.thread_time if cpu else time.perf_counter
    times = measure(runners, rounds, clock)
    eager = min(times["torch"], times["torch last"])
    rate = batch * summary.totals.flops / times["ours"]
    listed = "  ".join(f"{key} {1000 * value:.1f} ms" for key, value in times.items())
    print(f"{name}, batch {batch}: {listed}")
    ratios = (
        f"over PyTorch eager {times['ours'] / eager:.2f}, over onnxruntime {times['ours'] / times['onnxruntime']:.2f}"
    )
    print(f"  {ratios}, {rate / 1e9:.0f} GFLOP/s = {rate / peak(clock):.0%} of peak, first run with plan {build:.2f} s")
    if sys.platform == "linux":
        peaks = "  ".join(f"{key} {memory_apart(key, name, batch):.0f} MiB" for key in runners)
        print(f"  peak memory: {peaks} (allowed {case.allowed():.0f})")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", default=NAMES)
    parser.add_argument("--batch", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--cpu", action="store_true", help="one thread each, processor time")
    parser.add_argument("--memory", metavar="CONTENDER", help="print the peak MiB of one contender alone")
    arguments = parser.parse_args()
    if arguments.memory:
        print(memory(arguments.memory, Case(*arguments.names, arguments.batch)))
        return
    if arguments.cpu:
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    for name in arguments.names:
        bench(name, arguments.batch, arguments.rounds, arguments.cpu)


if __name__ == "__main__":
    main()
