"""Writes what PyTorch puts out for the cases of a file, for machines without it: recorded_sequence.npz of
torched_sequence.py, recorded_attention.npz of torched_attention.py, recorded_swin.npz of torched_swin.py (torchvision).

    python tests/engine/record_sequence.py sequence attention swin

The arrays of a case lie one after the other in a vector of its name; ``manifest`` says in JSON what they are.
"""

from __future__ import annotations

import json
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

HERE = Path(__file__).parent


def recorded(which: str = "sequence") -> dict[str, tuple[str, dict[str, dict[str, np.ndarray]]]]:
    """Every case: its spec, and its arrays: ``inputs``, ``weights`` and ``output`` by name."""
    with np.load(HERE / f"recorded_{which}.npz") as file:
        manifest = json.loads(str(file["manifest"]))
        return {name: (case["spec"], _unpacked(case["arrays"], file[name])) for name, case in manifest.items()}


def _unpacked(listed: list[Any], numbers: np.ndarray) -> dict[str, dict[str, np.ndarray]]:
    found: dict[str, dict[str, np.ndarray]] = {}
    for group, name, sizes in listed:
        count = int(np.prod(sizes))
        found.setdefault(group, {})[name] = numbers[:count].reshape(sizes)
        numbers = numbers[count:]
    return found


def record(which: str) -> None:
    torched = import_module(f"torched_{which}")
    manifest, vectors = {}, {}
    for name, case in torched.cases().items():
        groups = {"inputs": case.inputs, "weights": case.arrays, "output": {"output": case.output}}
        arrays = [(group, key, array) for group, named in groups.items() for key, array in named.items()]
        listed = [(group, key, array.shape) for group, key, array in arrays]
        manifest[name] = {"spec": case.text, "arrays": listed}
        vectors[name] = np.concatenate([array.ravel() for _, _, array in arrays]).astype(np.float32)
    np.savez_compressed(HERE / f"recorded_{which}.npz", manifest=np.array(json.dumps(manifest)), **vectors)


if __name__ == "__main__":
    sys.path.insert(0, str(HERE))
    for which in sys.argv[1:]:
        record(which)
