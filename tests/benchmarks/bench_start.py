"""Start to finish: the whole process of ``cnncalc`` against peers started in the same run, interleaved.

    python tests/benchmarks/bench_start.py [RUNS]

Bytecode is compiled first, as an installed package has it (PYTHONDONTWRITEBYTECODE would otherwise make every start
compile every file). Prints medians of wall and CPU time, their ratios, and peak memory. On a busy machine the CPU time
is the one to read.
"""

from __future__ import annotations

import compileall
import os
import subprocess
import sys
import sysconfig
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
SPECS = ROOT / "specs"

TYPER = """
import typer
app = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False)
@app.command()
def main(name: str = "x"):
    print("{}")
app()
"""
RICH = """
import typer
app = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False)
@app.command()
def main(name: str = "x"):
    from rich.console import Console
    from rich.table import Table
    from rich import box
    table = Table(title="worked-example", box=box.SIMPLE_HEAD)
    for heading in ("Layer", "Kind", "Output", "Params", "MACs", "Receptive field"):
        table.add_column(heading)
    for row in range(5):
        table.add_row("conv1", "conv", "64x64x32", "18,496", "18,874,368", "3x3")
    Console(width=100).print(table)
app()
"""
TORCHINFO = """
import torch
from torch import nn
from torchinfo import summary
layers, channels = [], 3
for width in (64, 64, 0, 128, 128, 0, 256, 256, 256, 0, 512, 512, 512, 0, 512, 512, 512, 0):
    if width:
        layers += [nn.Conv2d(channels, width, 3, padding=1), nn.ReLU()]
        channels = width
    else:
        layers.append(nn.MaxPool2d(2))
layers += [nn.Flatten(), nn.Linear(25088, 4096), nn.ReLU(), nn.Dropout(), nn.Linear(4096, 4096), nn.ReLU(),
           nn.Dropout(), nn.Linear(4096, 1000)]
with torch.device("meta"):
    model = nn.Sequential(*layers)
    print(summary(model, input_size=(1, 3, 224, 224), device="meta"))
"""


class Taken(NamedTuple):
    """What one process took: seconds by the clock and of the CPU, and peak memory in KiB."""

    wall: float
    cpu: float
    peak: int


def measure(command: list[str]) -> Taken:
    """What one process takes."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    start = time.perf_counter()
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, env=environment)
    _, status, usage = os.wait4(child.pid, 0)
    seconds = time.perf_counter() - start
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise SystemExit(f"{command} failed with {child.returncode}")
    return Taken(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss)


def interleaved(commands: dict[str, list[str]], runs: int) -> dict[str, Taken]:
    """The median seconds and the largest peak of each command, run by turns."""
    taken: dict[str, list[Taken]] = {name: [] for name in commands}
    for run in range(runs + 1):
        for name, command in commands.items():
            result = measure(command)
            if run:  # the first is to warm the disk's cache
                taken[name].append(result)
    return {
        name: Taken(median(one.wall for one in all_), median(one.cpu for one in all_), max(one.peak for one in all_))
        for name, all_ in taken.items()
    }


def main() -> None:
    """Print the ratios."""
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 25
    compileall.compile_dir(ROOT / "cnncalc", quiet=2)
    script = str(Path(sysconfig.get_path("scripts")) / "cnncalc")
    with tempfile.TemporaryDirectory() as folder:
        peers = {}
        for name, text in (("typer", TYPER), ("typer + rich", RICH), ("torchinfo", TORCHINFO)):
            path = Path(folder) / f"peer_{name.replace(' ', '')}.py"
            path.write_text(text, encoding="utf-8")
            peers[name] = [sys.executable, str(path)]
        torchinfo = peers.pop("torchinfo")
        worked, vgg = str(SPECS / "worked-example.yaml"), str(SPECS / "vgg-16.yaml")
        ours = {
            "table": [script, "summary", worked],
            "json": [script, "summary", worked, "--format", "json"],
            "VGG-16": [script, "summary", vgg],
        }
        found = interleaved({"python": [sys.executable, "-c", "pass"], **peers, **ours}, runs)
        for name, one in found.items():
            print(f"{name:14} {1000 * one.wall:8.1f} ms  {1000 * one.cpu:8.1f} ms CPU  {one.peak / 1024:6.1f} MiB")
        for name, peer, goal in (("table", "typer + rich", 1.25), ("json", "typer", 1.15)):
            wall, cpu = found[name].wall / found[peer].wall, found[name].cpu / found[peer].cpu
            print(f"{name} / empty {peer} app: {wall:.3f}, CPU {cpu:.3f} (goal: at most {goal})")
        print(f"peak memory of summary: {found['table'].peak / 1024:.1f} MiB (goal: at most 45)")
        try:
            cold = min(measure(torchinfo) for _ in range(3))
        except SystemExit:
            print("torchinfo is not installed: no comparison")
            return
        print(f"torchinfo      {1000 * cold.wall:8.1f} ms  {cold.peak / 1024:6.1f} MiB (VGG-16, best of 3)")
        print(f"torchinfo / cnncalc summary of VGG-16: {cold.wall / found['VGG-16'].wall:.1f} (goal: at least 25)")


if __name__ == "__main__":
    main()
