"""The working of every number: the same rules, fed letters that remember their values."""

from __future__ import annotations

from typing import NamedTuple

from cnncalc import rules
from cnncalc.explain import portions
from cnncalc.kinds.base.fields import traced
from cnncalc.kinds.base.kind import Kind, Note, Reach, Stage, axis_letters
from cnncalc.kinds.base.tracing import trace
from cnncalc.kinds.base.weights import count
from cnncalc.shape import Shape
from cnncalc.summary.receptive import START, ReceptiveField
from cnncalc.summary.rows import BYTES, Row, Summary
from cnncalc.symbolic.expr import Expr, Letter, Number, total, value
from cnncalc.symbolic.tree import letters


class Step(NamedTuple):
    """One line of working: ``letter = expression``; ``quantity`` says of what."""

    quantity: str
    letter: str
    expression: Number


class Explanation(NamedTuple):
    """The working of one layer, its notes, the meaning of its letters, and what happens inside."""

    name: str
    kind: str
    output: list[Number]
    steps: list[Step]
    notes: list[Note]
    legend: dict[str, str]
    stages: list[Stage]


def explain(summary: Summary, row: Row) -> Explanation:
    """The working of a row: its sizes, parameters, multiply-accumulates and receptive field."""
    kind, xs = trace(row.layer.kind, row.xs)
    output = kind.output(*xs)
    steps = _size_steps(row.output, output)
    if weights := row.layer.own(kind.weights(*xs)):
        steps += one_by_one(kind, xs, "params") or [Step("params", "params", count(weights))]
    if value(row.macs) != 0:
        steps += one_by_one(kind, xs, "macs") or [Step("macs", "MACs", kind.macs(out_letters(row.output), *xs))]
    if value(row.kv_cache_bytes) != 0:
        steps.append(Step("kv_cache_bytes", "KV", BYTES * kind.cached(*xs)))
    steps += _field_steps(summary, row, kind, xs)
    sizes = row.output.written(summary.layout)
    stages = kind.stages(*xs)
    numbers = [step.expression for step in steps] + [size for stage in stages for size in stage.sizes]
    meanings = legend(kind, numbers) | portions.legend(kind, xs)
    return Explanation(row.name, row.kind, sizes, steps, summary.notes(row), meanings, stages)


def one_by_one(kind: Kind, xs: tuple[Shape, ...], quantity: str) -> list[Step]:
    """The lines of a layer that is several in one; none where it is not."""
    last = {"params": "params", "macs": "MACs"}[quantity]
    return [Step(quantity, letter or last, number) for letter, number in portions.lines(kind, xs, quantity)]


_MEANINGS = {
    "H": "height", "W": "width", "T": "time steps", "Z": "depth", "C": "channels", "N": "features",
    "r": "receptive field", "j": "effective stride",
}  # fmt: skip


def legend(kind: Kind, numbers: list[Number]) -> dict[str, str]:
    """What each letter of the numbers means, in order of appearance."""
    fields = {field.letter: name.replace("_", " ") for name, field in kind.fields.items() if field.letter}
    found: dict[str, str] = {}
    for number in numbers:
        for name in letters(number):
            head, _, tail = name.partition("_")
            meaning = fields.get(name) or fields.get(head) or _MEANINGS.get(head)
            if meaning:
                own = tail == "out" or head in fields or name in fields
                found[name] = meaning if own else f"{meaning} of the input"
                found[name] += " of the output" if tail == "out" else f" {tail}" if tail and name not in fields else ""
    return found


def _size_steps(plain: Shape, output: Shape) -> list[Step]:
    axes = zip(axis_letters(plain), output.spatial, strict=True)
    steps = [Step("output", f"{letter}_out", size) for letter, size in axes]
    return [*steps, Step("output", "C_out" if plain.spatial else "N_out", output.channels)]


def out_letters(y: Shape) -> Shape:
    """The output as letters of its own: a product over positions is written with them, not with their working."""
    named = tuple(traced(size, f"{letter}_out") for size, letter in zip(y.spatial, axis_letters(y), strict=True))
    return Shape(named, traced(y.channels, "C_out" if y.spatial else "N_out"))


def _field_steps(summary: Summary, row: Row, kind: Kind, xs: tuple[Shape, ...]) -> list[Step]:
    """How the receptive field and the effective stride grow; nothing if positions pass straight through.

    Axes that are alike share their lines.
    """
    fields, reaches = summary.fields[row.index].fields, kind.reach(*xs)
    if fields is None or reaches is None or len(xs) != 1:
        return []
    source = row.layer.sources[0] - len(summary.inputs)
    before = summary.fields[source].fields if source >= 0 else (START,) * len(reaches)
    axes = list(zip(before or (), reaches, strict=True))
    alike = all((field, _values(reach)) == (axes[0][0], _values(axes[0][1])) for field, reach in axes)
    steps = []
    for letter, (field, reach) in zip(axis_letters(row.output), axes[:1] if alike else axes, strict=False):
        steps += _axis_steps(field, reach, "" if alike else letter)
    return steps


def _axis_steps(field: ReceptiveField, reach: Reach, letter: str) -> list[Step]:
    """Along one axis; no line where steps are fractions, because a map is finer than the input."""
    if type(field.size) is not int or type(field.jump) is not int:
        return []
    after, before = (f"out,{letter}", f"_{letter}") if letter else ("out", "")
    size, jump = Letter(f"r{before}", field.size), Letter(f"j{before}", field.jump)
    steps = []
    if value(reach.extent) != 1 and isinstance(reach.extent, int | Expr):
        steps.append(Step("receptive_field", f"r_{after}", rules.grown_field(size, jump, reach.extent)))
    if value(reach.step) != 1 and isinstance(reach.step, int | Expr):
        steps.append(Step("effective_stride", f"j_{after}", rules.grown_jump(jump, reach.step)))
    return steps


def _values(reach: Reach) -> tuple[Number, ...]:
    return tuple(value(number) for number in reach)


def totals(summary: Summary) -> list[tuple[str, Number]]:
    """The sums over the layers by name, each layer's number to be seen in its sum."""
    return [
        (name, total_of(summary.rows, key)) for name, key in (("Total parameters", "params"), ("Total MACs", "macs"))
    ]


def total_of(rows: list[Row], quantity: str) -> Number:
    """The sum of a quantity over layers, each layer's number to be seen in it."""
    numbers = ((row.name, getattr(row, quantity)) for row in rows)
    return total(traced(number, name) for name, number in numbers if value(number) != 0)


def choose(summary: Summary, layer: str | None) -> list[Row]:
    """All rows, or those of the layer or block called ``layer``. Raises UsageError if there is none."""
    if layer is None:
        return summary.rows
    block = summary.network.blocks.get(layer)
    if block:
        return summary.rows[block.first : block.last]
    row = summary.rows_by_name.get(layer)
    if row is None:
        raise summary.unknown(layer)
    return [row]
