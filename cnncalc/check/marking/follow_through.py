"""Follow-through: the answers that follow from a student's earlier numbers, right or wrong."""

from __future__ import annotations

from collections.abc import Iterator
from copy import copy
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from cnncalc import shape
from cnncalc.check.answer_key import Leniency, agrees, quantity, shaped
from cnncalc.check.computed import compare
from cnncalc.check.marking.relevance import relevant
from cnncalc.check.slips.rules import Rule
from cnncalc.errors import CnncalcError, NoSolution
from cnncalc.kinds.base.kind import Kind, Reach
from cnncalc.kinds.base.weights import is_bias
from cnncalc.network.unknowns import Unknowns
from cnncalc.shape import Shape
from cnncalc.spec.demand import AXIAL, Key
from cnncalc.summary.receptive import START, ReceptiveField
from cnncalc.summary.rows import BYTES

if TYPE_CHECKING:
    from cnncalc.check.answer_key import Truth
    from cnncalc.check.answers.answer import Answer
    from cnncalc.network.model import Network
    from cnncalc.summary.rows import Row, Summary
    from cnncalc.symbolic.expr import Number

_KEPT = 5000  # sets of students' numbers whose answers are kept
#: Quantities that are a multiple of another one.
_MULTIPLES = {"flops": ("macs", 2), "weight_bytes": ("params", BYTES), "activation_bytes": ("activations", BYTES)}


def follows(truth: Truth, own: dict[Key, Any], answer: Answer, leniency: Leniency) -> bool:
    """Whether ``answer`` follows from the student's ``own`` answers so far, some of them wrong."""
    if answer.key.numbers:
        return _follows_by_numbers(truth, own, answer, leniency)
    key, readings = answer.key, answer.readings(truth.letters, truth.layout)
    numbers = _numbers_of(truth, own)

    def gives(got: Any) -> bool:
        return any(agrees(truth.summary, key, got, reading, leniency) for reading in readings)

    other, factor = _MULTIPLES.get(key.quantity, ("", 1))
    base = numbers.get(Key(key.layer, other))
    if isinstance(base, int) and gives(factor * base):
        return True
    worlds = [numbers, *(_own_products(truth, numbers) if key.quantity in ("macs", "flops") else ())]
    return any(gives(_comes_out(truth, world, key)) for world in worlds)


def moves(truth: Truth, own: dict[Key, Any], key: Key) -> bool:
    """Whether a student's ``own`` answers lead to something other than the right answer to ``key``."""
    got = comes_out(truth, own, key)
    return got is not None and got != truth.get(key)


def comes_out(truth: Truth, own: dict[Key, Any], key: Key) -> Any:
    """The answer to ``key`` that follows from a student's ``own`` answers; None if the network cannot take these."""
    return _comes_out(truth, _numbers_of(truth, own), key)


def _numbers_of(truth: Truth, own: dict[Key, Any]) -> dict[Key, Any]:
    """A student's answers as data, without those that follow from the numbers of a file."""
    return {key: shaped(key, value, truth.get(key)) for key, value in own.items() if not key.numbers}


def _comes_out(truth: Truth, numbers: dict[Key, Any], key: Key) -> Any:
    """The answer that follows from a student's numbers; None if the network cannot take them, or they are right.

    It is computed once for all students with the same numbers.
    """
    numbers = relevant(truth, numbers, key)
    if not numbers:
        return None
    same = key, tuple((other, tuple(n) if isinstance(n, list) else n) for other, n in numbers.items())
    if not all(isinstance(n, int) for _, value in same[1] for n in (value if isinstance(value, tuple) else [value])):
        return _found(truth, numbers, key)
    if same not in truth.worlds:
        if len(truth.worlds) >= _KEPT:
            truth.worlds.clear()
        truth.worlds[same] = _found(truth, numbers, key)
    return truth.worlds[same]


def _found(truth: Truth, numbers: dict[Key, Any], key: Key) -> Any:
    try:
        summary = _worked_out(truth, numbers)
        return None if summary is None else quantity(summary, key)
    except (CnncalcError, ZeroDivisionError):
        return None


def _own_products(truth: Truth, numbers: dict[Key, Any]) -> Iterator[dict[Key, Any]]:
    """The numbers, and the weights that wrong parameters stand for: without the right biases, or all of them."""
    wrong = {
        key: number
        for key, number in numbers.items()
        if key.quantity in ("params", "trainable_params")
        and key.layer in truth.summary.rows_by_name
        and _whole(number)
        and number != truth.get(key)
    }
    for with_biases in (True, False) if wrong else ():
        weights = {Key(key.layer, "weight_params"): number for key, number in wrong.items()}
        for key in weights if with_biases else ():
            weights[key] -= truth.get(Key(key.layer, "bias_params"))
        yield {**weights, **numbers}


def _follows_by_numbers(truth: Truth, own: dict[Key, Any], answer: Answer, leniency: Leniency) -> bool:
    """Whether ``answer`` is what the student's own numbers for earlier layers lead to."""
    taken = {key: value for key, value in own.items() if key.numbers}
    try:
        right = truth.computed.following(answer.key, taken)
    except CnncalcError:
        return False
    found = None if right is None else compare(answer.text, right, leniency.tolerance)
    return found is not None and found.share == 1


def _worked_out(truth: Truth, numbers: dict[Key, Any]) -> Summary | None:
    """The network with a student's numbers in it; None if the network cannot take any of them."""
    base, changed = _lettered(truth, numbers)
    rows: dict[int, dict[str, Any]] = {}
    for key, number in numbers.items():
        row = base.rows_by_name.get(key.layer or "")
        if row is not None and key.quantity:
            rows.setdefault(row.index, {})[key.quantity] = number
    network = copy(base.network)
    network.layers = list(network.layers)
    for index, own in sorted(rows.items()):
        seen = truth.of(network) if own.keys() & set(AXIAL) else base  # with the student's numbers above
        rules = _rules(seen, seen.rows[index], own)
        if rules:
            _put(network, index, rules)
            changed = True
    return truth.of(network) if changed else None


def _put(network: Network, index: int, rules: dict[str, Rule]) -> None:
    """Give a layer other rules; layers that share its weights then share those of the rules.

    Products are counted by the right arrays: how many numbers a student has does not say how they are laid out.
    """
    sharing = [other for other, layer in enumerate(network.layers) if layer.shares == index]
    weights = {name: rule for name, rule in rules.items() if name == "weights"}
    for place, changed in [(index, rules), *((other, weights) for other in sharing if weights)]:
        network.layers[place] = copy(network.layers[place])
        right = network.layers[place].kind
        network.layers[place].kind = right.ruled(**{"macs": _products(right), **changed})


def _products(kind: Kind) -> Rule:
    return lambda other, right, *xs: kind.macs(*xs)


def _lettered(truth: Truth, numbers: dict[Key, Any]) -> tuple[Summary, bool]:
    """The network with the student's numbers for its letters, and whether there are any."""
    letters = {str(key.layer): n for key, n in numbers.items() if not key.quantity and isinstance(n, int)}
    if not truth.letters:
        return truth.summary, False
    unknown = Unknowns(truth.network)
    try:
        joint = truth.solution.joint
    except NoSolution:
        joint = []
    right = joint[0] if len(joint) == 1 else {}
    return truth.of(unknown.put({**right, **letters})), bool(letters)


def _rules(summary: Summary, row: Row, own: dict[str, Any]) -> dict[str, Rule]:
    """Rules that give a student's own numbers for a layer."""
    rules: dict[str, Rule] = {}
    output = own.get("output")
    if isinstance(output, list) and all(_whole(size) for size in output):
        if len(output) == row.output.rank:
            rules["output"] = _always(shape.read(output, summary.layout))
        elif len(output) == row.output.rank - 1:  # only spatial sizes, if no more is asked for
            rules["output"] = _always(Shape(tuple(output), row.output.channels))
    macs = own["macs"] if _whole(own.get("macs")) else Fraction(own["flops"], 2) if _whole(own.get("flops")) else None
    if macs is not None and macs == int(macs):
        rules["macs"] = _always(int(macs))
    weights = _weights(row, own)
    if weights is not None:
        rules["weights"] = _always(weights)
        right: Number = row.weight_params
        macs_of_all: Number = row.macs
        if "macs" not in rules and _whole(own.get("weight_params")) and _whole(right) and macs_of_all % right == 0:
            rules["macs"] = _scaled(row.layer.kind, own["weight_params"], right)
    if own.keys() & set(AXIAL):
        rules["reach"] = _reach(summary, row, own)
    return rules


def _scaled(kind: Kind, own: int, right: Number) -> Rule:
    """Multiply-accumulates in which every weight is used equally often."""
    return lambda other, rule, *xs: kind.macs(*xs) * own // right


def _whole(number: Any) -> bool:
    return isinstance(number, int) and number > 0


def _always(number: Any) -> Rule:
    return lambda kind, right, *xs: number


def _weights(row: Row, own: dict[str, Any]) -> dict[str, tuple[int, ...]] | None:
    """Arrays of the sizes a student gives: all parameters together, or weights and biases separately."""
    whole: Any = own.get("params", own.get("trainable_params") if row.non_trainable_params == 0 else None)
    if _whole(whole):
        return {"kernel": (whole,)}
    given = {is_bias(name): (name, own[quantity]) for name, quantity in _PARTS if isinstance(own.get(quantity), int)}
    if not given:
        return None
    arrays = {name: sizes for name, sizes in row.weights.items() if is_bias(name) not in given}
    return {**arrays, **{name: (number,) for name, number in given.values()}}


_PARTS = (("kernel", "weight_params"), ("bias", "bias_params"))


def _reach(summary: Summary, row: Row, own: dict[str, Any]) -> Rule:
    """A rule that turns the receptive field, stride and padding above a layer into the student's."""
    source = row.layer.sources[0] - len(summary.inputs)
    before = summary.fields[source].fields if source >= 0 else None

    def reach(kind: Any, right: Rule, *xs: Any) -> tuple[Reach, ...] | None:
        reaches = right(kind, *xs)
        return reaches and tuple(
            _one_reach(one, before[axis] if before else START, {name: sizes[axis] for name, sizes in given.items()})
            for axis, one in enumerate(reaches)
        )

    axes = len(summary.fields[row.index].fields or ())
    given = {name: own[name] for name in AXIAL if _numbers(own.get(name)) and len(own[name]) == axes}
    if not all(_numbers(field) for field in before or ()):  # with letters in it
        given = {}
    return reach


def _numbers(sizes: Any) -> bool:
    return isinstance(sizes, list | tuple) and all(isinstance(size, int | Fraction) for size in sizes)


def _one_reach(right: Reach, before: ReceptiveField, own: dict[str, Any]) -> Reach:
    extent, step, begin = right
    if "receptive_field" in own:
        extent = 1 + Fraction(own["receptive_field"] - before.size, before.jump)
    if "effective_stride" in own:
        step = Fraction(own["effective_stride"], before.jump)
    if "effective_padding" in own:
        begin = Fraction(own["effective_padding"] - before.padding, before.jump)
    return Reach(extent, step, begin)
