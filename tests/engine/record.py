"""Records what PyTorch makes of small networks, for machines without it: ``python tests/engine/record.py``.

Numbers of weights and inputs follow from their position (``pattern``), so only specs and outputs are kept.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).parent))
from conftest import Peer, patterned

import cnncalc
from cnncalc.kinds.activation import FUNCTIONS

WINDOWS = {
    "conv": "- conv: {filters: 3, kernel: 3, padding: 1}",
    "conv strided": "- conv: {filters: 3, kernel: 3, stride: 2, padding: same}",
    "conv same_lower": "- conv: {filters: 3, kernel: 2, padding: same_lower, bias: false}",
    "conv dilated": "- conv: {filters: 2, kernel: 3, dilation: 2, padding: [[2, 1], [2, 2]]}",
    "conv grouped": "- conv: {filters: 4, kernel: 3, groups: 2, activation: relu}",
    "conv 1": "- conv: {filters: 5, kernel: 1, activation: relu6}",
    "depthwise": "- depthwise_conv: {kernel: 3, multiplier: 2, padding: 1}",
    "separable": "- separable_conv: {filters: 3, kernel: 3}",
    "transposed": "- transposed_conv: {filters: 2, kernel: 3, stride: 2, padding: 1, output_padding: 1}",
    "transposed same": "- transposed_conv: {filters: 2, kernel: 2, stride: 3, padding: same, groups: 2}",
    "locally": "- locally_connected: {filters: 2, kernel: 3}",
    "maxpool": "- maxpool: {size: 3, stride: 2, padding: 1}",
    "maxpool ceil": "- maxpool: {size: 3, stride: 2, ceil_mode: true}",
    "avgpool": "- avgpool: {size: 3, stride: 2, padding: 1}",
    "avgpool same": "- avgpool: {size: 2, stride: 1, padding: same, count_include_pad: false}",
    "lppool": "- lppool: {size: 2, p: 3}",
    "dense": "- dense: 5",
    "dense unflattened": "- dense: {units: 5, flatten: false, activation: tanh}",
    **{name: f"- {name}" for name in (
        *FUNCTIONS, "prelu", "batchnorm", "layernorm", "rmsnorm", "instancenorm", "lrn", "scale", "flatten",
        "global_maxpool", "global_avgpool",
    )},
    "groupnorm": "- groupnorm: 2",
    "layernorm all": "- layernorm: {axes: all}",
    "bilinear": "- upsample: {factor: 2, mode: bilinear}",
    "nearest": "- upsample: [1, 2]",
    "pixel_shuffle": "- pixel_shuffle: 2",
    "pixel_unshuffle": "- pixel_unshuffle: 2",
    "channel_shuffle": "- channel_shuffle: 2",
    "split": "- split: {parts: 2, part: 2}",
    "permute": "- permute: [3, 1, 2]",
    "adaptive": "- adaptive_avgpool: [3, 2]",
    "adaptive max": "- adaptive_maxpool: 3",
    "residual": "- residual: {body: [{conv: {filters: 4, kernel: 3, padding: 1}}, batchnorm], activation: relu}",
    "concat": "- parallel: {branches: [[{conv: {filters: 2, kernel: 1}}], []], merge: concat}",
}  # fmt: skip


def recorded(text: str) -> dict[str, list[float]]:
    summary = cnncalc.parse(text).summary()
    arrays, feeds = patterned(summary)
    outputs = Peer(torch, summary, arrays).run(feeds)
    return {name: [float(str(n)) for n in outputs[name].ravel()] for name in summary.outputs}


if __name__ == "__main__":
    cases = {}
    for number, (name, layers) in enumerate(WINDOWS.items()):
        layout = ("channels_last", "channels_first")[number % 2]
        text = f"layout: {layout}\ninput: 4x4x4\nlayers:\n{layers}\n"
        cases[name] = {"spec": text, "outputs": recorded(text)}
    lines = ",\n".join(f"{json.dumps(name)}: {json.dumps(case)}" for name, case in cases.items())
    Path(__file__).with_name("recorded.json").write_text("{\n" + lines + "\n}\n")
