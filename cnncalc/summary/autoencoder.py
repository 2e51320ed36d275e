"""What is reported about an autoencoder besides its layers: the size of its code, and which layer is kept sparse."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from cnncalc.kinds.activation import KINDS, Linear
from cnncalc.kinds.base.activated import Activated, ending
from cnncalc.shape import Shape
from cnncalc.summary.quantities import shown
from cnncalc.symbolic.arithmetic import differ, product
from cnncalc.symbolic.expr import Number, value

if TYPE_CHECKING:
    from cnncalc.errors import Mark
    from cnncalc.summary.rows import Row, Summary

#: The activation functions whose means can be compared with a target share.
SHARES = tuple(word for word, kind in KINDS.items() if kind.gives_shares())


class Code(NamedTuple):
    """The encoder's output: its row, its shape, how many numbers it has, and how many the input has."""

    row: Row
    output: Shape
    numbers: Number
    inputs: Number

    @property
    def ratio(self) -> float | None:
        """Compression: numbers of the input per number of the code; None if a letter is unknown."""
        inputs, numbers = value(self.inputs), value(self.numbers)
        return None if inputs is None or numbers is None else inputs / numbers


def code(summary: Summary) -> Code | None:
    """The code of a spec with an encoder; None for any other."""
    network = summary.network
    if "encoder" not in network.lists or not summary.rows:
        return None
    row = summary.rows[network.blocks["encoder"].value - len(summary.inputs)]
    inputs: Number = 0
    for x in summary.inputs.values():
        inputs = inputs + product(x.sizes)
    return Code(row, row.output, product(row.output.sizes), inputs)


def watched(summary: Summary) -> Row | None:
    """The row of the layer that the objective keeps sparse; None if it names none.

    Raises SpecError if no layer is called so.
    """
    objective = summary.network.objective
    if objective is None or objective.sparsity is None:
        return None
    return called(summary, objective.sparsity.layer, objective.sparsity.mark)


def called(summary: Summary, name: str, mark: Mark | None = None) -> Row:
    """The row of that name; a layer of the encoder or decoder need not be called by its list.

    Raises SpecError at ``mark`` where there is none, UsageError where the name does not come from a file.
    """
    known = summary.rows_by_name
    for prefix in ("", "encoder/", "decoder/"):
        if prefix + name in known:
            return known[prefix + name]
    raise summary.unknown(name, mark)


def incomparable(summary: Summary) -> str | None:
    """Why input and output cannot be compared by a squared error; None if they can."""
    inputs, outputs = ([x.written(summary.layout) for x in xs.values()] for xs in (summary.inputs, summary.outputs))
    if len(inputs) > 1 or len(outputs) > 1:
        return f"an autoencoder has one input and one output; this network has {len(inputs)} and {len(outputs)}"
    if len(inputs[0]) == len(outputs[0]) and not any(map(differ, inputs[0], outputs[0])):
        return None
    return f"the output of {shown(outputs[0])} cannot be compared with the input of {shown(inputs[0])}"


def has_shares(row: Row) -> bool:
    """Whether a layer's output lies between 0 and 1, so that its means can be compared with a target."""
    function = ending(row.layer.kind)
    return function is not None and function.gives_shares()


def last_step(row: Row) -> str:
    """The name of the activation function that a row ends in, ``linear`` if it names none; else the row's kind."""
    kind = row.layer.kind
    function = ending(kind)
    if function is not None:
        return function.word()
    return Linear.word() if isinstance(kind, Activated) else row.kind
