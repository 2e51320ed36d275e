"""Cost by layers: seconds for 1,000 to 8,000 layers, whole process and in process; linear is a ratio of about 8.

    python tests/benchmarks/bench_linear.py

The garbage collector is set as the command line sets it; each figure is the best CPU time of five.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable

from cnncalc import Limits, api, parse
from cnncalc.explain import layer
from cnncalc.render.data import summary_data
from cnncalc.render.summary import render
from cnncalc.summary import findings, infer

SIZES = (1000, 2000, 4000, 8000)
LAYERS = (
    "  - conv: {filters: 8, kernel: 3, padding: 1}\n  - batchnorm\n  - relu\n",
    "  - residual: {body: [{conv: {filters: 8, kernel: 3, padding: 1, bias: false}}], activation: relu}\n",
)


def text(layers: int) -> str:
    """A spec of ``layers`` layers."""
    body = LAYERS[0] * (layers // 6) + LAYERS[1] * (layers // 4)
    return f"input: 32x32x8\nlayers:\n{body}" + "  - relu\n" * (layers - layers // 6 * 3 - layers // 4 * 2)


def seconds(work: Callable[[], object], times: int = 5) -> float:
    """The best CPU time of ``work``."""
    taken = []
    for _ in range(times):
        gc.collect()
        start = time.process_time()
        work()
        taken.append(time.process_time() - start)
    return min(taken)


def main() -> None:
    """Print microseconds for each layer, stage by stage, and how they grow from 1,000 to 8,000 layers."""
    gc.set_threshold(100_000)
    stages: dict[str, list[float]] = {}
    for size in SIZES:
        spec = text(size)
        limits = Limits(layers=20_000)
        net = parse(spec, limits)
        summary = net.summary()
        assert len(summary.rows) == size
        data = summary_data(summary, [])
        work: dict[str, Callable[[], object]] = {
            "read and resolve": lambda spec=spec, limits=limits: parse(spec, limits),
            "sizes, params, MACs": lambda net=net: infer.infer(net.network),
            "totals, fields, findings, data": lambda net=net: _data(net),
            "table": lambda data=data: render(data, "table", None, depth=0),
            "json": lambda data=data: render(data, "json", None),
            "working": lambda net=net: _explained(net),
        }
        for name, stage in work.items():
            stages.setdefault(name, []).append(seconds(stage))
    print(f"{'microseconds a layer at':32}", *(f"{size:8,}" for size in SIZES), "   8,000 / 1,000 (linear: 8)")
    for name, taken in stages.items():
        each = [f"{1e6 * one / size:8.1f}" for one, size in zip(taken, SIZES, strict=True)]
        print(f"{name:32}", *each, f"   {taken[-1] / taken[0]:.2f}")


def _data(net: api.Net) -> object:
    summary = infer.infer(net.network)
    return summary_data(summary, findings.find(summary))


def _explained(net: api.Net) -> object:
    summary = infer.infer(net.network)
    return [layer.explain(summary, row) for row in summary.rows], layer.totals(summary)


if __name__ == "__main__":
    main()
