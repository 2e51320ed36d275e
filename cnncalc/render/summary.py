"""A summary as a table, JSON, CSV, Markdown or LaTeX."""

from __future__ import annotations

from typing import Any

from cnncalc.errors import UsageError, nearest
from cnncalc.render.forms import json, text
from cnncalc.render.forms.sheet import Column, Sheet
from cnncalc.render.forms.write import write

COLUMNS = {
    column.key: column
    for column in (
        Column("name", "Layer"),
        Column("kind", "Kind"),
        Column("from", "From", "texts"),
        Column("output", "Output", "sizes"),
        Column("params", "Params", "number"),
        Column("trainable_params", "Trainable", "number"),
        Column("non_trainable_params", "Non-trainable", "number"),
        Column("weight_params", "Weights", "number"),
        Column("bias_params", "Biases", "number"),
        Column("macs", "MACs", "number"),
        Column("flops", "FLOPs", "number"),
        Column("receptive_field", "Receptive field", "sizes"),
        Column("effective_stride", "Eff. stride", "sizes"),
        Column("effective_padding", "Eff. padding", "sizes"),
        Column("activations", "Activations", "number"),
        Column("weight_bytes", "Weight bytes", "number"),
        Column("activation_bytes", "Activation bytes", "number"),
        Column("active_params", "Active params", "number"),
        Column("kv_cache_bytes", "KV cache bytes", "number"),
        Column("notes", "Notes", "texts"),
    )
}
DEFAULT = ("name", "kind", "output", "params", "macs", "receptive_field")


def columns(names: str | None) -> list[Column]:
    """The columns that ``--columns`` names, in its order. Raises UsageError."""
    chosen = [name.strip() for name in names.split(",")] if names is not None else list(DEFAULT)
    for name in chosen:
        if name not in COLUMNS:
            hint = nearest(name, COLUMNS)
            listed = f"columns: {', '.join(COLUMNS)}"
            raise UsageError(f'--columns: no column is called "{name}"', help=f"{hint} {listed}" if hint else listed)
    return [COLUMNS[name] for name in chosen]


def sheet(data: dict[str, Any], chosen: list[Column]) -> Sheet:
    """The table of a summary's data."""
    inputs = text.read_aloud(data["inputs"], data["axes"])
    title = f"{data['name']}: {inputs}" if data["name"] else inputs
    return Sheet(title, chosen, data["layers"], _footer(data, chosen))


def _footer(data: dict[str, Any], chosen: list[Column]) -> list[str]:
    totals = data["totals"]
    active = f", active {text.number(totals['active_params'])}" if totals["active_params"] != totals["params"] else ""
    lines = [
        f"Parameters: {text.number(totals['params'])}  (trainable {text.number(totals['trainable_params'])}, "
        f"non-trainable {text.number(totals['non_trainable_params'])}{active})",
        f"MACs: {text.number(totals['macs'])}{_short(totals['macs'], 'MACs')}, FLOPs: {text.number(totals['flops'])}",
    ]
    if isinstance(totals["peak_activation_bytes"], int):
        weights, outputs = text.memory(totals["weight_bytes"]), text.memory(totals["activation_bytes"])
        most = text.memory(totals["peak_activation_bytes"])
        lines.append(f"Memory in float32: weights {weights}, outputs {outputs}, most at one time {most}")
    if code := data.get("code"):
        count = "1 number" if code["activations"] == 1 else f"{text.number(code['activations'])} numbers"
        numbers = f"{count} for {text.number(code['inputs'])} of the input"
        ratio = f", compression {code['compression_ratio']:.4g} to 1" if code["compression_ratio"] else ""
        lines.append(f"Code: {text.sizes(code['output'])} after {text.printable(code['layer'])}, {numbers}{ratio}")
    if "notes" not in [column.key for column in chosen]:
        lines += [f"{row['name']}: {text.printable(note)}" for row in data["layers"] for note in row["notes"]]
    return lines + [finding_line(finding) for finding in data["findings"]]


def finding_line(finding: dict[str, Any]) -> str:
    """A finding as a line below the table: ``warning: file:line:col: what``."""
    return f"{finding['severity']}: {finding['where']}: {text.printable(finding['message'])}"


def _short(value: Any, unit: str) -> str:
    short = text.quantity(value, unit)
    return f" ({short})" if short else ""


def as_json(data: dict[str, Any]) -> str:
    """JSON, one layer a line."""
    return json.lines(data)


FORMATS = ("table", "json", "csv", "markdown", "latex")


def render(data: dict[str, Any], format: str, chosen: list[Column], *, to_file: bool = False) -> str:
    """A summary's data in one of FORMATS."""
    return as_json(data) if format == "json" else write(sheet(data, chosen), format, to_file=to_file)
