"""Speed of the solver: ``python tests/benchmarks/bench_solve.py``. The best of several runs.

The peer of a window is trying every number in the plain rule, the least that a script would do; of a network, working
it out once forwards.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from cnncalc import parse, rules, solve

WINDOWS = {
    "padding that keeps 28": {"unknown": "padding", "input": 28, "kernel": 5, "output": 28},
    "input of ResNet's stem": {"unknown": "input", "kernel": 7, "stride": 2, "padding": 3, "output": 112},
    "stride": {"unknown": "stride", "input": 227, "kernel": 11, "output": 55},
    "kernel": {"unknown": "kernel", "input": 224, "stride": 2, "output": 112, "padding": 3},
    "input of a pool with ceil": {
        "unknown": "input", "kernel": 3, "stride": 2, "output": 56, "kind": "maxpool", "ceil": True,
    },
    "asymmetric padding": {"unknown": "padding", "input": 28, "kernel": 4, "output": 28},
}  # fmt: skip


def best(work: Callable[[], object], rounds: int = 7, times: int = 200) -> float:
    """Seconds of one call, the least of ``rounds``."""
    found = []
    for _ in range(rounds):
        start = time.perf_counter()
        for _ in range(times):
            work()
        found.append((time.perf_counter() - start) / times)
    return min(found)


def deep(letter: str, place: int, demand: str) -> str:
    """A network of 50 convolutions, one number of which is ``letter``."""
    layers = []
    for number in range(50):
        stride = 2 if number % 12 == 11 else 1
        padding = letter if number == place else "1"
        layers.append(f"  - conv: {{filters: 64, kernel: 3, stride: {stride}, padding: {padding}}}")
    return "input: 224x224x3\nlayers:\n" + "\n".join(layers) + f"\n{demand}\n"


def main() -> None:
    tried = best(lambda: [p for p in range(225) if rules.window(28, 5, 1, 2 * p) == 28])
    print(f"{'trying 225 numbers in the rule':42} {tried * 1e6:9.1f} µs")
    for name, asked in WINDOWS.items():
        taken = best(lambda asked=asked: solve.window(**asked))  # type: ignore[misc]
        print(f"{name:42} {taken * 1e6:9.1f} µs   {taken / tried:5.2f} of trying")
        taken = best(lambda asked=asked: solve.window(**asked).working)  # type: ignore[misc]
        print(f"{'  with its algebra as text':42} {taken * 1e6:9.1f} µs")
    plain = parse(deep("1", 20, "")).network
    from cnncalc.summary.infer import infer

    forwards = best(lambda: infer(plain), times=5)
    print(f"{'50 layers forwards':42} {forwards * 1e3:9.2f} ms")
    for name, text in {
        "a padding in 50 layers, from the output": deep("p", 20, "given: {conv50.output: 14x14}"),
        "the input of 50 layers, from the output": deep("1", 20, "given: {conv50.output: 14x14}").replace("224", "H"),
        "filters in 50 layers, from the parameters": deep("1", 20, 'expect: {params: "<= 3000000"}').replace("64", "f"),
        "every input of 50 layers (1,000 listed)": deep("1", 20, "").replace("224", "H"),
    }.items():
        net = parse(text).network
        taken = best(lambda net=net: solve.network(net), times=2)  # type: ignore[misc]
        print(f"{name:42} {taken * 1e3:9.2f} ms   {taken / forwards:5.1f} of forwards")


if __name__ == "__main__":
    main()
