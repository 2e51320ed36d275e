"""A summary as a table, JSON, CSV, Markdown or LaTeX."""

from __future__ import annotations

import re
import sys
from typing import Any

from cnncalc.render.blocks import fitting_depth, shown
from cnncalc.render.columns import Rows, default
from cnncalc.render.forms import json, text
from cnncalc.render.forms.sheet import Column, Sheet
from cnncalc.render.forms.write import write


def sheet(data: dict[str, Any], chosen: list[Column] | None, depth: int, *, tree: bool, brief: bool) -> Sheet:
    """The table of a summary's data down to level ``depth`` (0: all), indented by level if ``tree``."""
    inputs = text.read_aloud(data["inputs"], data["axes"])
    title = f"{data['name']}: {inputs}" if data["name"] else inputs
    rows = Rows(data, list(shown(data, depth, headings=tree)), tree=tree, brief=brief and chosen is None)
    if chosen is None:
        chosen = default(branches=rows.branches)
    footer = _footer(data, chosen, depth) if "totals" in data else []
    return Sheet(title, chosen, rows.records(chosen), footer)


def _footer(data: dict[str, Any], chosen: list[Column], depth: int) -> list[str]:
    totals = data["totals"]
    found = {finding["message"] for finding in data["findings"]}  # these are listed below, with their places
    told = [{**row, "notes": [n for n in row["notes"] if f"{row['name']}: {n}" not in found]} for row in data["layers"]]
    lines = [] if any(column.key == "notes" for column in chosen) else notes(told)
    active = f", active {text.number(totals['active_params'])}" if totals["active_params"] != totals["params"] else ""
    lines += [
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
    deepest = max([row["depth"] for row in data["layers"]], default=1)
    if depth and depth < deepest:
        lines.append(f"Blocks are folded at depth {depth} of {deepest}: {len(data['layers'])} layers with --depth 0")
    return lines + [finding_line(finding) for finding in data["findings"]]


def finding_line(finding: dict[str, Any]) -> str:
    """A finding as a line below the table: ``warning: file:line:col: what``."""
    return f"{finding['severity']}: {finding['where']}: {text.printable(finding['message'])}"


_MANY = 6  # most lines of notes that are all written out
_AXIS = re.compile(r"([HWTZ]): (.*)", re.DOTALL)


def notes(layers: list[dict[str, Any]]) -> list[str]:
    """The notes of the rows, once for all axes and layers with the same note.

    If there are still many, once for all that differ only in numbers.
    """
    said: dict[str, list[str]] = {}
    for layer in layers:
        for note in dict.fromkeys(_without_repeated_axes(layer["notes"])):
            said.setdefault(note, []).append(layer["name"])
    if len(said) <= _MANY:
        return [f"{', '.join(names)}: {text.printable(note)}" for note, names in said.items()]
    alike: dict[str, list[tuple[str, list[str]]]] = {}
    for note, names in said.items():
        alike.setdefault(re.sub(r"\d+", "0", note), []).append((note, names))
    lines = []
    for (note, names), *others in alike.values():
        more = [name for _, called in others for name in called]
        likewise = f" (the same with other numbers: {', '.join(more)})" if more else ""
        lines.append(f"{', '.join(names)}: {text.printable(note)}{likewise}")
    return lines


def _without_repeated_axes(found: list[str]) -> list[str]:
    """Notes in which ``H: ...`` and ``W: ...`` that say the same are ``H, W: ...``."""
    axes: dict[str, list[str]] = {}
    for note in found:
        match = _AXIS.fullmatch(note)
        axes.setdefault(match[2] if match else note, []).append(match[1] if match else "")
    return [f"{', '.join(letters)}: {rest}" if all(letters) else rest for rest, letters in axes.items()]


def _short(value: Any, unit: str) -> str:
    short = text.quantity(value, unit)
    return f" ({short})" if short else ""


def as_json(data: dict[str, Any]) -> str:
    """JSON, one layer a line."""
    return json.lines(data)


FORMATS = ("table", "json", "csv", "markdown", "latex")


def render(
    data: dict[str, Any], format: str, chosen: list[Column] | None, *, depth: int | None = None, to_file: bool = False
) -> str:
    """A summary's data in one of FORMATS.

    ``chosen``: the columns, or None for the default ones. ``depth``: the level of blocks down to which there are rows;
    None: all in CSV, which is data, and elsewhere as many as fit on a page.
    """
    if format == "json":
        return as_json(data)
    if depth is None:
        depth = 0 if format == "csv" else fitting_depth(data)
    tree = format == "table" and sys.stdout.isatty() and not to_file
    return write(sheet(data, chosen, depth, tree=tree, brief=format != "csv"), format, to_file=to_file)


def above(data: dict[str, Any], chosen: list[Column] | None, depth: int | None) -> str:
    """The rows above a layer that does not fit, as a table for standard error."""
    level = fitting_depth(data) if depth is None else depth
    rows = sheet(data, chosen, level, tree=sys.stderr.isatty(), brief=True)
    return write(rows, "table", stream=sys.stderr)
