"""The blocks and ``define`` for a reader: pages like those of kinds."""

from __future__ import annotations

from typing import Any

from cnncalc.explain.kind import Description
from cnncalc.network.blocks import MERGES
from cnncalc.spec import vocabulary

_ACTIVATION = ("activation", "none", "an activation function at the end")
_COMMON = ("name", "kind and a number", "the name of the block; its layers are called name/layer")

#: What each block does, its fields as (name, default, meaning), and an example.
PAGES: dict[str, tuple[str, tuple[tuple[str, str, str], ...], str]] = {
    "residual": (
        "body(x) + shortcut(x), then the activation. Without a shortcut x itself is added.",
        (
            ("body", "must be given", "the layers of the main way (layers does as well), or one layer"),
            ("shortcut", "x itself", "the layers of the other way"),
            _ACTIVATION,
            _COMMON,
        ),
        "- residual:\n"
        "    body:\n"
        "      - conv: {filters: 64, kernel: 3, stride: 2, padding: 1}\n"
        "      - conv: {filters: 64, kernel: 3, padding: 1}\n"
        "    shortcut:\n"
        "      - conv: {filters: 64, kernel: 1, stride: 2}\n"
        "    activation: relu",
    ),
    "parallel": (
        "Branches side by side on the same x, merged. An empty branch [] is x itself.",
        (
            ("branches", "must be given", "a list of branches; each is a list of layers, or one layer"),
            ("merge", "concat", "how they are merged: " + ", ".join(MERGES)),
            _COMMON,
        ),
        "- parallel:\n"
        "    merge: concat\n"
        "    branches:\n"
        "      - conv: {filters: 64, kernel: 1}\n"
        "      - [conv: {filters: 96, kernel: 1}, conv: {filters: 128, kernel: 3, padding: same}]",
    ),
    "repeat": (
        "The layers several times in a row, each time with their own weights.",
        (
            ("times", "must be given", "how many times; 0 is none"),
            ("layers", "must be given", "the layers (body does as well), or one layer"),
            _COMMON,
        ),
        "- repeat:\n    times: 3\n    layers:\n      - conv: {filters: 64, kernel: 3, padding: same}\n      - relu",
    ),
    "sequential": (
        "Layers one after the other, under one name.",
        (("layers", "must be given", "the layers (body does as well), or one layer"), _COMMON),
        "- sequential: [conv: {filters: 8, kernel: 3}, relu]",
    ),
    "moe": (
        "A mixture of experts: a router (a dense layer without bias, the row NAME/router), and the layers once for "
        "each expert. Each position goes through the top experts for which the router gives the largest numbers; their "
        "softmax weighs the experts' outputs in a sum. params counts all of them, macs and active_params the top ones.",
        (
            ("experts", "must be given", "copies of the layers, each with weights of its own"),
            ("top", "must be given", "experts that a position goes through"),
            ("layers", "must be given", "the layers of one expert (body does as well), or one layer"),
            _COMMON,
        ),
        "- embedding: {vocab: 1000, dim: 64}\n"
        "- moe:\n    experts: 8\n    top: 2\n    layers:\n"
        "      - dense: {units: 256, activation: relu}\n      - dense: 64",
    ),
    "define": (
        "At the top of the file: named blocks with arguments, which number fields may use in arithmetic.",
        (
            ("args", "none", "names with their defaults (null: must be given), or a list of names"),
            ("layers", "must be given", "the layers of the block"),
            ("shared", "false", "every use has the weights of the first"),
        ),
        "define:\n"
        "  bottleneck:\n"
        "    args: {width: null, stride: 1}\n"
        "    layers:\n"
        "      - conv: {filters: width, kernel: 1}\n"
        "      - conv: {filters: 4*width, kernel: 3, stride: stride, padding: 1}\n"
        "input: 56x56x64\n"
        "layers:\n"
        "  - bottleneck: {width: 64}\n"
        "  - bottleneck: 64",
    ),
    "use": (
        "A block that define names, with its arguments; or, with layer, a layer above once more with the same weights.",
        (
            ("block", "must be given", "the name of the block; - NAME: {...} is short for it"),
            ("layer", "none", "instead of block: a layer or block above, whose weights are used again"),
            _COMMON,
        ),
        "- conv: {name: c, filters: 3, kernel: 3, padding: same}\n- relu\n- use: {layer: c}",
    ),
}


def describe(word: str) -> Description:
    """The page of a block."""
    text, fields, example = PAGES[word]
    rows: list[dict[str, Any]] = [
        {"name": name, "letter": "", "default": default, "doc": doc} for name, default, doc in fields
    ]
    return Description(word, text, rows, [], "", example, vocabulary.names(word), "blocks")
