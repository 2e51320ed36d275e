"""The settings that operators with windows share, as fields of ours."""

from __future__ import annotations

from typing import Any

from cnncalc.models.graph import Node
from cnncalc.models.importer import Unsupported


def one(numbers: list[int]) -> Any:
    """One number if all are the same, else the list."""
    return numbers[0] if len(set(numbers)) == 1 else list(numbers)


def padding(node: Node, rank: int) -> Any:
    """``pads`` (all beginnings, then all ends) or ``auto_pad`` as our padding."""
    word = node.settings.get("auto_pad", "NOTSET")
    if word in ("SAME_UPPER", "SAME_LOWER"):
        return "same" if word == "SAME_UPPER" else "same_lower"
    pads = [0] * 2 * rank if word == "VALID" else list(node.settings.get("pads") or [0] * 2 * rank)
    if len(pads) != 2 * rank or min(pads) < 0:
        raise Unsupported(f"{node.op} with the pads {pads}")
    begins, ends = pads[:rank], pads[rank:]
    return one(begins) if begins == ends else [list(pair) for pair in zip(begins, ends, strict=True)]


def fields(node: Node, rank: int, kernel: list[int], name: str = "kernel") -> dict[str, Any]:
    """Kernel, stride, padding and dilation, if not at their defaults."""
    if len(kernel) != rank:
        raise Unsupported(f"{node.op} with a window of {len(kernel)} axes over {rank}")
    strides, dilations = (list(node.settings.get(key) or [1] * rank) for key in ("strides", "dilations"))
    if min((*kernel, *strides, *dilations), default=0) < 1:
        raise Unsupported(f"{node.op} with a window of {kernel}, strides {strides} and dilations {dilations}")
    found: dict[str, Any] = {name: one(kernel)}
    if name == "size" or set(strides) != {1}:
        found["stride"] = one(strides)
    if (pad := padding(node, rank)) != 0:
        found["padding"] = pad
    if set(dilations) != {1}:
        found["dilation"] = one(dilations)
    return found
