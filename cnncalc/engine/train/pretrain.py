"""Pre-training layer by layer: each dense layer first learns to encode the output of the one below.

Hinton & Salakhutdinov (2006), Bengio et al. (2007): a small autoencoder of that layer and a decoder of its own is
trained on the codes of the layers below, which are frozen. Then the whole network is trained from these weights.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from cnncalc import network
from cnncalc.engine import initial
from cnncalc.engine.arrays import Array
from cnncalc.engine.train.data import Data
from cnncalc.engine.train.learner import Learner
from cnncalc.errors import Source, SpecError
from cnncalc.kinds.base.activated import ending
from cnncalc.kinds.base.function import Function
from cnncalc.kinds.dense import Dense
from cnncalc.spec import document, reader
from cnncalc.summary.infer import infer

if TYPE_CHECKING:
    from cnncalc.limits import Limits
    from cnncalc.summary.rows import Row, Summary


class Stage(NamedTuple):
    """One layer to pre-train: its row, the row that gives its code (its activation may be a layer of its own), and the
    row of the decoder that reconstructs its input, if there is one.
    """

    row: Row
    code: Row
    decoder: Row | None


class Small(NamedTuple):
    """The autoencoder of one stage, and the examples that it learns from."""

    stage: Stage
    learner: Learner
    data: Data


def stages(summary: Summary) -> list[Stage]:
    """The layers to pre-train: those of the encoder, or all dense layers but the last.

    Raises SpecError if the network is not a chain of dense layers.
    """
    rows, first = summary.rows, len(summary.inputs)
    for row in rows:
        if row.layer.sources != (first + row.index - 1,) and row.index:
            text = f'"{row.name}" does not read the layer above it'
            raise SpecError(text, mark=row.layer.mark, help="only a single chain can be pre-trained layer by layer")
    if "encoder" in summary.network.lists:
        end = summary.network.blocks["encoder"].value - first + 1
    else:
        end = max((row.index for row in rows if isinstance(row.layer.kind, Dense)), default=0)
    own = [row for row in rows[:end] if row.weights]
    wrong = [row for row in own if not isinstance(row.layer.kind, Dense) or row.output.rank != 1 or row.layer.borrows]
    if wrong or not own:
        row = (wrong or rows)[0]
        text = f'{row.kind} "{row.name}" cannot be pre-trained'
        raise SpecError(text, mark=row.layer.mark, help="only dense layers on features can, below the last one")
    return [_stage(summary, row, end) for row in own]


def _stage(summary: Summary, row: Row, end: int) -> Stage:
    after = summary.rows[row.index + 1] if row.index + 1 < len(summary.rows) else None
    code = after if ending(row.layer.kind) is None and after and isinstance(after.layer.kind, Function) else row
    decoders = [
        other
        for other in summary.rows[end:]
        if isinstance(other.layer.kind, Dense) and other.weights.get("kernel") == row.weights["kernel"][::-1]
    ]
    return Stage(row, code, decoders[-1] if decoders and "encoder" in summary.network.lists else None)


def smalls(learner: Learner, data: Data, seed: int, optimizer: str, limits: Limits) -> Iterator[Small]:
    """The autoencoder of each stage, in order. Its weights when the next one is requested become the
    weights of ``learner``.
    """
    for stage in stages(learner.summary):
        below = _below(learner, data, stage.row)
        summary = _summary(stage, below, limits)
        arrays = {name: array.astype(below.dtype) for name, array in initial.initial(summary, seed).items()}
        for name in stage.row.weights:
            arrays[f"encoder/code/{name}"] = learner.arrays[f"{stage.row.name}/{name}"].copy()
        one = Learner(summary, arrays, optimizer)
        yield Small(stage, one, Data([below], below))
        for name in stage.row.weights:
            learner.arrays[f"{stage.row.name}/{name}"] = one.arrays[f"encoder/code/{name}"]
        if stage.decoder is not None:
            for name in stage.decoder.weights:
                learner.arrays[f"{stage.decoder.name}/{name}"] = one.arrays[f"decoder/again/{name}"]


def _below(learner: Learner, data: Data, row: Row) -> Array:
    """A layer's input, ``[examples, features]``."""
    x = data.xs[0] if row.index == 0 else learner.outputs(data.xs, learner.summary.rows[row.index - 1])
    return x.reshape(len(x), -1)


def _summary(stage: Stage, below: Array, limits: Limits) -> Summary:
    """The autoencoder of one layer. Its decoder ends as the network's own, else in a sigmoid where all numbers are
    shares.
    """
    function = ending(stage.code.layer.kind)
    again = None if stage.decoder is None else ending(stage.decoder.layer.kind)
    if again is None and stage.decoder is None:
        ends = "sigmoid" if below.min() >= 0 and below.max() <= 1 else "linear"
    else:
        ends = "linear" if again is None else again.word()
    bias = str(bool(getattr(stage.row.layer.kind, "bias", True))).lower()
    text = (
        f"input: {below.shape[1]}\n"
        f"encoder: [dense: {{name: code, units: {stage.row.output.channels}, bias: {bias}, "
        f"activation: {'linear' if function is None else function.word()}}}]\n"
        f"decoder: [dense: {{name: again, units: {below.shape[1]}, activation: {ends}}}]\n"
    )
    return infer(network.build(document.read(reader.read(Source("<pretrain>", text), limits), limits)))
