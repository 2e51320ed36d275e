"""Receptive field, effective stride and effective padding of every layer, as seen from the input."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol

from cnncalc import rules
from cnncalc.kinds.base.kind import Reach
from cnncalc.network.model import Layer
from cnncalc.shape import Shape
from cnncalc.symbolic.arithmetic import larger
from cnncalc.symbolic.expr import Expr


class Placed(Protocol):
    """A row as this walk sees it: its layer, and the shapes that it reads."""

    layer: Layer
    xs: tuple[Shape, ...]


class ReceptiveField(NamedTuple):
    """What one output position sees of the input along one axis: at most ``size`` positions, ``jump`` from one output
    to the next (a fraction where the output is finer than the input), beginning ``padding`` before the input does.
    """

    size: Any
    jump: Any
    padding: Any


START = ReceptiveField(1, 1, 0)


class Seen(NamedTuple):
    """The receptive fields of one layer, for each spatial axis; None if there is no spatial axis, or it is unknown.

    ``enlarged``: something on the way makes the map larger, so that neighbours see windows of different centres.
    """

    fields: tuple[ReceptiveField, ...] | None
    enlarged: bool = False
    finding: str = ""


NONE = Seen(None)


def walk(inputs: Sequence[Shape], rows: Sequence[Placed]) -> list[Seen]:
    """The receptive fields of every row, in order."""
    seen: list[Seen] = [Seen((START,) * len(x.spatial) or None) for x in inputs]
    first = len(seen)
    for row in rows:
        tokens = not row.xs[0].spatial and max(row.layer.sources) < first
        seen.append(_begun(row) if tokens else _seen(row, [seen[source] for source in row.layer.sources]))
    return [_in_plain(one) for one in seen[first:]]


def _begun(row: Placed) -> Seen:
    """Where a layer turns an input's numbers into positions (an embedding of token ids), those count as the input's."""
    return Seen((START,) * len(row.layer.kind.reach(*row.xs) or ()) or None)


def _in_plain(seen: Seen) -> Seen:
    """With a plain field in place of a periodic one."""
    if all(type(axis) is ReceptiveField for axis in seen.fields or ()):
        return seen
    return seen._replace(fields=tuple(ReceptiveField(axis.size, axis.jump, axis.padding) for axis in seen.fields or ()))


def _seen(row: Placed, read: list[Seen]) -> Seen:
    reaches = row.layer.kind.reach(*row.xs)
    fields = [seen.fields for seen in read if seen.fields is not None]
    if reaches is None or len(fields) < len(read):
        return NONE
    enlarged = any(seen.enlarged for seen in read) or any(reach.step != 1 and reach.step < 1 for reach in reaches)
    if len(fields) == 1:
        return _all([_grown(field, reach) for field, reach in zip(fields[0], reaches, strict=True)], enlarged=enlarged)
    if len({len(axes) for axes in fields}) > 1:
        return NONE
    return _merged(list(zip(*fields, strict=True)), enlarged=enlarged)


def _all(fields: list[Any], *, enlarged: bool, finding: str = "") -> Seen:
    return NONE if None in fields else Seen(tuple(fields), enlarged, finding)


def _grown(field: Any, reach: Reach) -> Any:
    """A field seen through one more layer; periodic where a map is finer than the input; None if unknown."""
    if type(field) is ReceptiveField and all(type(number) is int or isinstance(number, Expr) for number in reach):
        return ReceptiveField(
            rules.grown_field(field.size, field.jump, reach.extent),
            rules.grown_jump(field.jump, reach.step),
            rules.grown_padding(field.padding, field.jump, reach.begin),
        )
    if any(isinstance(number, Expr) for number in (*field, *reach)):
        return None
    from cnncalc.summary import periodic

    return periodic.of(field).through(reach)


def _merged(axes: list[tuple[Any, ...]], *, enlarged: bool) -> Seen:
    """Branches are aligned where they move alike, and their windows' centres are less than one step apart or, of
    causal ones, their ends are the same.
    """
    for branches in axes:
        if len({branch.jump for branch in branches}) > 1:
            jumps = " and ".join(dict.fromkeys(str(branch.jump) for branch in branches))
            return Seen(None, enlarged, f"branches of effective stride {jumps} are not aligned: no receptive field")
    apart = not enlarged and any(_apart(branches, time=len(axes) == 1) for branches in axes)
    finding = "branches are not aligned: the centres of their windows lie apart" if apart else ""
    return _all([_union(branches) for branches in axes], enlarged=enlarged, finding=finding)


def _union(branches: tuple[Any, ...]) -> Any:
    if any(type(branch) is not ReceptiveField for branch in branches):
        from cnncalc.summary import periodic

        return periodic.union([periodic.of(branch) for branch in branches])
    padding = branches[0].padding
    end = branches[0].size - padding
    for branch in branches[1:]:
        padding, end = larger(padding, branch.padding), larger(end, branch.size - branch.padding)
    return ReceptiveField(padding + end, branches[0].jump, padding)


def _apart(branches: tuple[Any, ...], *, time: bool) -> bool:
    """Whether the centres of the windows lie a step or more apart, and not because the branches are causal.

    Causal windows, padded at the beginning alone, all end at the position itself, whatever their length (van den Oord
    et al., WaveNet, 2016). In time they may also end there because the others were cropped; in an image such a crop
    is a mistake more often than not.
    """
    centres = [branch.size - 2 * branch.padding for branch in branches]  # twice the centre, and 1
    gaps = [centre - centres[0] for centre in centres]
    if not any(not isinstance(gap, Expr) and abs(gap) >= 2 * branches[0].jump for gap in gaps):
        return False
    ends = {branch.size - branch.padding for branch in branches}
    padded = all(isinstance(branch.padding, Expr) or branch.padding >= 0 for branch in branches)
    return len(ends) > 1 or not (time or padded)


#: The attribute of a field that each quantity is.
_QUANTITIES = {"receptive_field": "size", "effective_stride": "jump", "effective_padding": "padding"}


def axial(fields: tuple[ReceptiveField, ...] | None, quantity: str) -> list[Any] | None:
    """A quantity of receptive fields, a number for each spatial axis; None if there are none."""
    return None if fields is None else [plain(getattr(field, _QUANTITIES[quantity])) for field in fields]


def plain(number: Any) -> Any:
    """A jump as data: a whole number, a fraction as a decimal number, or an expression."""
    if type(number) is int or isinstance(number, Expr):
        return number
    return number.numerator if number.denominator == 1 else float(number)
