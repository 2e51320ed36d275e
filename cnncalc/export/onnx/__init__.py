"""An ONNX file: a function for each kind adds its operators.

A file holds kinds of one family in ``KINDS``. A function takes the builder, the row and the names of the values that
the layer reads; it adds nodes and returns the name of the value. Raises
:class:`~cnncalc.export.missing.Untranslated` for a setting without operators.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from cnncalc.errors import LimitError
from cnncalc.export.missing import Missing, Untranslated
from cnncalc.export.onnx import attention, norms, pointwise, sequences, shaping, windows
from cnncalc.export.onnx.builder import Builder
from cnncalc.kinds.base.activated import added
from cnncalc.summary.rows import BYTES, Summary

MOST_BYTES = 2 << 30  # of a message of protobuf

KINDS: dict[str, Callable[..., str]] = {
    **attention.KINDS, **norms.KINDS, **pointwise.KINDS, **sequences.KINDS, **shaping.KINDS, **windows.KINDS,
}  # fmt: skip


def check(summary: Summary) -> None:
    """Raise SpecError if a kind has no operators, LimitError if the weights do not fit into a file."""
    missing = Missing("ONNX")
    for row in summary.rows:
        if row.kind not in KINDS:
            missing.add(row, row.kind)
    missing.check()
    size = BYTES * summary.totals.params
    if size >= MOST_BYTES:
        text = f"the weights take {size:,} bytes; an ONNX file holds less than {MOST_BYTES:,}"
        raise LimitError(text, help="export a part of the network, or to pytorch")


def write(summary: Summary, arrays: Mapping[str, Any]) -> list[Any]:
    """The file in pieces of bytes. Raises SpecError with every layer that has no operators."""
    out, missing = Builder(summary, arrays), Missing("ONNX")
    values = list(summary.inputs)
    for row in summary.rows:
        out.begin(row)
        try:
            y = KINDS[row.kind](out, row, *(values[source] for source in row.layer.sources))
            function = added(row.layer.kind)
            if function is not None:
                y = pointwise.function(out, function, y, row.output)
            out.end(y, row)
        except Untranslated as reason:
            missing.add(row, str(reason))
        values.append(row.name)
    missing.check()
    pieces: list[Any] = out.pieces()
    return pieces
