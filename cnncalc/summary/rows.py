"""A row of a summary for each layer, and the summary: what was worked out of a network, as plain data."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import Final, NamedTuple

from cnncalc.errors import CnncalcError, Hints, Mark, SpecError, UsageError
from cnncalc.kinds.base import tracing
from cnncalc.kinds.base.kind import Kind, Note, Weights
from cnncalc.kinds.base.weights import count, is_bias, is_moving
from cnncalc.network.model import Layer, Network
from cnncalc.shape import Shape, axis_names
from cnncalc.summary import receptive
from cnncalc.summary.receptive import Seen
from cnncalc.summary.totals import Totals
from cnncalc.symbolic.arithmetic import product
from cnncalc.symbolic.expr import Count, Number

BYTES = 4  # per number, float32


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
    """A layer with what was worked out for it. Numbers are whole, or expressions where a letter is unknown.

    ``output`` is its shape for one example, ``xs`` the shapes it reads, ``weights`` the sizes of its learned arrays
    by name, ``params`` how many numbers these hold, ``macs`` its multiply-accumulates for one example.
    """

    __slots__ = ("layer", "index", "xs", "output", "weights", "params", "macs", "summary")
    output: Shape
    weights: Weights
    params: Count
    macs: Count
    summary: Summary

    def __init__(self, layer: Layer, index: int, xs: tuple[Shape, ...], numbers: Measured) -> None:
        self.layer, self.index, self.xs = layer, index, xs
        self.output, self.weights, self.params, self.macs = numbers

    def __repr__(self) -> str:
        sizes = "×".join(map(str, self.output.written(self.summary.layout)))
        return f"<Row {self.name} ({self.kind}): output {sizes}, {self.params} parameters>"

    @property
    def name(self) -> str:
        """Its name; inside a block ``block/name``."""
        return self.layer.name

    @property
    def kind(self) -> str:
        """The word for its kind: ``conv``."""
        return self.layer.kind.word()

    @property
    def non_trainable_params(self) -> Count:
        """Those that training leaves alone: moving means and variances, and all where ``trainable`` is false."""
        fixed: Count = self.params - self.trainable_params
        return fixed

    @property
    def trainable_params(self) -> Count:
        """Those that training changes."""
        if not self.layer.trainable:
            return 0
        found: Count = count({name: sizes for name, sizes in self.weights.items() if not is_moving(name)})
        return found

    @property
    def bias_params(self) -> Count:
        """The trainable ones that are biases, or the shift of a norm."""
        if not self.layer.trainable:
            return 0
        found: Count = count({name: sizes for name, sizes in self.weights.items() if is_bias(name)})
        return found

    @property
    def weight_params(self) -> Count:
        """The trainable ones that are not biases."""
        weights: Count = self.trainable_params - self.bias_params
        return weights

    @property
    def flops(self) -> Count:
        """Floating-point operations for one example: two for each multiply-accumulate."""
        return 2 * self.macs

    @property
    def activations(self) -> Count:
        """How many numbers the output holds."""
        numbers: Count = product(self.output.sizes)
        return numbers

    @property
    def receptive_field(self) -> list[Count] | None:
        """How many input positions an output sees, for each spatial axis; None without one."""
        return receptive.axial(self.summary.fields[self.index].fields, "receptive_field")

    @property
    def effective_stride(self) -> list[Count | float] | None:
        """The distance in the input from one output to the next, for each spatial axis; None without one."""
        return receptive.axial(self.summary.fields[self.index].fields, "effective_stride")

    @property
    def effective_padding(self) -> list[Count] | None:
        """How far before the input the first window begins, for each spatial axis; None without one."""
        return receptive.axial(self.summary.fields[self.index].fields, "effective_padding")

    @property
    def weight_bytes(self) -> Count:
        """Memory of the parameters in float32."""
        return BYTES * self.params

    @property
    def activation_bytes(self) -> Count:
        """Memory of the output of one example in float32."""
        return BYTES * self.activations

    @property
    def active_params(self) -> Count:
        """Those used for one example: all of them, except that only the chosen experts count."""
        return 0 if self.layer.idle else self.params

    @property
    def kv_cache_bytes(self) -> Count:
        """What causal attention keeps of each position while it generates: its keys and values."""
        cached: Count = BYTES * self.layer.done(self.layer.kind.cached(*self.xs))
        return cached


class Summary:
    """What was worked out of a network: ``rows`` in running order, and the shapes of its inputs.

    ``layout`` is the order of the sizes in its quantities.
    """

    def __init__(self, network: Network, rows: list[Row], layout: str | None = None) -> None:
        self.network, self.rows = network, rows
        self.layout: Final = layout or network.layout
        self.hints = Hints()
        for row in rows:
            row.summary = self

    def __repr__(self) -> str:
        return f"<Summary {self.name or 'of a network'}: {len(self.rows)} layers, {self.totals.params} parameters>"

    @property
    def name(self) -> str:
        """The name of the network, or an empty text."""
        return self.network.name

    @property
    def inputs(self) -> dict[str, Shape]:
        """The shape of each input, by name."""
        return self.network.inputs

    def __getitem__(self, name: str) -> Row:
        """The row of the layer called ``name``. Raises KeyError with the nearest name that there is."""
        try:
            return self.rows_by_name[name]
        except KeyError:
            (problem,) = self.unknown(str(name)).problems
            raise KeyError(f"{problem.text}; {problem.help}") from None

    def __iter__(self) -> Iterator[Row]:
        """The rows, in running order."""
        return iter(self.rows)

    def __len__(self) -> int:
        """How many layers there are."""
        return len(self.rows)

    def __contains__(self, layer: object) -> bool:
        """Whether ``layer`` is the name of a layer, or one of the rows."""
        return layer in self.rows_by_name if isinstance(layer, str) else layer in self.rows

    def unknown(self, name: str, mark: Mark | None = None) -> CnncalcError:
        """The error that no layer or block is called ``name``, with the nearest name or the first ones.

        A SpecError at ``mark``; a UsageError where the name does not come from a file.
        """
        known = [*self.rows_by_name, *self.network.blocks]
        listed = "layers: " + ", ".join(known[:12]) + (", ..." if len(known) > 12 else "")
        text, help = f'no layer is called "{name}"', self.hints.nearest(name, known) or listed
        return SpecError(text, mark=mark, help=help) if mark else UsageError(text, help=help)

    @cached_property
    def rows_by_name(self) -> dict[str, Row]:
        """The row of each layer, by name."""
        return {row.name: row for row in self.rows}

    @cached_property
    def totals(self) -> Totals:
        """The sums over all rows."""
        return Totals(self.rows, len(self.inputs))

    @cached_property
    def fields(self) -> list[Seen]:
        """The receptive fields of the rows, in order."""
        return receptive.walk(list(self.inputs.values()), self.rows)

    @cached_property
    def outputs(self) -> dict[str, Shape]:
        """The layers that no other layer reads, in order, with their shapes."""
        read = {source for row in self.rows for source in row.layer.sources}
        first = len(self.inputs)
        return {row.name: row.output for row in self.rows if first + row.index not in read}

    @cached_property
    def unread(self) -> list[str]:
        """The inputs that no layer reads."""
        read = {source for row in self.rows for source in row.layer.sources}
        return [name for number, name in enumerate(self.inputs) if number not in read]

    def axes(self, layout: str | None = None) -> dict[str, list[str]]:
        """The names of each input's axes in the order of ``layout``.

        What an embedding reads is tokens; where a recurrent layer reads images one after the other, their axis is time.
        """
        found = {name: axis_names(x.rank, layout or self.layout) for name, x in self.inputs.items()}
        inputs = list(self.inputs)
        for row in self.rows:
            for source in row.layer.sources:
                if source >= len(inputs):
                    continue
                axes = found[inputs[source]]
                if row.kind == "embedding":
                    found[inputs[source]] = ["tokens"]
                elif "return_sequences" in row.layer.kind.fields:
                    found[inputs[source]] = ["time" if axis == "depth" else axis for axis in axes]
        return found

    def notes(self, row: Row) -> list[Note]:
        """What a layer's row says besides its numbers."""
        found = tracing.notes(row.layer.kind, row.xs) + row.layer.notes
        if row.layer.shares is not None and (first := self.rows[row.layer.shares]).weights:
            found.append(Note(f"uses the weights of {first.name}, counted there"))
        elif tie := row.layer.tie:
            first = self.rows[tie.layer]
            found.append(Note(f"its kernel is the {tie.array} of {first.name} transposed, counted there"))
        return found
