"""The working of every number: the same rules, fed letters that remember their values."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from cnncalc import rules
from cnncalc.errors import UsageError, nearest
from cnncalc.expr import Letter, Number, value
from cnncalc.formula import write
from cnncalc.kinds.base import Kind, Misfit, Note, axis_letters
from cnncalc.kinds.fields import traced
from cnncalc.shape import Shape

if TYPE_CHECKING:
    from cnncalc.infer import Row, Summary
    from cnncalc.network.model import Layer


class Step(NamedTuple):
    """One line of working: ``letter = expression``; ``quantity`` says of what."""

    quantity: str
    letter: str
    expression: Number


class Explanation(NamedTuple):
    """The working of one layer, and what its row says besides."""

    name: str
    kind: str
    steps: list[Step]
    notes: list[Note]


def trace(kind: Kind, xs: tuple[Shape, ...]) -> tuple[Kind, tuple[Shape, ...]]:
    """The kind and its operands with a letter for each number: what its rules are fed to show their working."""
    letters = axis_letters(xs[0]) if xs else ()
    named = [_lettered(x, f"_{number}" if len(xs) > 1 else "") for number, x in enumerate(xs, 1)]
    return kind.mapped(traced, letters), tuple(named)


def _lettered(x: Shape, subscript: str) -> Shape:
    spatial = tuple(traced(size, letter + subscript) for size, letter in zip(x.spatial, axis_letters(x), strict=True))
    return Shape(spatial, traced(x.channels, ("C" if x.spatial else "N") + subscript))


def explain(summary: Summary, row: Row) -> Explanation:
    """The working of a row: its sizes, parameters, multiply-accumulates and receptive field."""
    kind, xs = trace(row.layer.kind, row.xs)
    output = kind.output(*xs)
    steps = _size_steps(row.output, output)
    if row.layer.shares is None and (weights := kind.weights(*xs)):
        from cnncalc.infer import count

        steps.append(Step("params", "params", count(weights)))
    if value(row.macs) != 0:
        steps.append(Step("macs", "MACs", kind.macs(_out_letters(row.output), *xs)))
    steps += _field_steps(summary, row, kind, xs)
    return Explanation(row.name, row.kind, steps, notes(summary, row))


def _size_steps(plain: Shape, output: Shape) -> list[Step]:
    letters = axis_letters(plain)
    steps = [Step("output", f"{letter}_out", size) for letter, size in zip(letters, output.spatial, strict=True)]
    return [*steps, Step("output", "C_out" if plain.spatial else "N_out", output.channels)]


def _out_letters(y: Shape) -> Shape:
    """The output as letters of its own: a product over positions is written with them, not with their working."""
    named = tuple(traced(size, f"{letter}_out") for size, letter in zip(y.spatial, axis_letters(y), strict=True))
    return Shape(named, traced(y.channels, "C_out" if y.spatial else "N_out"))


def _field_steps(summary: Summary, row: Row, kind: Kind, xs: tuple[Shape, ...]) -> list[Step]:
    """The receptive field's growth over a window; nothing where positions pass straight through."""
    fields, reaches = summary.fields[row.index].fields, kind.reach(*xs)
    if fields is None or reaches is None or len(xs) != 1:
        return []
    source = row.layer.sources[0] - len(summary.inputs)
    before = summary.fields[source].fields if source >= 0 else None
    steps = []
    letters = axis_letters(row.output)
    for axis, (letter, reach) in enumerate(zip(letters, reaches, strict=True)):
        if value(reach.extent) == 1:
            continue
        size, jump = (before[axis].size, before[axis].jump) if before else (1, 1)
        if type(jump) is not int or type(size) is not int:
            continue
        end = f"_{letter}" if len(letters) > 1 else ""
        grown = rules.grown_field(Letter(f"r{end}", size), Letter(f"j{end}", jump), reach.extent)
        steps.append(Step("receptive_field", f"r_out,{letter}" if end else "r_out", grown))
    return steps


def total(summary: Summary, quantity: str = "params") -> Number:
    """The sum of a quantity over the layers that have any of it, with each layer's number to be seen in it."""
    result: Number = 0
    for row in summary.rows:
        number = getattr(row, quantity)
        if value(number) != 0:
            result = result + traced(number, row.name)
    return result


def notes(summary: Summary, row: Row) -> list[Note]:
    """What a row says besides its numbers."""
    found = list(row.layer.kind.notes(*row.xs))
    if found:
        kind, xs = trace(row.layer.kind, row.xs)
        found = kind.notes(*xs)
    if row.layer.shares is not None:
        found.append(Note(f"uses the weights of {summary.network.layers[row.layer.shares].name}, counted there"))
    return found


def refusal(layer: Layer, xs: tuple[Shape, ...], misfit: Misfit) -> tuple[str, ...]:
    """The working of the size that came out wrong."""
    if misfit.number is None:
        return ()
    kind, letters = trace(layer.kind, xs)
    try:
        kind.output(*letters)
    except Misfit as again:
        number = again.number
        return (f"{misfit.letter}_out = {write(number)} = {write(value(number))}",)
    return ()


def choose(summary: Summary, layer: str | None) -> list[Row]:
    """All rows, or those of the layer or block called ``layer``. Raises UsageError where there is none."""
    if layer is None:
        return summary.rows
    block = summary.network.blocks.get(layer)
    if block:
        return summary.rows[block.first : block.last]
    row = summary.rows_by_name.get(layer)
    if row is None:
        known = [*summary.rows_by_name, *summary.network.blocks]
        listed = ", ".join(known[:12]) + (", ..." if len(known) > 12 else "")
        raise UsageError(f'no layer is called "{layer}"', help=nearest(layer, known) or f"layers: {listed}")
    return [row]
