"""A summary as the data of its JSON: plain numbers, texts and lists. All other formats are made from this."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cnncalc.render.blocks import Outline, blocks_data, input_sizes
from cnncalc.spec.demand import QUANTITIES, TOTALS
from cnncalc.summary import quantities
from cnncalc.symbolic.expr import Expr

if TYPE_CHECKING:
    from cnncalc.summary.finding import Finding
    from cnncalc.summary.rows import Row, Summary


def summary_data(summary: Summary, found: list[Finding], layout: str | None = None) -> dict[str, Any]:
    """The data of ``summary``: name, layout, inputs, layers, blocks, totals, outputs, findings; sizes in ``layout``."""
    layout = layout or summary.layout
    code = _code(summary, layout)
    return {
        **rows_data(summary, layout),
        "totals": {name: plain(quantities.total(summary, name, layout)) for name in TOTALS},
        "outputs": {name: plain(shape.written(layout)) for name, shape in summary.outputs.items()},
        **({"code": code} if code else {}),
        "findings": [_finding(finding) for finding in found],
    }


def rows_data(summary: Summary, layout: str | None = None) -> dict[str, Any]:
    """The data if only the first layers are known: name, layout, inputs, layers and blocks."""
    layout = layout or summary.layout
    outline = Outline(summary.network, len(summary.rows))
    fields: dict[int, dict[str, Any]] = {}  # by kind: equal layers share one
    return {
        "name": summary.name,
        "layout": layout,
        "inputs": {name: plain(shape.written(layout)) for name, shape in summary.inputs.items()},
        "axes": summary.axes(layout),
        "layers": [_row(summary, row, layout, outline, fields) for row in summary.rows],
        "blocks": plain(blocks_data(summary, outline, layout)),
    }


def _row(
    summary: Summary, row: Row, layout: str, outline: Outline, fields: dict[int, dict[str, Any]]
) -> dict[str, Any]:
    network, kind = summary.network, row.layer.kind
    if id(kind) not in fields:
        fields[id(kind)] = {name: plain(vars(kind)[field.attribute]) for name, field in kind.fields.items()}
    data: dict[str, Any] = {
        "name": row.name,
        "kind": row.kind,
        "depth": outline.layer_depth(row.name),
        "from": [network.value_name(source) for source in row.layer.sources],
        "input": plain(input_sizes(summary, row.layer.sources, layout)),
        "fields": fields[id(kind)],
        "trainable": row.layer.trainable,
    }
    data |= {name: plain(quantities.of_row(summary, row, name, layout)) for name in QUANTITIES}
    data["weights"] = plain(row.weights)
    data["notes"] = [note.text for note in summary.notes(row)]
    return data


def _code(summary: Summary, layout: str) -> dict[str, Any] | None:
    """The code of an autoencoder, as data."""
    if "encoder" not in summary.network.lists:
        return None
    from cnncalc.summary import autoencoder

    code = autoencoder.code(summary)
    return code and {
        "layer": code.row.name,
        "output": plain(code.output.written(layout)),
        "activations": plain(code.numbers),
        "inputs": plain(code.inputs),
        "compression_ratio": code.ratio,
    }


def _finding(finding: Finding) -> dict[str, Any]:
    data = finding._asdict()
    data["where"] = str(data.pop("mark"))
    keys = ("where", "severity", "layer", "quantity", "expected", "got", "message")
    return {key: plain(data[key]) for key in keys}


def plain(value: Any) -> Any:
    """``value`` with expressions as texts and tuples as lists."""
    if isinstance(value, Expr):
        return str(value)
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    return value
