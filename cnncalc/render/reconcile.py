"""Ways of counting, as text, JSON or Markdown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cnncalc.render.forms import json
from cnncalc.render.forms.answer import as_data, written
from cnncalc.render.forms.markup import markdown
from cnncalc.render.forms.text import printable
from cnncalc.render.working import equation

if TYPE_CHECKING:
    from cnncalc.check.slips.reconcile import Reconciliation, Way

FORMATS = ("text", "json", "markdown")


def render(found: Reconciliation, format: str) -> str:
    """The result in one of FORMATS."""
    if format == "json":
        return json.dumps(_data(found), 1) + "\n"
    lines = _lines(found)
    if format == "markdown":
        return "\n".join([f"**{markdown(lines[0])}**", "", *(f"- {markdown(line)}" for line in lines[1:])]) + "\n"
    return "\n".join([lines[0], *(f"  {line}" for line in lines[1:])]) + "\n"


def _data(found: Reconciliation) -> dict[str, Any]:
    return {
        "layer": found.key.layer, "quantity": found.key.quantity, "value": as_data(found.value),
        "computed": as_data(found.computed), "agrees": found.agrees,
        "ways": [_way(way) for way in found.ways], "nearest": [_way(way) for way in found.nearest],
    }  # fmt: skip


def _way(way: Way) -> dict[str, Any]:
    working = [equation(step) for step in way.steps]
    return {"said": way.said, "value": as_data(way.value), "convention": way.convention, "working": working}


def _lines(found: Reconciliation) -> list[str]:
    name = str(found.key)
    value, computed = written(found.value, name), written(found.computed, name)
    if found.agrees:
        return [f"{name} is {computed}, as given"]
    if not found.ways:
        told = [f"{written(way.value, name)}: {computed} {way.said}" for way in found.nearest]
        nearest = ". The nearest are" if told else ""
        return [f"{name} is {computed}; no way of counting gives {value}{nearest}", *map(printable, told)]
    return [f"{name} is {computed}; {value} is", *(printable(_line(computed, way)) for way in found.ways)]


def _line(computed: str, way: Way) -> str:
    kind = " (a convention)" if way.convention else ""
    return f"{computed} {way.said}{kind}" + "".join(f"; {equation(step)}" for step in way.steps)
