"""The slip behind wrong numbers: each is a layer with one setting or one weight changed, run as the right one is."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from cnncalc import kinds
from cnncalc.check.computed import Right, compare, find_row, of_array, of_row
from cnncalc.check.slips.found import Explanation, Way
from cnncalc.errors import CnncalcError
from cnncalc.kinds.base.activated import Activated, ending
from cnncalc.kinds.base.kind import Kind
from cnncalc.kinds.base.weights import is_bias

if TYPE_CHECKING:
    from cnncalc.check.answer_key import Truth
    from cnncalc.spec.demand import Key
    from cnncalc.summary.rows import Row

LONGEST = 40  # layers of a network in which slips are looked for
HEAVIEST = 10**7  # multiply-accumulates of such a network
NAMED = 3  # slips that are named where several give the same numbers

Arrays = dict[str, Any]
#: Another kind and other weights for a layer; None for a layer that it does not apply to.
Change = Callable[[Kind, Arrays], tuple[Kind, Arrays] | None]


class Slip(NamedTuple):
    """What is changed, in words that follow the right numbers, and how."""

    said: str
    change: Change


def _field(name: str, wrong: Any, silent: Callable[[Any], bool]) -> Change:
    """A field set to ``wrong``, where it is not already as silent as that."""

    def change(kind: Kind, own: Arrays) -> tuple[Kind, Arrays] | None:
        known = name in kind.fields and not silent(getattr(kind, name))
        return (kind.altered(**{name: wrong}), own) if known else None

    return change


def _switched_off(name: str) -> Change:
    return _field(name, wrong=False, silent=operator.not_)


def _weights(wanted: Callable[[Kind, str], bool], to: Callable[[Any, Kind], Any]) -> Change:
    """The ``wanted`` weights changed by ``to``; None if that makes no difference."""

    def change(kind: Kind, own: Arrays) -> tuple[Kind, Arrays] | None:
        made = {name: to(array, kind) for name, array in own.items() if wanted(kind, name)}
        return (kind, {**own, **made}) if made else None

    return change


def _flipped(kernel: Any, kind: Kind) -> Any:
    return kernel[(slice(None, None, -1),) * (kernel.ndim - 2)]


def _turned(kernel: Any, kind: Kind) -> Any:
    """A matrix of weights, or a square window, with rows and columns exchanged; where it is not square, as it is."""
    return kernel.swapaxes(0, 1) if kernel.ndim > 1 and kernel.shape[0] == kernel.shape[1] else kernel


def _scaled(power: float) -> Change:
    """Queries times a power of the width of a head, so that scores are."""

    def change(kind: Kind, own: Arrays) -> tuple[Kind, Arrays] | None:
        if kind.word() != "attention":
            return None
        width = own["query_kernel"].shape[-1] // vars(kind)["heads"]
        made: Arrays = {name: own[name] * width**power for name in ("query_kernel", "query_bias") if name in own}
        return kind, {**own, **made}

    return change


def _without_function(kind: Kind, own: Arrays) -> tuple[Kind, Arrays] | None:
    function = ending(kind)
    if function is None or function.word() == "linear":
        return None
    return (kind.altered(activation="linear") if isinstance(kind, Activated) else kinds.find("linear")()), own  # type: ignore[misc]


def _pool(word: str, other: str) -> Change:
    """One pool in the place of another, with the same window."""

    def change(kind: Kind, own: Arrays) -> tuple[Kind, Arrays] | None:
        if kind.word() != word:
            return None
        found = kinds.find(other)
        assert found is not None
        given = {name: getattr(kind, field.attribute) for name, field in found.fields.items() if name in kind.fields}
        return found(**given), own

    return change


def _stride_as_window(kind: Kind, own: Arrays) -> tuple[Kind, Arrays] | None:
    size = vars(kind).get("size", vars(kind).get("kernel"))
    return (kind.altered(stride=size), own) if "stride" in kind.fields and size is not None else None


def _without(wanted: Callable[[str], bool]) -> Change:
    """Weights left out; a moving mean and the like cannot be."""

    def change(kind: Kind, own: Arrays) -> tuple[Kind, Arrays] | None:
        kept = {name: array for name, array in own.items() if not wanted(name)}
        return (kind, kept) if len(kept) < len(own) else None

    return change


def _gates_exchanged(kind: Kind, own: Arrays) -> tuple[Kind, Arrays] | None:
    """z and 1 − z: σ(−s) is 1 − σ(s)."""
    if kind.word() != "gru":
        return None
    made = {name: array.copy() for name, array in own.items() if "projection" not in name and "initial" not in name}
    for array in made.values():
        array[..., : vars(kind)["units"]] *= -1
    return kind, {**own, **made}


def _softmax_axis(kind: Kind, own: Arrays) -> tuple[Kind, Arrays] | None:
    function = ending(kind)
    if kind.word() == "attention":
        return kind.altered(softmax_axis=-2), own
    if kind is function and function.over_channels:
        return kind.altered(softmax_axis=-2), own
    return None


def _is_window(kind: Kind, name: str) -> bool:
    return kind.family == "convolution" and name.endswith("kernel") and name != "pointwise_kernel"


def _is_kernel(kind: Kind, name: str) -> bool:
    return name.endswith("kernel")


SLIPS: dict[str, Slip] = {
    "flipped": Slip("with the kernel flipped, which the layer slides as it is", _weights(_is_window, _flipped)),
    "turned": Slip("with rows and columns of the weights exchanged", _weights(_is_kernel, _turned)),
    "stride": Slip("with a stride of 1", _field("stride", 1, lambda given: given == 1)),
    "overlap": Slip("with a stride as large as the window", _stride_as_window),
    "padding": Slip("without the padding", _field("padding", 0, lambda given: given in (0, "valid"))),
    "dilation": Slip("without the dilation", _field("dilation", 1, lambda given: given == 1)),
    "function": Slip("without the activation function", _without_function),
    "bias": Slip("without the bias", _without(is_bias)),
    "mean": Slip("with the mean in place of the largest", _pool("maxpool", "avgpool")),
    "largest": Slip("with the largest in place of the mean", _pool("avgpool", "maxpool")),
    "global_mean": Slip("with the mean in place of the largest", _pool("global_maxpool", "global_avgpool")),
    "global_largest": Slip("with the largest in place of the mean", _pool("global_avgpool", "global_maxpool")),
    "border": Slip("with the padding left out of the mean", _switched_off("count_include_pad")),
    "scale": Slip("without the division by √d_k", _scaled(0.5)),
    "root": Slip("with d_k in place of √d_k", _scaled(-0.5)),
    "softmax": Slip("with softmax along the other axis", _softmax_axis),
    "mask": Slip("without the mask", _switched_off("causal")),
    "eps": Slip("without eps", _field("eps", 0.0, lambda given: given == 0)),
    "gates": Slip("with z and 1 − z exchanged", _gates_exchanged),
    "state": Slip("from an initial state of zeros", _without(lambda name: name.startswith("initial_"))),
}  # fmt: skip


#: Slips that change no layer.
OTHERS = ("transposed", "half", "sign")


def explain(truth: Truth, key: Key, answer: Any) -> Explanation | None:
    """The slip behind wrong numbers, nested lists; None if none leads to them, or too many do.

    Made in the layer asked for, in all that have it, or in one other; the first of these that explains them is named.
    """
    if len(truth.network.layers) > LONGEST or truth.computed.summary.totals.macs > HEAVIEST:
        return None
    right = truth.computed.right(key)
    for makers in (_own, _everywhere, _elsewhere) if key.quantity == "values" else (_of_slope,):
        found: dict[str, str] = {}
        for name, said, wrong in makers(truth, key):
            if wrong.flat != right.flat and _is(answer, wrong) and said not in found.values():
                found[name] = said
        if found:
            ways = tuple(Way(said, names=(name,)) for name, said in found.items())
            return Explanation(str(key), right.nested(), ways) if len(found) <= NAMED else None
    return None


def reached(truth: Truth, key: Key) -> Made:
    """What every slip leads to, the simplest first: its name, in words, and the numbers."""
    for makers in (_own, _everywhere, _elsewhere):
        yield from makers(truth, key)


def _is(answer: Any, wrong: Right) -> bool:
    compared = compare(str(answer), wrong)
    return compared is not None and compared.share == 1


Made = Iterator[tuple[str, str, Right]]


def _of_slope(truth: Truth, key: Key) -> Made:
    """What a slip in its own formula makes of a gradient or a loss."""
    right, objective = truth.computed.right(key), truth.network.objective
    if objective is None or objective.loss == "squared_error":
        yield "half", "without the ½ of the loss", right._replace(flat=[2 * number for number in right.flat])
    if key.quantity == "gradient":
        yield "sign", "with the other sign", right._replace(flat=[-number for number in right.flat])
        if len(right.sizes) == 2:
            rows, columns = right.sizes
            turned = [right.flat[row * columns + column] for column in range(columns) for row in range(rows)]
            yield "transposed", "with rows and columns exchanged", right._replace(flat=turned, sizes=(columns, rows))


def _own(truth: Truth, key: Key) -> Made:
    """Slips in the layer asked for, and its output turned."""
    row = find_row(truth.computed.summary, key)
    yield from _of_slips(truth, row, lambda other: other is row)
    right = truth.computed.exact.output(row)
    if right.ndim > 1:
        axes = (0, 1) if row.output.rank < 3 or truth.computed.summary.layout == "channels_last" else (-2, -1)
        yield "transposed", "with rows and columns exchanged", of_array(right.swapaxes(*axes), truth.computed.summary)


def _everywhere(truth: Truth, key: Key) -> Made:
    yield from _of_slips(truth, find_row(truth.computed.summary, key), lambda _: True)


def _elsewhere(truth: Truth, key: Key) -> Made:
    row = find_row(truth.computed.summary, key)
    for other in truth.computed.summary.rows[: row.index]:
        for name, said, wrong in _of_slips(truth, row, lambda one, other=other: one is other):  # type: ignore[misc]
            yield name, f"{said} in {other.name}", wrong


def _of_slips(truth: Truth, asked: Row, where: Callable[[Row], bool]) -> Made:
    """What each slip leads to in the output asked for, made in the layers of which ``where`` is true."""
    from cnncalc.engine.exact import Exact

    for name, slip in SLIPS.items():

        def change(row: Row, own: Arrays, slip: Slip = slip) -> tuple[Kind, Arrays]:
            made = slip.change(row.layer.kind, own) if where(row) else None
            return (row.layer.kind, own) if made is None else made

        try:
            yield name, slip.said, of_row(Exact(truth.computed.summary, change), asked)
        except (CnncalcError, ValueError, ZeroDivisionError, IndexError):  # the result no longer fits
            continue
