"""The kinds of layers for a reader."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cnncalc.render.forms import json
from cnncalc.render.forms.sheet import Column, Sheet
from cnncalc.render.forms.table import as_table

if TYPE_CHECKING:
    from cnncalc.explain.kind import Description

FORMATS = ("table", "json")


def as_list(descriptions: list[Description], format: str, *, to_file: bool = False) -> str:
    """All kinds: a line each, or JSON."""
    if format == "json":
        return json.dumps([_data(description) for description in descriptions], 1) + "\n"
    columns = [Column("kind", "Kind"), Column("fields", "Fields (* must be given)"), Column("text", "What it does")]
    groups: dict[str, list[dict[str, Any]]] = {}
    for d in descriptions:
        fields = ", ".join(_field(field) for field in d.fields)
        groups.setdefault(d.group, []).append({"kind": d.kind, "fields": fields, "text": d.text})
    tables = [as_table(Sheet(name, columns, rows), to_file=to_file) for name, rows in groups.items()]
    blocks = "Blocks: residual, parallel, repeat, sequential, moe, define, use."
    return "\n".join([*tables, f"{blocks}\ncnncalc kinds KIND shows one with its rules.\n"])


def _field(field: dict[str, Any]) -> str:
    return f"{field['name']}*" if field["default"] == "must be given" else f"{field['name']} {field['default']}"


def _data(description: Description) -> dict[str, Any]:
    data = description._asdict()
    data["rules"] = dict(description.rules)
    return data


def one(description: Description, format: str, *, to_file: bool = False) -> str:
    """One kind: what it does, its fields, its rules, and their source."""
    if format == "json":
        return json.dumps(_data(description), 1) + "\n"
    rows = description.fields
    columns = [
        Column("name", "Field"),
        Column("letter", "Letter"),
        Column("default", "Default"),
        Column("doc", "Meaning"),
    ]
    lines = [f"{description.kind}: {description.text}", ""]
    if rows:
        lines += [as_table(Sheet("", columns, rows), to_file=to_file).strip("\n"), ""]
    lines += [f"{name} = {rule}" for name, rule in description.rules]
    lines += [""] * bool(description.rules) + ["Example:", *(f"  {line}" for line in description.example.split("\n"))]
    known = {"PyTorch": "pytorch", "Keras": "keras", "elsewhere": "others"}
    named = {name: ", ".join(description.names.get(key, ())) or "-" for name, key in known.items()}
    lines += ["", f"In PyTorch: {named['PyTorch']}", f"In Keras: {named['Keras']}"]
    lines += [f"Elsewhere: {named['elsewhere']}"] if named["elsewhere"] != "-" else []
    lines += ["", f"Reference: {description.reference}"] if description.reference else []
    return "\n".join(lines) + "\n"
