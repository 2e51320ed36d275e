"""Writes recorded_sequence.npz: what PyTorch puts out for the cases of torched_sequence.py, for machines without it.

    python tests/engine/record_sequence.py

The arrays of a case lie one after the other in a vector of its name; ``manifest`` says in JSON what they are.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np

RECORDED = Path(__file__).parent / "recorded_sequence.npz"


def recorded() -> dict[str, tuple[str, dict[str, dict[str, np.ndarray]]]]:
    """Every case: its spec, and its arrays: ``inputs``, ``weights`` and ``output`` by name."""
    with np.load(RECORDED) as file:
        manifest = json.loads(str(file["manifest"]))
        return {name: (case["spec"], _unpacked(case["arrays"], file[name])) for name, case in manifest.items()}


def _unpacked(listed: list[Any], numbers: np.ndarray) -> dict[str, dict[str, np.ndarray]]:
    found: dict[str, dict[str, np.ndarray]] = {}
    for group, name, sizes in listed:
        count = int(np.prod(sizes))
        found.setdefault(group, {})[name] = numbers[:count].reshape(sizes)
        numbers = numbers[count:]
    return found


def record() -> None:
    sys.path.insert(0, str(RECORDED.parent))
    import torched_sequence as torched

    manifest, vectors = {}, {}
    for name, case in torched.cases().items():
        groups = {"inputs": case.inputs, "weights": case.arrays, "output": {"output": case.output}}
        arrays = [(group, key, array) for group, named in groups.items() for key, array in named.items()]
        listed = [(group, key, array.shape) for group, key, array in arrays]
        manifest[name] = {"spec": case.text, "arrays": listed}
        vectors[name] = np.concatenate([array.ravel() for _, _, array in arrays]).astype(np.float32)
    np.savez_compressed(RECORDED, manifest=np.array(json.dumps(manifest)), **vectors)


if __name__ == "__main__":
    record()
