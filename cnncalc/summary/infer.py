"""One walk over a network: the sizes, parameters and multiply-accumulates of every layer, as plain data."""

from __future__ import annotations

from functools import cached_property
from typing import NamedTuple

from cnncalc.errors import LimitError, Problem, SpecError
from cnncalc.kinds.base import tracing
from cnncalc.kinds.base.kind import Kind, Misfit, Note, Weights, times
from cnncalc.limits import over
from cnncalc.network.model import Layer, Network
from cnncalc.shape import Shape
from cnncalc.summary import receptive
from cnncalc.summary.receptive import Seen
from cnncalc.summary.totals import Totals
from cnncalc.symbolic.expr import Number, coefficients, every_part, everywhere, product

BYTES = 4  # of a number, float32
PARTS = 200  # letters, numbers and signs in the formula of a size with unknown letters


class Measured(NamedTuple):
    """What a kind makes of its operands: a function of its fields and their sizes alone."""

    output: Shape
    weights: Weights
    params: Number
    macs: Number


_REMEMBERED = 64  # operands that a kind remembers


def measured(kind: Kind, xs: tuple[Shape, ...]) -> Measured:
    """Output, weights, parameters and multiply-accumulates of ``kind`` on ``xs``, worked out once. Raises Misfit."""
    known = kind.measured.get(xs)
    if known is None:
        output, weights = kind.output(*xs), kind.weights(*xs)
        known = Measured(output, weights, count(weights), kind.macs(output, *xs))
        if len(kind.measured) >= _REMEMBERED:
            kind.measured.clear()
        kind.measured[xs] = known
    return known


class Row:
    """A layer with what was worked out for it. Sizes are whole numbers, or expressions where a letter is unknown."""

    __slots__ = ("layer", "index", "xs", "output", "weights", "params", "macs", "summary")
    summary: Summary

    def __init__(self, layer: Layer, index: int, xs: tuple[Shape, ...], numbers: Measured) -> None:
        self.layer, self.index, self.xs = layer, index, xs
        self.output, self.weights, self.params, self.macs = numbers

    def __repr__(self) -> str:
        sizes = "×".join(map(str, self.output.written(self.summary.layout)))
        return f"<Row {self.name} ({self.kind}): output {sizes}, {self.params} parameters>"

    @property
    def name(self) -> str:
        return self.layer.name

    @property
    def kind(self) -> str:
        return self.layer.kind.word()

    @property
    def non_trainable_params(self) -> Number:
        return self.params - self.trainable_params

    @property
    def trainable_params(self) -> Number:
        if not self.layer.trainable:
            return 0
        return count({name: sizes for name, sizes in self.weights.items() if not is_moving(name)})

    @property
    def bias_params(self) -> Number:
        if not self.layer.trainable:
            return 0
        return count({name: sizes for name, sizes in self.weights.items() if is_bias(name)})

    @property
    def weight_params(self) -> Number:
        return self.trainable_params - self.bias_params

    @property
    def flops(self) -> Number:
        return 2 * self.macs

    @property
    def activations(self) -> Number:
        return product(self.output.sizes)

    @property
    def receptive_field(self) -> list[Number] | None:
        """For each spatial axis; None where there is none. So for the effective stride and padding."""
        return receptive.axial(self.summary.fields[self.index].fields, "receptive_field")

    @property
    def effective_stride(self) -> list[Number] | None:
        return receptive.axial(self.summary.fields[self.index].fields, "effective_stride")

    @property
    def effective_padding(self) -> list[Number] | None:
        return receptive.axial(self.summary.fields[self.index].fields, "effective_padding")

    @property
    def weight_bytes(self) -> Number:
        return BYTES * self.params

    @property
    def activation_bytes(self) -> Number:
        return BYTES * self.activations


def is_moving(name: str) -> bool:
    """Whether a weight array holds moving statistics, which are not trained."""
    return name.startswith("moving_")


def is_bias(name: str) -> bool:
    """Whether a weight array is added rather than multiplied: a bias, or the shift of a normalisation."""
    return name.endswith("bias") or name == "beta"


def count(weights: Weights) -> Number:
    """How many numbers the arrays hold; what is common to all of them, their last size, is put outside the brackets:
    ``(3·3·3 + 1)·32``.
    """
    if not weights:
        return 0
    sizes = list(weights.values())
    last = sizes[0][-1]
    if all(everywhere(size[-1] == last) for size in sizes):
        rest: Number = 0
        for size in sizes:
            rest = rest + product(size[:-1])
        return rest * last
    total: Number = 0
    for size in sizes:
        total = total + product(size)
    return total


class Summary:
    """What was worked out of a network: ``rows`` in running order, and the shapes of its inputs."""

    def __init__(self, network: Network, rows: list[Row]) -> None:
        self.network, self.rows = network, rows
        self.layout = network.layout  # the order in which sizes are written
        for row in rows:
            row.summary = self

    def __repr__(self) -> str:
        return f"<Summary {self.name or 'of a network'}: {len(self.rows)} layers, {self.totals.params} parameters>"

    @property
    def name(self) -> str:
        return self.network.name

    @property
    def inputs(self) -> dict[str, Shape]:
        return self.network.inputs

    def __getitem__(self, name: str) -> Row:
        """The row of the layer called ``name``. Raises KeyError."""
        return self.rows_by_name[name]

    @cached_property
    def rows_by_name(self) -> dict[str, Row]:
        return {row.name: row for row in self.rows}

    @cached_property
    def totals(self) -> Totals:
        """The sums over all rows."""
        return Totals(self)

    @cached_property
    def fields(self) -> list[Seen]:
        """The receptive fields of the rows, in order."""
        return receptive.walk(self)

    @cached_property
    def outputs(self) -> dict[str, Shape]:
        """The layers that no other layer reads, in order, with their shapes."""
        read = {source for row in self.rows for source in row.layer.sources}
        first = len(self.inputs)
        return {row.name: row.output for row in self.rows if first + row.index not in read}

    def notes(self, row: Row) -> list[Note]:
        """What the row of a layer says besides its numbers."""
        found = tracing.notes(row.layer.kind, row.xs)
        if row.layer.shares is not None and (first := self.rows[row.layer.shares]).weights:
            found.append(Note(f"uses the weights of {first.name}, counted there"))
        return found


def infer(network: Network) -> Summary:
    """Work out every layer. Raises SpecError with every layer that does not fit its input, or LimitError."""
    shapes: list[Shape | None] = list(network.inputs.values())
    rows: list[Row] = []
    by_index: dict[int, Row] = {}
    problems: list[Problem] = []
    largest = network.limits.size
    for index, layer in enumerate(network.layers):
        xs = tuple([shapes[source] for source in layer.sources])
        if None in xs:
            shapes.append(None)
            continue
        try:
            row = measure(layer, index, xs, by_index)  # type: ignore[arg-type]
        except Misfit as misfit:
            problems.append(_problem(network, layer, misfit, xs))  # type: ignore[arg-type]
            shapes.append(None)
            continue
        by_index[index] = row
        for size in row.output.sizes:
            if type(size) is not int or size > largest:
                _check_size(size, largest, layer)
        shapes.append(row.output)
        rows.append(row)
    if problems:
        raise SpecError(problems)
    return Summary(network, rows)


def _check_size(size: Number, largest: int, layer: Layer) -> None:
    """Raise LimitError for a size over the limit, or for one whose formula nobody could read."""
    if type(size) is int:
        raise LimitError(over("size", size, largest, layer.mark))
    for number, part in enumerate(every_part(size)):
        if number >= PARTS:
            text = f"{layer.name}: the formula of its size has more than {PARTS} parts, the most that are written out"
            raise LimitError(text, mark=layer.mark, help="give the letters of the input their numbers")
        for coefficient in coefficients(part):
            if abs(coefficient) > largest:
                raise LimitError(over("size", coefficient, largest, layer.mark))


def measure(layer: Layer, index: int, xs: tuple[Shape, ...], rows: dict[int, Row]) -> Row:
    """The row of one layer that reads ``xs``; ``rows`` above it by number. Raises Misfit."""
    numbers = measured(layer.kind, xs)
    if layer.shares is not None:
        _check_shared(layer, numbers.weights, rows)
        numbers = numbers._replace(weights={}, params=0)
    return Row(layer, index, xs, numbers)


def _check_shared(layer: Layer, weights: Weights, rows: dict[int, Row]) -> None:
    first = rows.get(layer.shares or 0)
    if first is None:
        return
    wanted = first.layer.kind.weights(*first.xs)
    for name, sizes in wanted.items():
        if weights[name] != sizes:
            raise Misfit(
                f"the {name} of {first.name} is {times(sizes)}; here it would have to be {times(weights[name])}",
                help="shared weights need an input with as many channels",
            )


def _problem(network: Network, layer: Layer, misfit: Misfit, xs: tuple[Shape, ...]) -> Problem:
    """A misfit with the layer's name and its operands', the place of the field it blames, and the working."""
    names = [network.value_name(source) for source in layer.sources[:4]] + ["..."] * (len(xs) > 4)
    operands = f" of {' and '.join(names)}" if len(xs) > 1 else ""
    return Problem(
        f'{layer.kind.word()} "{layer.name}"{operands}: {misfit.text}',
        layer.field_marks.get(misfit.field, layer.mark),
        tracing.refusal(layer.kind, xs, misfit),
        misfit.help,
    )
