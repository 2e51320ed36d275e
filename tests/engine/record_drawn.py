"""Writes recorded_drawn.json: what PyTorch puts out for the first layers of torched_drawn.py, for machines without it.

python tests/engine/record_drawn.py
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
import torched_drawn as torched

EACH = 2


def listed(array: np.ndarray) -> list[float]:
    """Nested lists of numbers as float32 has them."""
    return np.vectorize(lambda n: float(f"{n:.8g}"), otypes=[float])(array).tolist()


if __name__ == "__main__":
    lines = []
    for name in torched.DRAWERS:
        cases = []
        for seed in range(1000, 1000 + EACH):
            drawn = torched.drawn(name, seed)
            arrays = {
                group: {key: listed(a) for key, a in getattr(drawn, group).items()} for group in ("weights", "inputs")
            }
            cases.append({"text": drawn.text, **arrays, "output": listed(drawn.output)})
        lines.append(f"{json.dumps(name)}: {json.dumps(cases, separators=(',', ':'))}")
    Path(__file__).with_name("recorded_drawn.json").write_text("{\n" + ",\n".join(lines) + "\n}\n")
