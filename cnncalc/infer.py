"""One walk over a network: the sizes, parameters and multiply-accumulates of every layer, as plain data."""

from __future__ import annotations

from functools import cached_property

from cnncalc import receptive
from cnncalc.errors import LimitError, Problem, SpecError
from cnncalc.expr import Number, product
from cnncalc.kinds.base import Misfit, Note, Weights
from cnncalc.limits import over
from cnncalc.network.model import Layer, Network
from cnncalc.receptive import Seen
from cnncalc.shape import Shape
from cnncalc.totals import Totals

BYTES = 4  # of a number, float32


class Row:
    """A layer with what was worked out for it. Sizes are whole numbers, or expressions where a letter is unknown."""

    __slots__ = ("layer", "index", "xs", "output", "weights", "params", "macs", "_field")

    def __init__(
        self, layer: Layer, index: int, xs: tuple[Shape, ...], output: Shape, weights: Weights, macs: Number
    ) -> None:
        self.layer, self.index, self.xs, self.output, self.weights, self.macs = layer, index, xs, output, weights, macs
        self.params = count(weights)

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
    if all(size[-1] == last for size in sizes):
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
        from cnncalc.working import notes

        return notes(self, row)


def infer(network: Network) -> Summary:
    """Work out every layer. Raises SpecError with every layer that does not fit its input, or LimitError."""
    shapes: list[Shape | None] = list(network.inputs.values())
    rows: list[Row] = []
    problems: list[Problem] = []
    largest = network.limits.size
    for index, layer in enumerate(network.layers):
        xs = tuple([shapes[source] for source in layer.sources])
        if None in xs:
            shapes.append(None)
            continue
        try:
            row = measure(layer, index, xs, rows)  # type: ignore[arg-type]
        except Misfit as misfit:
            problems.append(_problem(layer, misfit, xs))  # type: ignore[arg-type]
            shapes.append(None)
            continue
        output = row.output
        if any(type(size) is int and size > largest for size in output.sizes):
            size = max(size for size in output.sizes if type(size) is int)
            raise LimitError(over("size", size, largest, layer.mark))
        shapes.append(output)
        rows.append(row)
    if problems:
        raise SpecError(problems)
    return Summary(network, rows)


def measure(layer: Layer, index: int, xs: tuple[Shape, ...], rows: list[Row]) -> Row:
    """The row of one layer that reads ``xs``. Raises Misfit."""
    kind = layer.kind
    output = kind.output(*xs)
    weights = kind.weights(*xs)
    macs = kind.macs(output, *xs)
    if layer.shares is not None:
        _check_shared(layer, weights, xs, rows)
        weights = {}
    return Row(layer, index, xs, output, weights, macs)


def _check_shared(layer: Layer, weights: Weights, xs: tuple[Shape, ...], rows: list[Row]) -> None:
    first = next((row for row in rows if row.index == layer.shares), None)
    if first is None:
        return
    wanted = first.layer.kind.weights(*first.xs)
    for name, sizes in wanted.items():
        if weights[name] != sizes:
            raise Misfit(
                f"the {name} of {first.name} is {'×'.join(map(str, sizes))}; here it would have to be "
                f"{'×'.join(map(str, weights[name]))}",
                help="shared weights need an input with as many channels",
            )


def _problem(layer: Layer, misfit: Misfit, xs: tuple[Shape, ...]) -> Problem:
    """A misfit with the layer's name, the place of the field it blames, and the working."""
    from cnncalc.working import refusal

    return Problem(
        f'{layer.kind.word()} "{layer.name}": {misfit.text}',
        layer.field_marks.get(misfit.field, layer.mark),
        refusal(layer, xs, misfit),
        misfit.help,
    )
