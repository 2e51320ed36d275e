"""One walk over a network: the sizes, parameters and multiply-accumulates of every layer, as plain data."""

from __future__ import annotations

from cnncalc.errors import LimitError, Problem, SpecError
from cnncalc.kinds.base import tracing
from cnncalc.kinds.base.kind import Misfit, Weights, times
from cnncalc.kinds.base.weights import count
from cnncalc.limits import over
from cnncalc.network.model import Layer, Network
from cnncalc.shape import Shape
from cnncalc.summary.rows import Row, Summary, measured
from cnncalc.symbolic.expr import Number
from cnncalc.symbolic.tree import coefficients, every_part

PARTS = 200  # letters, numbers and signs in the formula of a size with unknown letters


class Unfit(SpecError):
    """Layers that do not fit their inputs; ``above`` has the rows above the first of them."""

    def __init__(self, problems: list[Problem], network: Network, rows: list[Row]) -> None:
        super().__init__(problems)
        self._network, self._rows = network, rows

    @property
    def above(self) -> Summary:
        """The rows above the first layer that does not fit; nothing is known about the whole network."""
        return Summary(self._network, self._rows)


def infer(network: Network, layout: str | None = None) -> Summary:
    """Work out every layer; quantities write sizes in ``layout``, by default the network's.

    Raises Unfit with every layer that does not fit its input, or LimitError.
    """
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
        first = next(number for number, shape in enumerate(shapes[len(network.inputs) :]) if shape is None)
        raise Unfit(problems, network, rows[:first])
    return Summary(network, rows, layout)


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
    if layer.borrows or layer.idle:
        _check_shared(layer, numbers.weights, rows)
        _check_tied(layer, numbers.weights, rows)
        own = layer.own(numbers.weights)
        numbers = numbers._replace(weights=own, params=count(own), macs=layer.done(numbers.macs))
    return Row(layer, index, xs, numbers)


def _check_shared(layer: Layer, weights: Weights, rows: dict[int, Row]) -> None:
    first = None if layer.shares is None else rows.get(layer.shares)
    if first is None:
        return
    wanted = first.layer.kind.weights(*first.xs)
    for name, sizes in wanted.items():
        if weights[name] != sizes:
            raise Misfit(
                f"the {name} of {first.name} is {times(sizes)}; here it would have to be {times(weights[name])}",
                help="shared weights need an input with as many channels",
            )


def _check_tied(layer: Layer, weights: Weights, rows: dict[int, Row]) -> None:
    """Raise Misfit unless the array that the kernel is tied to fits, transposed."""
    first = None if layer.tie is None else rows.get(layer.tie.layer)
    if first is None or layer.tie is None:
        return
    turned = first.layer.kind.weights(*first.xs)[layer.tie.array][::-1]
    if weights["kernel"] != turned:
        raise Misfit(
            f"the {layer.tie.array} of {first.name}, transposed, is {times(turned)}; here it would have to be "
            f"{times(weights['kernel'])}",
            help=f"it reads {turned[0]} features: the output of {first.name}",
        )


def _problem(network: Network, layer: Layer, misfit: Misfit, xs: tuple[Shape, ...]) -> Problem:
    """A misfit with the layer's name and its operands', the place of the field it blames, and the working."""
    names = [network.value_name(source) for source in layer.sources[:4]] + ["..."] * (len(xs) > 4)
    operands = f" of {' and '.join(names)}" if len(xs) > 1 else ""
    return Problem(
        f'{layer.kind.word()} "{layer.name}"{operands}: {misfit.text}',
        layer.field_marks.get(misfit.field, layer.mark),
        tracing.refusal(layer.kind, xs, misfit),
        _help(network, misfit, xs),
    )


def _help(network: Network, misfit: Misfit, xs: tuple[Shape, ...]) -> str | None:
    """What to try; where four sizes may have been meant as a batch of images, that too."""
    volumes = any(x.rank == 4 for x in network.inputs.values()) and not network.axes
    batch = "four sizes are a volume; of a batch of images, the layout is NHWC or NCHW"
    return f"{misfit.help}; {batch}" if volumes and xs[0].rank == 4 and misfit.help else misfit.help
