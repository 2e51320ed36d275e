"""The numbers that a file states for a network, beside what the network has room for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from cnncalc.errors import Problem, SpecError, nearest
from cnncalc.symbolic.expr import Number, value

if TYPE_CHECKING:
    from cnncalc.spec.numbers import Numbers
    from cnncalc.summary.rows import Summary

S = TypeVar("S", bound="Summary")
TARGET = "target"
LISTED = 8  # names that a message lists


class Room(NamedTuple):
    """A place for numbers: its ``sizes`` and, of an array of a layer, its name in a file (``conv1/kernel``)."""

    sizes: tuple[Number, ...]
    array: str = ""


def rooms(summary: Summary) -> dict[str, Room]:
    """Everything that numbers can be given for, by the name used in ``values``.

    Inputs and ``target`` have the sizes of one example in the spec's layout, weights and states their own.
    """
    found = {name: Room(tuple(x.written(summary.layout))) for name, x in summary.inputs.items()}
    if len(found) == 1:
        found = {"input": next(iter(found.values())), **found}
    for row in summary.rows:
        arrays = {**row.weights, **row.layer.kind.starts(*row.xs)}
        found |= {f"{row.name}.{name}": Room(sizes, f"{row.name}/{name}") for name, sizes in arrays.items()}
    if len(summary.outputs) == 1:
        (output,) = summary.outputs.values()
        found.setdefault(TARGET, Room(tuple(output.written(summary.layout))))
    return found


def checked(summary: S) -> S:
    """The summary itself. Raises SpecError for names in ``values`` that are not its own, and numbers of other sizes."""
    if not summary.network.values:
        return summary
    known = rooms(summary)
    given = summary.network.values.items()
    problems = [problem for name, numbers in given for problem in _faults(summary, known, name, numbers)]
    if problems:
        raise SpecError(problems)
    return summary


def _faults(summary: Summary, known: dict[str, Room], name: str, numbers: Numbers) -> Iterator[Problem]:
    room = known.get(name)
    if room is None:
        yield _unknown(summary, known, name, numbers)
        return
    if name == TARGET and are_labels(summary, numbers):
        return
    sizes = [value(size) for size in room.sizes]
    if None not in sizes and not fits(numbers.sizes, tuple(sizes)):
        text = f"{name} is given as {_times(numbers.sizes)}; the network needs {_times(tuple(sizes))}"
        turned = len(numbers.sizes) > 1 and sorted(_long(numbers.sizes)) == sorted(_long(tuple(sizes)))
        help = "its axes are in another order" if turned else "nested lists; axes of size 1 may be left out"
        yield Problem(text, numbers.mark, help=help)


def are_labels(summary: Summary, numbers: Numbers) -> bool:
    """Whether a target is the numbers of classes, one for each position: those of a cross-entropy may be."""
    objective, (output, *_) = summary.network.objective, summary.outputs.values()
    if objective is None or objective.loss != "cross_entropy" or fits(numbers.sizes, output.sizes):
        return False
    return fits(numbers.sizes, output.spatial) and all(number.is_integer() for number in numbers.flat)


def _unknown(summary: Summary, known: dict[str, Room], name: str, numbers: Numbers) -> Problem:
    layer, _, weight = name.rpartition(".")
    row = summary.rows_by_name.get(layer)
    if row is not None and row.layer.shares is not None:
        owner = summary.rows[row.layer.shares].name
        return Problem(f"{layer} uses the weights of {owner}", numbers.place, help=f"give them as {owner}.{weight}")
    own = [one for one in known if one.startswith(f"{layer}.")] if row else list(known)
    listed = ", ".join(own[:LISTED]) + (", ..." if len(own) > LISTED else "")
    if row is not None:
        text = f'{row.kind} "{layer}" has no array "{weight}"'
        return Problem(text, numbers.place, help=nearest(name, own) or (listed or "it learns nothing"))
    text = f'values names "{name}", which is no input and no array of a layer'
    return Problem(text, numbers.place, help=nearest(name, known) or listed)


def fits(given: tuple[int, ...], wanted: tuple[int, ...]) -> bool:
    """Whether numbers in lists of ``given`` sizes fill ``wanted`` ones; axes of size 1 do not count."""
    return _long(given) == _long(wanted)


def _long(sizes: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(size for size in sizes if size != 1)


def _times(sizes: tuple[int, ...]) -> str:
    if len(sizes) > 1:
        return "×".join(map(str, sizes))
    return "one number" if sizes in ((), (1,)) else f"{sizes[0]} numbers"
