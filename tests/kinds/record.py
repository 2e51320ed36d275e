"""Writes down what PyTorch says of some hundred random layers: ``python tests/kinds/record.py``."""

from __future__ import annotations

import json
import random
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import test_windows as tests

rng = random.Random(11)
cases = [tests.drawn(rng) for _ in range(400)]
lines = [json.dumps({**case, "torch": tests.torchs(case)}, separators=(",", ":")) for case in cases]
tests.RECORDED.write_text("[\n" + ",\n".join(lines) + "\n]\n")
print(f"{len(cases)} layers, {sum('null' not in line for line in lines)} of them fit")
