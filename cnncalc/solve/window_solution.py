"""One window: any of its numbers from the others."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from cnncalc.errors import LimitError, Problem, UsageError, nearest
from cnncalc.kinds.base.kind import Misfit
from cnncalc.solve import algebra
from cnncalc.solve.algebra import Line
from cnncalc.solve.propagation import search
from cnncalc.solve.propagation.graph import ConstraintGraph
from cnncalc.solve.propagation.intervals import FAR
from cnncalc.solve.propagation.search import Effort, Values
from cnncalc.solve.unsolved import Unsolved
from cnncalc.solve.window import SYMBOLS, WindowQuestion, least, sliding
from cnncalc.symbolic.expr import Letter, Number, value
from cnncalc.symbolic.tree import substitute

_SAID = {"kernel": "a kernel of {}", "padding": "padding {}", "stride": "stride {}", "dilation": "dilation {}",
         "input": "an input of {}", "output": "an output of {}"}  # fmt: skip
_NEIGHBOURS = 3_000  # work to find one
_EXTENDED = 64  # output_padding is less than the stride; for larger strides only the first are tried


class WindowSolution:
    """Every answer for the ``unknown`` of one window.

    ``solutions`` are the first 1,000, smallest first; ``range`` is ``[first, last]`` of all, None if there is no
    bound; ``asymmetric`` are ``(begin, end)`` pairs of padding where no symmetric one fits. ``equation`` and
    ``working`` are the algebra as text; ``lines`` the same to be written in other styles.
    """

    def __init__(self, unknown: str, asked: WindowQuestion, found: Values, asymmetric: list[tuple[int, int]]) -> None:
        self.unknown, self.symbol, self._asked = unknown, SYMBOLS[unknown], asked
        self.solutions, self.range, self.asymmetric = found.solutions, found.range, asymmetric

    @cached_property
    def lines(self) -> list[Line]:
        """The algebra, starting with the equation."""
        try:
            number = self._asked.traced(self.unknown)
        except Misfit:
            return []
        if self.unknown == "output":
            known = () if value(number) is None else (value(number),)
            return [Line((Letter("O"), number, *known), ("=",) * (1 + len(known)))]
        wanted = self._asked.numbers["output"]
        return algebra.turned(number, (wanted, wanted))

    @property
    def equation(self) -> str:
        """The rule with the numbers put in and the unknown left."""
        return self.lines[0].written() if self.lines else ""

    @cached_property
    def working(self) -> list[str]:
        """The equation, its algebra, and the answers tried in the rule."""
        return [line.written() for line in self.lines] + self.checks

    @cached_property
    def checks(self) -> list[str]:
        """The first answers, their neighbours and asymmetric pairs put back into the rule."""
        if self.unknown == "output":
            return []
        if not self.solutions and not self.asymmetric:
            return []
        if self.asymmetric:
            return [f"P is not a whole number: one side gets one more, {_pairs(self.asymmetric)}"]
        first, last = self.range
        tried = ([] if first is None else [first - 1, first]) + ([] if last is None else [last, last + 1])
        found = []
        for number in dict.fromkeys(n for n in tried if n >= least(self.unknown)):
            output = self._asked.output(**{self.unknown: number})
            says = "does not fit" if output is None else f"gives {output}"
            found.append(f"check: {self.symbol} = {number} {says}")
        return found


def _pairs(pairs: list[tuple[int, int]]) -> str:
    return " or ".join(f"{begin} at the beginning and {end} at the end" for begin, end in pairs)


def window(
    unknown: str,
    *,
    input: Number = None,
    output: int | None = None,
    kernel: Number = None,
    stride: Number = None,
    padding: Any = 0,
    dilation: Number = 1,
    kind: str = "conv",
    ceil: bool = False,
    output_padding: int = 0,
) -> WindowSolution:
    """Every whole number for ``unknown`` (a key of SYMBOLS) in one window along one axis.

    ``padding`` is a number for both sides, or a word (``same``). A stride that is not given is 1, of a pool the size of
    its window, as in a spec. Raises NoSolution with what to change, UsageError
    where a number is missing or the unknown itself is given, LimitError where the search would not end.

    >>> window("padding", input=28, kernel=5, stride=1, output=28).solutions
    [2]
    >>> window("input", kernel=7, stride=2, padding=3, output=112).range
    [223, 224]
    """
    numbers = {"input": input, "output": output, "kernel": kernel, "stride": stride, "padding": padding,
               "dilation": dilation}  # fmt: skip
    if unknown not in SYMBOLS:
        raise UsageError(f'"{unknown}" cannot be solved for', help=nearest(unknown, SYMBOLS) or ", ".join(SYMBOLS))
    if numbers[unknown] not in (None, {"stride": 1, "padding": 0, "dilation": 1}.get(unknown)):
        raise UsageError(f"{unknown} is what is asked for, and it is given", help=f"leave --{unknown} out")
    pool = bool(sliding(kind).fields["stride"].same_as)
    if stride is None and not pool and unknown != "stride":
        numbers["stride"] = 1
    missing = [n for n, number in numbers.items() if number is None and n != unknown and not (pool and n == "stride")]
    if missing:
        raise UsageError(
            f"{unknown} needs {' and '.join(f'--{name}' for name in missing)}",
            help=f"cnncalc solve {unknown} {' '.join(f'--{n} {m}' for n, m in _EXAMPLE.items() if n != unknown)}",
        )
    asked = WindowQuestion(kind, numbers, ceil=ceil, output_padding=output_padding)
    if unknown == "dilation" and "dilation" not in asked.type.fields:
        raise UsageError(f"{kind} has no dilation")
    if unknown == "output":
        return _forward(asked)
    found = _answers(asked, unknown)
    pairs = [] if found.solutions or unknown != "padding" else _asymmetric(asked)
    if not found.solutions and not pairs:
        raise Unsolved(_none(asked, unknown), WindowSolution(unknown, asked, found, []))
    return WindowSolution(unknown, asked, found, pairs)


_EXAMPLE = {"input": 28, "kernel": 5, "stride": 1, "padding": 2, "output": 28}


def _forward(asked: WindowQuestion) -> WindowSolution:
    kind, x = asked.layer()
    try:
        size = kind.output(x).spatial[0]
    except Misfit as misfit:
        problem = Problem(f"no output: {misfit.text}", help=misfit.help)
        raise Unsolved(problem, WindowSolution("output", asked, search.NONE, [])) from None
    known = Values([size], [size, size]) if isinstance(size, int) else search.NONE
    return WindowSolution("output", asked, known, [])


def _answers(asked: WindowQuestion, unknown: str, form: Any = None) -> Values:
    """The answers. ``form`` replaces the unknown's letter in the window, such as the pair ``(P, P + 1)``."""
    symbol = SYMBOLS[unknown]
    stands = Letter(symbol) if form is None else form
    graph = _graph(asked, {unknown: stands})
    if graph is None:
        return search.NONE

    def fits(point: dict[str, int]) -> bool:
        return asked.fits(**{unknown: _put(stands, point)})

    return search.values(graph, {symbol: (least(unknown), FAR)}, fits, Effort(unknown))


def _graph(asked: WindowQuestion, letters: dict[str, Any], *, margins: bool = True) -> ConstraintGraph | None:
    """The constraints with ``letters`` for some of the numbers; None if no value can fit.

    Without ``margins`` only the sizes count, not what else a kind wants of its numbers.
    """
    kind, x = asked.layer(**letters)
    wanted = letters.get("output", asked.numbers["output"])
    graph = ConstraintGraph()
    for name in letters:
        graph.place(Letter(SYMBOLS[name]))
    try:
        size = kind.output(x).spatial[0]
    except Misfit:
        return None
    if isinstance(wanted, int):
        graph.demand(size, wanted, wanted)
    else:
        graph.demand(size - wanted, 0, 0)
        graph.demand(size, 1)
    for margin in kind.margins(x) if margins else ():
        if value(margin) is None:
            graph.demand(margin, 0)
    return graph


def _put(stands: Any, point: dict[str, int]) -> Any:
    if isinstance(stands, tuple):
        return tuple(_put(part, point) for part in stands)
    return substitute(stands, point)


def _asymmetric(asked: WindowQuestion) -> list[tuple[int, int]]:
    """Pairs of padding that differ by one: an odd total, split both ways; the smaller beginning first."""
    less = Letter("P")
    found = []
    for pair in ((less, less + 1), (less + 1, less)):
        for number in _answers(asked, "padding", (pair,)).solutions[:1]:
            found.append(_put(pair, {"P": number}))
    return sorted(found)


def _none(asked: WindowQuestion, unknown: str) -> Problem:
    """What was asked for, why it does not exist, and which neighbours do work."""
    try:
        number = asked.traced(unknown)
    except Misfit as misfit:
        return Problem(misfit.text, help=misfit.help)
    wanted = asked.numbers["output"]
    lines = [line.written() for line in algebra.turned(number, (wanted, wanted))] + _refused(asked, unknown)
    works = [text for other in SYMBOLS if other != unknown and (text := _neighbour(asked, unknown, other))]
    works = _extended(asked, unknown) + works
    return Problem(
        f"no {unknown} gives an output of {wanted}",
        working=tuple(lines),
        help="; ".join(works) if works else "change more than one of the numbers",
    )


def _refused(asked: WindowQuestion, unknown: str) -> list[str]:
    """The number that the sizes ask for and the kind refuses, with its reason: a padding over half a pool's window."""
    symbol = SYMBOLS[unknown]
    graph = _graph(asked, {unknown: Letter(symbol)}, margins=False)
    box = {symbol: (least(unknown), FAR)}
    point = next(search.points(graph, box, lambda _: True, Effort(unknown, _NEIGHBOURS)), None) if graph else None
    if point is None:
        return []
    kind, x = asked.layer(**{unknown: point[symbol]})
    try:
        kind.output(x)
    except Misfit as misfit:
        return [f"{symbol} = {point[symbol]} does not fit: {misfit.text}"]
    return []


def _extended(asked: WindowQuestion, unknown: str) -> list[str]:
    """The least output_padding with which a transposed convolution has an answer, as text."""
    if "output_padding" not in asked.type.fields or not isinstance(asked.numbers["stride"], int):
        return []
    for extra in range(asked.output_padding + 1, min(asked.numbers["stride"], _EXTENDED)):
        changed = WindowQuestion(asked.kind, asked.numbers, ceil=asked.ceil, output_padding=extra)
        answers = _answers(changed, unknown).solutions
        if answers:
            return [f"output_padding {extra} works, with {_SAID[unknown].format(answers[0])}"]
    return []


def _neighbour(asked: WindowQuestion, unknown: str, other: str) -> str | None:
    """The nearest ``other`` with which there is an answer, as ``stride 2 works, with padding 3``."""
    now = asked.numbers[other]
    if not isinstance(now, int) or (other == "dilation" and "dilation" not in asked.type.fields):
        return None
    letters = {name: Letter(SYMBOLS[name]) for name in (other, unknown)}
    graph = _graph(asked, letters)
    if graph is None:
        return None

    def fits(point: dict[str, int]) -> bool:
        return asked.fits(**{name: point[SYMBOLS[name]] for name in letters})

    found = []
    for low, high in ((now + 1, 2 * now + 64), (least(other), now - 1)):
        box = {SYMBOLS[other]: (low, high), SYMBOLS[unknown]: (least(unknown), FAR)}
        effort = Effort(unknown, _NEIGHBOURS)
        try:
            number = next(search.firsts(graph, box, fits, effort, backwards=high < now), None) if low <= high else None
        except LimitError:
            continue
        found += [] if number is None else [number]
    if not found:
        return None
    nearest_one = min(found, key=lambda number: (abs(number - now), number))
    changed = WindowQuestion(
        asked.kind, {**asked.numbers, other: nearest_one}, ceil=asked.ceil, output_padding=asked.output_padding
    )
    said = _SAID[unknown].format(_answers(changed, unknown).solutions[0])
    return f"{_SAID[other].format(nearest_one)} works, with {said}"
