"""A run as a table or as JSON."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from cnncalc.render import gradients, objective, trace
from cnncalc.render.forms import json, text
from cnncalc.render.forms.sheet import Column, Sheet
from cnncalc.render.forms.write import write
from cnncalc.render.objective import finite

if TYPE_CHECKING:
    from cnncalc.engine.run import LayerRun, Run

FORMATS = ("table", "json")
MOST = 1000  # numbers of an output that JSON lists
SHOWN = 8  # numbers of an output that the table lists

COLUMNS = [
    Column("name", "Layer"),
    Column("kind", "Kind"),
    Column("output", "Output", "sizes"),
    *(Column(key, heading, "number") for key, heading in (
        ("ms", "ms"), ("mean", "Mean"), ("std", "Std"), ("min", "Min"), ("max", "Max"),
    )),
]  # fmt: skip


def run_data(run: Run) -> dict[str, Any]:
    """The data of a run's JSON. A number that is not finite is null."""
    data = {
        "layers": [_layer(run, layer) for layer in run.layers],
        "outputs": {
            name: {"shape": list(array.shape), "values": [_exact(n) for n in array.ravel()[:MOST]]}
            for name, array in run.outputs.items()
        },
        "ms": round(run.seconds * 1000, 3),
    }
    if run.objective:
        data["objective"] = objective.data(run.objective)
    if run.gradients:
        data["gradients"] = gradients.data(run, run.gradients)
    return {**data, "trace": trace.data(run.traced)} if run.traced else data


def _layer(run: Run, layer: LayerRun) -> dict[str, Any]:
    row, numbers = layer.row, layer.statistics
    return {
        "name": row.name,
        "kind": row.kind,
        "output": row.output.written(run.summary.layout),
        "ms": round(layer.seconds * 1000, 3),
        **{key: finite(getattr(numbers, key)) for key in ("mean", "std", "min", "max")},
    }


def _exact(number: Any) -> Any:
    """A number of an array in its shortest form: 0.1, not 0.10000000149011612."""
    if not math.isfinite(number):
        return None
    return float(str(number)) if number.dtype.kind == "f" else int(number)


def render(run: Run, format: str) -> str:
    """A run in one of FORMATS."""
    if format == "json":
        return json.lines(run_data(run))
    data = run_data(run)
    rows = [{**row, **{key: _short(row[key]) for key in ("ms", "mean", "std", "min", "max")}} for row in data["layers"]]
    footer = [
        *_totals(run),
        *_broken(run),
        *(_output(name, array) for name, array in {**run.chosen, **run.outputs}.items()),
    ]
    footer += objective.lines(run.objective) if run.objective else []
    footer += trace.lines(run.traced) if run.traced else []
    footer += gradients.lines(run, run.gradients) if run.gradients else []
    footer += gradients.chain(run.chain) if run.chain else []
    return write(Sheet(_title(run), COLUMNS, rows, footer), "table")


def _title(run: Run) -> str:
    summary = run.summary
    sizes = {name: shape.written(summary.layout) for name, shape in summary.inputs.items()}
    inputs = text.read_aloud(sizes, summary.axes())
    return f"{summary.name}: {inputs}" if summary.name else inputs


def _short(number: float | None) -> str | None:
    """Four digits, in plain notation if that is short."""
    return None if number is None else f"{number:.4g}"


def _totals(run: Run) -> list[str]:
    operations = run.batch * sum(layer.row.flops for layer in run.layers)
    speed = f", {operations / run.seconds / 1e9:.4g} GFLOP/s" if run.seconds and operations else ""
    examples = "1 example" if run.batch == 1 else f"{run.batch} examples"
    return [f"{examples} in {run.seconds * 1000:.4g} ms{speed}"]


def _broken(run: Run) -> list[str]:
    """The first layer with numbers that are not finite, and how many there are."""
    for layer in run.layers:
        if layer.statistics.broken:
            return [f"{layer.row.name} is the first layer with numbers that are not finite: {layer.statistics.broken}"]
    return []


def _output(name: str, array: Any) -> str:
    numbers = array.ravel()
    listed = ", ".join(f"{n:.4g}".replace("-", "−") for n in numbers[:SHOWN]) + (", …" if len(numbers) > SHOWN else "")
    return f"{text.printable(name)} [{text.sizes(list(array.shape))}]: {listed}"
