"""The working of one layer with its numbers put in, as done by hand."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from cnncalc.render.forms import maps, text
from cnncalc.render.forms.maps import bracketed, plain
from cnncalc.render.objective import finite

if TYPE_CHECKING:
    from cnncalc.engine.by_hand import Tap, Traced
    from cnncalc.engine.kernels import Formula, Shown

_TWICE = re.compile(r"\(\((−[^()]*)\)\)")
MOST = 1000  # numbers of an array that JSON lists
_IN_LINE = 8  # most numbers of a list that is written on one line
_SUMS = 36  # sums that are written out below a matrix


def data(traced: Traced) -> dict[str, Any]:
    """The working as in the JSON: ``windows``, or ``steps``, arrays as ``[spatial..., channels]``."""
    windows = [tap._replace(place=list(tap.place))._asdict() for tap in traced.windows]  # type: ignore[arg-type]
    steps = [
        {
            "group": step.group,
            "name": step.name,
            "formula": step.formula,
            "sums": [_filled(one) for one in step.sums],
            "values": _nested(step.numbers),
        }
        for step in traced.steps
    ]
    more = {"more": traced.more, "steps": steps, "more_steps": traced.more_steps}
    return {"layer": traced.row.name, "windows": windows, **more, "output": _nested(traced.output)}


def _nested(array: Any) -> Any:
    """An array as nested lists; a number that is not finite is null, and so is an array of more than MOST."""
    if array.size > MOST:
        return None
    found = array.tolist()

    def clean(item: Any) -> Any:
        return [clean(one) for one in item] if isinstance(item, list) else finite(item)

    return clean(found)


def lines(traced: Traced) -> list[str]:
    """The working: the layer's input, each window or step, and the output map."""
    row = traced.row
    found = ["", f"{text.printable(row.name)}, the first example:"]
    for number, operand in enumerate(traced.operands, 1):
        found += ["", *maps.titled("x" if len(traced.operands) == 1 else f"x{number}", operand)]
    if traced.windows or (traced.more and not traced.steps):
        found += ["", *_windows(traced)]
    found += _steps(traced)
    if not traced.steps or traced.more_steps:
        found += ["", *maps.titled("y", traced.output)]
    return found


def worked(traced: Traced) -> list[str]:
    """The windows or the steps alone, a line each."""
    windows = _windows(traced) if traced.windows else ()
    return [line.strip() for line in (*windows, *_steps(traced)) if line.strip()]


def _windows(traced: Traced) -> Iterator[str]:
    name = "z" if traced.steps else "y"  # the input of softmax
    for tap in traced.windows:
        yield f"  {name}[{','.join(map(str, tap.place))}] = {_worked(tap)}"
    if not traced.windows:
        yield "  each window has too many numbers to be written out"
    elif traced.more:
        yield f"  … and {traced.more:,} more"


def _worked(tap: Tap) -> str:
    """``2·1 + 0·(−1) + 1 = 3``; with an activation ``relu(2·1 − 5) = relu(−3) = 0``."""
    inner = None
    if tap.formula is not None:
        total = filled(tap.formula, tap.numbers)
    elif tap.factors:
        terms = [f"{bracketed(n)}·{bracketed(f)}" for n, f in zip(tap.numbers, tap.factors, strict=True)]
        total = " + ".join([*terms, *([bracketed(tap.bias)] if tap.bias is not None else [])])
        inner = tap.sum
    elif tap.divisor is not None:
        total = f"({' + '.join(map(bracketed, tap.numbers))})/{tap.divisor}"
    else:
        total = f"max({', '.join(map(plain, tap.numbers))})"
    if tap.activation not in (None, "linear"):
        total = f"{tap.activation}({total})" + (f" = {tap.activation}({plain(inner)})" if inner is not None else "")
    return f"{total} = {plain(tap.value)}"


def _filled(formula: Formula) -> str:
    """A formula with its numbers put in."""
    return filled(formula.text, map(float, formula.numbers))


def filled(formula: str, numbers: Iterable[float]) -> str:
    """``formula`` with numbers in place of its {}; a negative one has one pair of brackets, not two."""
    return _TWICE.sub(r"(\1)", formula.format(*map(bracketed, numbers)))


def _steps(traced: Traced) -> Iterator[str]:
    group = None
    for step in traced.steps:
        if step.group != group:
            yield ""
            if step.group:
                yield f"  {step.group}:"
        group = step.group
        yield from _step(step)
    if traced.more_steps:
        yield "  … and more steps"


def _step(step: Shown) -> Iterator[str]:
    """A line with its numbers, or a matrix below it, and each sum written out."""
    numbers = step.numbers.ravel()[: max(_IN_LINE, _SUMS) + 1].tolist()
    head = f"  {step.name} = {step.formula}"
    if len(numbers) == 1:
        yield " = ".join([head, *map(_filled, step.sums), plain(numbers[0])])
        return
    if step.numbers.ndim == 1 and len(numbers) <= _IN_LINE:
        yield f"{head} = ({', '.join(map(plain, numbers))})"
    else:
        yield f"{head}:"
        yield from maps.lines(step.numbers, 4)
    if len(step.sums) <= _SUMS:
        for place, (one, number) in enumerate(zip(step.sums, numbers, strict=False)):
            yield f"    {step.name}[{_index(place, step.numbers.shape)}] = {_filled(one)} = {plain(number)}"


def _index(place: int, sizes: tuple[int, ...]) -> str:
    """``2,3``: a place counted from 1 along each axis."""
    found = []
    for size in reversed(sizes):
        place, along = divmod(place, size)
        found.append(str(along + 1))
    return ",".join(reversed(found))
