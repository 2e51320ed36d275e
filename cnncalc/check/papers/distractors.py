"""Wrong answers to choose from: the results of slips, of common slips more often."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod
from typing import TYPE_CHECKING, Any, NamedTuple

from cnncalc.check.answers.matrix import leaves
from cnncalc.check.slips import forward
from cnncalc.check.slips.search import Search

if TYPE_CHECKING:
    from cnncalc.check.answer_key import Truth
    from cnncalc.check.papers.draw import Draw
    from cnncalc.spec.demand import Key

#: How often students make a slip, beside the others; a slip that is not named here has the weight 2.
_WEIGHTS = {
    "bias": 10, "channels": 10, "gates": 10, "kv_heads": 8, "plus_one": 8, "padding": 8, "padding_once": 8,
    "dilation": 8, "jump": 8, "groups": 8, "direction": 8, "transposed": 8, "flatten_dense": 8, "flops": 8,
    "recurrent": 8, "moving": 8, "gru": 6, "lstm": 6, "stride": 6, "depth": 6, "ceiling": 6, "extent": 6,
    "output_padding": 6, "attention_out": 6, "heads": 6, "square": 5, "params": 5, "own": 5, "macs_outputs": 5,
    "biases_two": 5, "macs_bias": 5, "own_stride": 4, "dilation_wide": 4, "recurrent_input": 4, "flatten_none": 4,
    "same": 4, "layer": 4, "macs_inputs": 4, "heads_shared": 4, "width": 4, "left_out": 3, "twice": 3, "macs": 3,
    "filters": 2, "plain": 1, "pool_weights_each": 0.5, "bias_one": 0.5, "depth_product": 0.5, "pool_weights": 0.5,
    "bias_each": 0.2, "unit": 0, "batch": 0, "carried": 0, "digits": 0, "zero": 0, "order": 0, "weight_params": 0,
    "trainable_params": 0, "active_params": 0,
}  # fmt: skip
_USUAL = 2  # the weight of a slip that is not named
_SMALL = 100  # up to this number, wrong ones must be near the right one


class _Wrong(NamedTuple):
    value: Any
    names: frozenset[str]
    said: str
    weight: float


def distractors(truth: Truth, key: Key, right: Any, count: int, draw: Draw) -> list[tuple[Any, str]]:
    """``count`` wrong answers, each with its slip in words; fewer if there are not enough.

    No two are the same number or come from the same slip. Numbers that are merely near the right one, with no words,
    come last.
    """
    found: list[_Wrong] = []
    if key.numbers:
        found = _drawn(_with_numbers(truth, key, right), [], count, draw)
    else:
        search = Search(truth, key)
        for levels in ((0, 1), (2,)) if key.quantity else ((0,),):  # two slips at once where there are too few of one
            if len(found) < count:
                found += _drawn(_slips(search, levels, right), found, count - len(found), draw)
    taken = [right, *(wrong.value for wrong in found)]
    for value in _near(right):
        if len(taken) <= count and value not in taken and _plausible(value, right):
            taken.append(value)
    near = [(value, "") for value in taken[1 + len(found) :]]
    return [*((wrong.value, wrong.said) for wrong in found), *near]


def _drawn(left: list[_Wrong], found: list[_Wrong], count: int, draw: Draw) -> list[_Wrong]:
    """At most ``count`` of those ``left``, none like those that are ``found``."""
    new: list[_Wrong] = []
    while len(new) < count:
        known = [*found, *new]
        left = [w for w in left if not any(w.value == other.value or w.names == other.names for other in known)]
        if not left:
            break
        new.append(draw.weighted(left, [wrong.weight for wrong in left]))
    return new


def _slips(search: Search, levels: tuple[int, ...], right: Any) -> list[_Wrong]:
    """The wrong numbers that slips lead to, each by its most usual way."""
    best: dict[str, _Wrong] = {}
    for level in levels:
        for number, ways in search.level(level).items():
            value = _as_answered(list(number) if isinstance(number, tuple) else number, right)
            if value == right or not _plausible(value, right):
                continue
            for way in ways:
                names = frozenset(way.names)
                weight = prod(_WEIGHTS.get(name, _USUAL) for name in names)
                known = best.get(str(value))
                if weight and (known is None or weight > known.weight):
                    best[str(value)] = _Wrong(value, names, way.said, weight)
    return list(best.values())


def _with_numbers(truth: Truth, key: Key, right: Any) -> list[_Wrong]:
    """The wrong numbers that slips lead to: whole, and with as many cells as the right ones."""
    sizes = truth.computed.right(key).sizes
    found = []
    for name, said, wrong in forward.reached(truth, key):
        value = wrong.nested()
        if wrong.sizes == sizes and value != right and all(isinstance(number, int) for number in leaves(value)):
            found.append(_Wrong(value, frozenset({name}), said, _WEIGHTS.get(name, _USUAL)))
    return found


def _as_answered(value: Any, right: Any) -> Any:
    """One number for all axes where the right answer is one."""
    alike = isinstance(value, list) and not isinstance(right, list) and len(set(value)) == 1
    return value[0] if alike else value


def _plausible(value: Any, right: Any) -> bool:
    """Whether a number is a plausible wrong one: whole, and near the right one if that is small."""
    if any(isinstance(number, list) for number in (right if isinstance(right, list) else ())):
        return True  # numbers near the right ones, cell by cell
    if isinstance(value, list) or isinstance(right, list):
        alike = isinstance(value, list) and isinstance(right, list) and len(value) == len(right)
        return alike and all(isinstance(size, int) and size > 0 for size in value)
    if not isinstance(value, int):
        return False
    return value > 0 if right > _SMALL else 0 <= value <= 3 * right + 4


def _near(right: Any) -> Iterator[Any]:
    """Numbers near the right one."""
    for step in (1, -1, 2, -2, 3, 4, 5, 6):
        if isinstance(right, list) and isinstance(right[0], list):
            yield _stepped(right, step)
        elif isinstance(right, list):
            yield [*(size + step for size in right[:-1]), right[-1]]
        else:
            yield right + step if right <= _SMALL else right + 10 * step


def _stepped(nested: Any, step: int) -> Any:
    """Nested lists with ``step`` added to a number: to the first one, or for a negative step to the last."""
    if not isinstance(nested, list):
        return nested + step
    return [_stepped(nested[0], step), *nested[1:]] if step > 0 else [*nested[:-1], _stepped(nested[-1], step)]
