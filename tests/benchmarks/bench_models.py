"""The whole process of ``cnncalc summary`` on a model of 100 MB against the same network as YAML.

    python tests/benchmarks/bench_models.py [RUNS]

The weights stay unread, so the size of the file must not show. Prints medians of wall and CPU time and their ratio.
"""

from __future__ import annotations

import compileall
import subprocess
import sys
import tempfile
from pathlib import Path

from bench_start import ROOT, SPECS, interleaved

GOAL = 1.5  # of the model to the YAML


def command(*arguments: str) -> list[str]:
    """A process of ``cnncalc`` with these arguments, from this folder."""
    program = f"import sys; sys.path.insert(0, {str(ROOT)!r}); from cnncalc.cli import main; main()"
    return [sys.executable, "-c", program, *arguments]


def main() -> None:
    """Print the ratio."""
    compileall.compile_dir(ROOT / "cnncalc", quiet=2)
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 25
    spec = str(SPECS / "resnet-50.yaml")
    with tempfile.TemporaryDirectory() as folder:
        model, whole = f"{folder}/resnet-50.onnx", f"{folder}/resnet-50.yaml"
        for arguments in (["export", spec, "--to", "onnx", "-o", model], ["import", model, "--flat", "-o", whole]):
            subprocess.run(command(*arguments), check=True)
        print(f"{Path(model).stat().st_size / 1e6:.1f} MB")
        cases = {"ONNX": model, "YAML": spec, "flat YAML": whole}
        found = interleaved({name: command("summary", path) for name, path in cases.items()}, runs)
    for name, one in found.items():
        print(f"{name:10} {1000 * one.wall:7.1f} ms  {1000 * one.cpu:7.1f} ms CPU  {one.peak / 1024:6.1f} MiB")
    for name in ("YAML", "flat YAML"):
        wall, cpu = found["ONNX"].wall / found[name].wall, found["ONNX"].cpu / found[name].cpu
        print(f"ONNX / {name}: {wall:.3f}, CPU {cpu:.3f} (goal: at most {GOAL})")


if __name__ == "__main__":
    main()
