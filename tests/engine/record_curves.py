"""Records PyTorch's loss curves for machines without it: ``python tests/engine/record_curves.py``."""

from __future__ import annotations

import json
from pathlib import Path

import torch
import torched_training as replay

if __name__ == "__main__":
    curves = {
        f"{name} {optimizer}": replay.curve(torch, name, optimizer)
        for name in replay.NETWORKS
        for optimizer in replay.OPTIMIZERS
    }
    path = Path(__file__).parents[1] / "facts" / "loss_curves.json"
    path.write_text(json.dumps(curves, indent=1) + "\n", encoding="utf-8")
