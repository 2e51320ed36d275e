"""What a layer says of its input, compared with the input: ``in_channels``, ``num_features``, the 2 of ``Conv2d``."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from cnncalc.errors import Problem, SpecError
from cnncalc.kinds.activation import Linear
from cnncalc.kinds.base.kind import Kind, times
from cnncalc.kinds.base.reduction import Reduction
from cnncalc.kinds.dense import Dense
from cnncalc.kinds.select import Select
from cnncalc.network.scope import Check, Item
from cnncalc.shape import RANKS, SPATIAL, Shape
from cnncalc.spec import values, vocabulary
from cnncalc.spec.node import Scalar, Sequence
from cnncalc.spec.values import BadValue, Context
from cnncalc.symbolic.expr import Number, value


def check(item: Item, kind: Kind, xs: tuple[Shape, ...], context: Context, inputs: Iterable[Shape]) -> Kind:
    """The kind of ``item`` on ``xs``: ``kind``, unless the item is the last step of what it reads.

    ``inputs`` are those of the network: their first size may be a batch axis.
    Raises SpecError for every check that does not hold. Unknown letters are left alone.
    """
    problems: list[Problem] = []
    for one in item.checks:
        try:
            said = _AGAINST[one.against](one, kind, xs[-1 if one.against == "memory" else 0], context)
        except SpecError as error:
            problems += error.problems
            continue
        if said:
            text, help = said
            if one.against == "axes" and any(
                x.rank == xs[0].rank and x.spatial[:1] == xs[0].spatial[:1] for x in inputs
            ):
                help = _BATCH if len(xs[0].spatial) > _wanted(one) else help
            problems.append(Problem(f'{kind.word()} "{item.name}": {text}', one.node.mark, help=help))
    if problems:
        raise SpecError(problems)
    for one in item.checks:
        if one.against == "axis" and isinstance(kind, Reduction):
            kind = type(kind)(axis=_numbered(one, kind, xs[0], context)[1], keepdims=kind.keepdims)
    return _last(xs[0]) if item.written == "last" else kind


def _last(x: Shape) -> Kind:
    """The last step of a sequence; features, which a recurrent layer outputs for its last step, as they are."""
    return Select(index=x.spatial[-1]) if x.spatial else Linear()


def _channels(check: Check, kind: Kind, x: Shape, context: Context) -> tuple[str, str] | None:
    given = _stated(check, context)
    number = kind.inputs(x) if isinstance(kind, Dense) else x.channels
    if value(given) is None or value(number) is None or value(given) == value(number):
        return None
    what = "numbers" if isinstance(kind, Dense) and kind.flattens(x) else "channels" if x.rank > 2 else "features"
    what = what[:-1] if value(number) == 1 else what
    said = f"{check.word}: {value(given)} is the number of {what}" if check.word else f"{check.name} is {value(given)}"
    text = f"{said}, and its input has {value(number)} {what}"
    help = f"{check.word or check.name}: {value(number)}, or leave it out"
    if kind.layout == "channels_last" and x.rank > 2 and value(x.spatial[0]) == value(given):
        help = f"if the sizes are written channels first, say layout: channels_first; else {help}"
    return text + _sized(x, kind), help


def _stated(check: Check, context: Context) -> Number:
    """The number that a check holds. Raises BadValue; a fraction without a name was hardly meant as channels."""
    if not check.word:
        return values.whole(check.node, context, check.name)
    try:
        return values.whole(check.node, context, f"the value of {check.word}, its number of channels,")
    except BadValue as error:
        text = check.node.text if isinstance(check.node, Scalar) else ""
        eps = f"give eps its name: {{eps: {text}}}, or eps={text} on a line" if text[:1] in "0.1" else None
        (problem,) = error.problems
        raise SpecError(problem._replace(help=problem.help or eps)) from None


def _sized(x: Shape, kind: Kind) -> str:
    return f" ({RANKS[x.rank]} of {times(x.written(kind.layout))})" if x.rank > 1 else ""


def _axes(check: Check, kind: Kind, x: Shape, context: Context) -> tuple[str, str] | None:
    axes, wanted = len(x.spatial), _wanted(check)
    if axes == wanted or (axes == 0 and wanted == 1 and kind.restates):
        return None
    found = f"{RANKS[x.rank]} of {times(x.written(kind.layout))}" if axes else f"{x.channels} features"
    text = f"{check.name} works on {RANKS[wanted + 1]} ({' and '.join(SPATIAL[wanted])}); its input is {found}"
    if axes == wanted - 1 and axes:
        help = f"write the channels too, as in {times(x.written(kind.layout))}×1".replace("×", "x")
    elif not axes and not kind.restates:
        help = "put it before flatten, or reshape the features first"
    else:
        help = f"write {kind.word()}, which takes any number of axes"
    return text, help


def _wanted(check: Check) -> int:
    """The number of spatial axes that a word asks for."""
    return int(check.node.text) if isinstance(check.node, Scalar) else 0


_BATCH = "sizes are those of one example: leave a batch axis out of the input"


def _axis(check: Check, kind: Kind, x: Shape, context: Context) -> tuple[str, str] | None:
    """The number of an axis, the batch counted as 0: the kinds here work along the channels."""
    place, axis = _numbered(check, kind, x, context)
    if place is None or axis == "channels" or (axis and isinstance(kind, Reduction) and axis != "batch"):
        return None
    names = _axes_written(kind, x)
    says = f"axis {place} is the {axis}" if axis else f"there is no axis {place}"
    listed = ", ".join(f"{number} {name}" for number, name in enumerate(names))
    what = "" if isinstance(kind, Reduction) else f"; {kind.word()} works along the channels here"
    return f"{check.name}: {says}{what} (axes: {listed})", f"{check.name}: {names.index('channels')}"


def _numbered(check: Check, kind: Kind, x: Shape, context: Context) -> tuple[int | None, str | None]:
    """The number of an axis, and its name."""
    place, names = value(values.whole(check.node, context, check.name, -4)), _axes_written(kind, x)
    inside = place is not None and -len(names) <= place < len(names)
    return place, names[place] if inside else None


def _axes_written(kind: Kind, x: Shape) -> list[str]:
    first = kind.layout == "channels_first" and x.rank > 2
    return ["batch", *(("channels", *x.axes[:-1]) if first else x.axes)]


def _sizes(check: Check, kind: Kind, x: Shape, context: Context) -> tuple[str, str] | None:
    """``normalized_shape``: the channels, or all sizes of the example where ``axes`` is ``all``."""
    if not isinstance(check.node, Sequence) or len(check.node.items) == 1:
        node = check.node.items[0] if isinstance(check.node, Sequence) else check.node
        return _channels(check._replace(node=node), kind, x, context)
    given = [value(number) for number in values.sizes(check.node, context, check.name)]
    sizes = [value(number) for number in x.written(kind.layout)]
    if None in given or None in sizes or (given == sizes and kind.__dict__.get("axes") == "all"):
        return None
    text = f"{check.name} is {times(given)}, and its input is {times(sizes)}"
    return text, "axes: all normalises over the whole example" if given == sizes else f"{check.name}: {times(sizes)}"


def _input(check: Check, kind: Kind, x: Shape, context: Context) -> tuple[str, str] | None:
    given = [value(number) for number in values.sizes(check.node, context, check.name)]
    sizes = [value(number) for number in x.written(kind.layout)]
    if None in given or None in sizes or given == sizes:
        return None
    return f"{check.name} is {times(given)}, and its input is {times(sizes)}", "leave it out: input: says it"


def _layout(check: Check, kind: Kind, x: Shape, context: Context) -> tuple[str, str] | None:
    word = values.word(check.node, context, check.name, ("channels_last", "channels_first"))
    if word == kind.layout or vocabulary.plain(word) == vocabulary.plain(kind.layout):
        return None
    return f"{check.name} is {word}, and the layout is {kind.layout}", f"layout: {word} at the top of the file"


_AGAINST: dict[str, Callable[[Check, Kind, Shape, Context], tuple[str, str] | None]] = {
    "channels": _channels, "memory": _channels, "axes": _axes, "axis": _axis, "sizes": _sizes, "input": _input,
    "layout": _layout, "last": lambda check, kind, x, context: None,
}  # fmt: skip
