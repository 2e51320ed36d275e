"""Stretches of a model that repeat, as one definition with arguments and its uses.

Two stretches are alike if they differ only in numbers. Numbers that are always the same are written into the
definition, others become arguments, and an argument that is a multiple of another one, or half of it, is
computed from it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from cnncalc.models.importer import Layer
from cnncalc.models.labels import called, inner, layers_of, name_of, named_alike
from cnncalc.models.structure import Block, Item, Structure, leaves

LONGEST = 40  # items of a stretch
MOST_ARGUMENTS = 5
MOST_LAYERS = 5000  # of a model that is searched for repeats
LEAST_SAVED, LEAST_LINES = 200, 5  # characters and lines that a definition must save
A_USE, AN_ARGUMENT, A_DEFINITION = 30, 14, 60  # about as many characters each takes


#: Where a number is: the layer's place in its stretch, its field, and the place in a list.
Spot = tuple[int, str, int]
Count = int | float


class Formula(str):
    """A number of a definition, as a formula in its arguments."""


class Definition(NamedTuple):
    """A stretch as it is written once. ``numbers`` has a formula for each number that differs, by its spot; ``names``
    are its layers' names if they are the same in every use.
    """

    name: str
    items: tuple[Item, ...]
    arguments: dict[str, Count | None]
    numbers: dict[Spot, Formula]
    names: list[str] | None


class Use(NamedTuple):
    """A place of a definition."""

    definition: Definition
    name: str
    given: dict[str, Count]
    items: tuple[Item, ...]
    reads: list[str]


def find(structure: Structure, size: Callable[[Layer], int]) -> tuple[list[Definition], dict[str, Use]]:
    """The definitions that shorten a spec, and their uses by the value that each returns.

    ``size`` says how many characters a layer takes.
    """
    chains = structure.chains()
    definitions: list[Definition] = []
    uses: dict[str, Use] = {}
    if sum(map(len, chains)) > MOST_LAYERS:
        return definitions, uses
    taken = {layer.name for item in structure.items.values() for layer in leaves(item)}
    while best := _best(chains, size):
        numbered = {definition.name for definition in definitions}
        definition, placed = _defined(best, numbered, taken)
        for items, given in placed:
            reads = structure.reads[items[0].name]
            uses[items[-1].name] = Use(definition, name_of(items, taken), given, items, reads)
        definitions.append(definition)
        gone = {id(items[0]) for items in best}
        chains = [part for chain in chains for part in _without(chain, gone, len(best[0]))]
    return definitions, uses


def _without(chain: list[Item], gone: set[int], length: int) -> Iterator[list[Item]]:
    """The rest of a chain without the stretches that begin at ``gone``."""
    rest: list[Item] = []
    place = 0
    while place < len(chain):
        if id(chain[place]) in gone:
            yield rest
            rest, place = [], place + length
        else:
            rest.append(chain[place])
            place += 1
    yield rest


def _best(chains: list[list[Item]], size: Callable[[Layer], int]) -> list[tuple[Item, ...]] | None:
    """The stretches, all alike, that save the most characters; None if none save enough."""
    kinds_of: dict[Any, int] = {}
    signs = [[kinds_of.setdefault(signature(item), len(kinds_of)) for item in chain] for chain in chains]
    sizes = [[sum(map(size, leaves(item))) for item in chain] for chain in chains]
    best, saved = None, LEAST_SAVED
    for length in range(1, LONGEST + 1):
        alike: dict[tuple[int, ...], list[tuple[int, int]]] = {}
        for number, signs_of in enumerate(signs):
            for place in range(len(signs_of) - length + 1):
                places = alike.setdefault(tuple(signs_of[place : place + length]), [])
                if not places or places[-1][0] != number or places[-1][1] + length <= place:
                    places.append((number, place))
        for places in alike.values():
            start, place = places[0]
            if len(places) < 2 or not _is_unit(
                chains[start][place : place + length], signs[start][place : place + length]
            ):
                continue
            each = sum(sum(sizes[number][place : place + length]) for number, place in places)
            if each - A_DEFINITION - len(places) * A_USE < saved:
                continue
            stretches = [tuple(chains[number][place : place + length]) for number, place in places]
            for found in named_alike(stretches):
                gain = _gain(found, size)
                if gain > saved:
                    best, saved = found, gain
        if not any(len(places) > 1 for places in alike.values()):
            break
    return best


def _is_unit(items: list[Item], signs: list[int]) -> bool:
    """Whether a stretch may be one definition: it is not a single layer, and contains no block twice."""
    blocks = [sign for item, sign in zip(items, signs, strict=True) if isinstance(item, Block)]
    return len(set(blocks)) == len(blocks) and (len(items) > 1 or bool(blocks))


def _gain(stretches: list[tuple[Item, ...]], size: Callable[[Layer], int]) -> int:
    """How many characters a definition of these stretches saves; negative if it does not pay."""
    uses, lines, count = len(stretches), len(layers_of(stretches[0])), len(_arguments(stretches)[0])
    if uses < 2 or count > MOST_ARGUMENTS or (uses - 1) * lines - uses < LEAST_LINES:
        return -1
    repeated = sum(size(layer) for items in stretches[1:] for layer in layers_of(items))
    return repeated - A_DEFINITION - uses * (A_USE + AN_ARGUMENT * count)


def signature(item: Item) -> Any:
    """Everything that two items must share: all but names and whole numbers."""
    if isinstance(item, Layer):
        return item.word, tuple((key, _form(value)) for key, value in item.fields.items())
    branches = (item.body, item.shortcut) if item.residual else item.branches
    return signature(item.join), tuple(tuple(map(signature, branch)) for branch in branches)


def _form(value: Any) -> Any:
    """A value without its numbers."""
    if isinstance(value, list) and all(type(number) is int for number in value):
        return "#" * len(value)
    return {int: "#", float: "real"}.get(type(value), repr(value))


def _numbers(layer: Layer) -> Iterator[tuple[str, int, Count]]:
    """The numbers in the fields of a layer: field, place in its list, number."""
    for key, value in layer.fields.items():
        for place, number in enumerate(value if isinstance(value, list) else [value]):
            if type(number) in (int, float):
                yield key, place, number


def _arguments(stretches: list[tuple[Item, ...]]) -> tuple[dict[str, tuple[Count, ...]], dict[Spot, Formula]]:
    """The arguments with their values in each stretch, and a formula for each number that differs."""
    rows = [[list(_numbers(layer)) for layer in layers_of(items)] for items in stretches]
    columns: dict[Spot, tuple[Count, ...]] = {}
    for place, numbers in enumerate(rows[0]):
        for index, (key, spot, _) in enumerate(numbers):
            column = tuple(row[place][index][2] for row in rows)
            if len(set(column)) > 1:
                columns[place, key, spot] = column
    arguments: dict[str, tuple[Count, ...]] = {}
    formulas: dict[tuple[Count, ...], Formula] = {}
    # paddings last, as they follow from kernels
    for (_, key, _), column in sorted(columns.items(), key=lambda entry: (entry[0][1] == "padding", sum(entry[1]))):
        if column not in formulas:
            worked_out = _worked_out(column, arguments)
            if worked_out is None:
                count = sum(re.fullmatch(rf"{key}\d*", name) is not None for name in arguments)
                name = f"{key}{count + 1}" if count else key
                arguments[name], worked_out = column, Formula(name)
            formulas[column] = worked_out
    return arguments, {spot: formulas[column] for spot, column in columns.items()}


def _worked_out(column: tuple[Count, ...], arguments: dict[str, tuple[Count, ...]]) -> Formula | None:
    """Whole numbers as a multiple of an argument, or as half of one."""
    for name, other in arguments.items():
        if not all(type(number) is int for number in (*column, *other)):
            continue
        factor = column[0] // other[0] if other[0] else 0
        if factor > 1 and all(value == factor * base for value, base in zip(column, other, strict=True)):
            return Formula(f"{factor}*{name}")
        if all(value == base // 2 for value, base in zip(column, other, strict=True)):
            return Formula(f"{name} // 2")
    return None


def _defined(
    stretches: list[tuple[Item, ...]], numbered: set[str], taken: set[str]
) -> tuple[Definition, list[tuple[tuple[Item, ...], dict[str, Count]]]]:
    """The definition of stretches that are alike, and each stretch with its arguments."""
    columns, numbers = _arguments(stretches)
    defaults: dict[str, Count | None] = {}
    for name, column in columns.items():
        common = max(column, key=column.count)
        defaults[name] = common if 2 * column.count(common) > len(column) else None
    arguments = dict(sorted(defaults.items(), key=lambda entry: entry[1] is not None))  # required ones come first
    names = [inner(items) for items in stretches]
    same = names[0] if all(each == names[0] for each in names) else None
    definition = Definition(called(stretches[0], numbered | taken), stretches[0], arguments, numbers, same)
    given = [
        {name: columns[name][number] for name in arguments if columns[name][number] != arguments[name]}
        for number in range(len(stretches))
    ]
    return definition, list(zip(stretches, given, strict=True))
