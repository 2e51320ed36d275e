"""The operators of models, by the names that ONNX gives them: the layer for each of them.

A file holds operators of one family in ``OPERATORS``, a function for each: it reads the node's inputs and settings, and
adds the layer. Raises :class:`~cnncalc.models.importer.Unsupported` for a setting that no layer has.
"""

from __future__ import annotations

from cnncalc.models.graph import Node
from cnncalc.models.importer import Importer, Operator, Unsupported
from cnncalc.models.operators import (
    attending,
    constants,
    convolution,
    cutting,
    dense,
    joining,
    merging,
    norm,
    pointwise,
    pooling,
    recurrent,
    shaping,
)

_ALL: dict[str, Operator] = {
    **attending.OPERATORS,
    **constants.OPERATORS,
    **convolution.OPERATORS,
    **cutting.OPERATORS,
    **dense.OPERATORS,
    **joining.OPERATORS,
    **merging.OPERATORS,
    **norm.OPERATORS,
    **pointwise.OPERATORS,
    **pooling.OPERATORS,
    **recurrent.OPERATORS,
    **shaping.OPERATORS,
}


def find(op: str) -> Operator | None:
    """The reader of the operator ``op``; None if there is none."""
    return _ALL.get(op) or (_folded if op in constants.WORK else None)


def _folded(importer: Importer, node: Node) -> None:
    """An operator that is supported on constants only."""
    raise Unsupported(f"the operator {node.op} on a computed value is not read")
