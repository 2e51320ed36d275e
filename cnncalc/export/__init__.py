"""A network as a file of another tool.

``tree.py`` derives the blocks of a network from the names of its layers; each target has its own file or folder.
Diagrams need only sizes; the others need a translation of each kind, and its weights.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from cnncalc.errors import UsageError, nearest
from cnncalc.export import missing
from cnncalc.kinds.base.kind import times

if TYPE_CHECKING:
    from cnncalc.limits import Limits
    from cnncalc.summary.rows import Summary

#: The targets, and the extension of a file for each.
ENDINGS = {
    "onnx": (".onnx",), "pytorch": (".py",), "keras": (".py",), "mermaid": (".mmd", ".mermaid"), "dot": (".dot", ".gv"),
}  # fmt: skip
TARGETS = tuple(ENDINGS)
TEXTS = ("pytorch", "keras", "mermaid", "dot")  # those that a terminal can show


def target_of(path: str) -> str:
    """The target for the extension of a file's name. Raises UsageError if there is none, or several."""
    meant = [target for target, endings in ENDINGS.items() if path.lower().endswith(endings)]
    if len(meant) > 1:
        raise UsageError(f'"{path}" may be {" or ".join(meant)}', help="name the target as well")
    if meant:
        return meant[0]
    known = ", ".join(f"{endings[0]} ({target})" for target, endings in ENDINGS.items())
    text = f'the ending of "{path}" does not name a target' if path else "no target is named"
    raise UsageError(text, help=f"one of {', '.join(TARGETS)}, or a file that ends in {known}")


def remark(summary: Summary, target: str) -> str:
    """A remark on sizes that are in another order than the spec's, or an empty text."""
    turned = {name: x for name, x in summary.inputs.items() if x.rank > 2}
    if target != "onnx" or summary.layout == "channels_first" or not turned:
        return ""
    sizes = ", ".join(f"{name} N×{times(x.written('channels_first'))}" for name, x in turned.items())
    return f"images and volumes are channels first in the file: {sizes}"


def export(
    summary: Summary, target: str, weights: str | Mapping[str, Any] | None, seed: int, limits: Limits
) -> list[Any]:
    """The file of a network for one of TARGETS, in pieces of bytes.

    ``weights`` and ``seed`` as in :meth:`Net.build`; a diagram has none. Raises UsageError, LimitError, or SpecError
    with every layer that the target cannot express.
    """
    if target not in TARGETS:
        help = nearest(target, TARGETS) or f"one of {', '.join(TARGETS)}"
        raise UsageError(f'there is no export to "{target}"', help=help)
    if target == "onnx":
        return _onnx(summary, weights, seed, limits)
    if target in ("pytorch", "keras"):
        return [_code(summary, target, weights, limits).encode("utf-8")]
    from cnncalc.export import dot, mermaid

    write = {"mermaid": mermaid.write, "dot": dot.write}[target]
    return [write(summary).encode("utf-8")]


def _onnx(summary: Summary, weights: str | Mapping[str, Any] | None, seed: int, limits: Limits) -> list[Any]:
    from cnncalc.export import onnx

    missing.check_sizes(summary)
    onnx.check(summary)
    from cnncalc.engine import initial

    return onnx.write(summary, initial.arrays(summary, weights, seed, limits))


def _code(summary: Summary, target: str, weights: str | Mapping[str, Any] | None, limits: Limits) -> str:
    from cnncalc.export import keras, pytorch

    missing.check_sizes(summary)
    write = {"pytorch": pytorch.write, "keras": keras.write}[target]
    text = write(summary, weights=weights is not None)
    if weights is not None:  # refuse now what the written file could not load later
        from cnncalc.engine import initial

        initial.arrays(summary, weights, 0, limits)
    return text
