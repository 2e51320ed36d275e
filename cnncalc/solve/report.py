"""What a student reads about a network's letters: the algebra, the check of the answers, or why there is none."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

from cnncalc import rules
from cnncalc.errors import LimitError, Problem, SpecError
from cnncalc.explain import layer
from cnncalc.kinds.base.kind import axis_letters
from cnncalc.kinds.base.window import Sliding
from cnncalc.solve import algebra
from cnncalc.solve.algebra import Line
from cnncalc.solve.constraints import Asked, NetworkQuestion
from cnncalc.solve.propagation import search
from cnncalc.solve.propagation.intervals import BOUND
from cnncalc.solve.propagation.search import Effort, Values
from cnncalc.summary import quantities
from cnncalc.summary.infer import infer
from cnncalc.summary.rows import Summary
from cnncalc.symbolic.expr import Expr, Letter, Number, value

if TYPE_CHECKING:
    from cnncalc.summary.rows import Row

_SHOWN = 8  # answers that the working checks, and demands that are looked at one by one
_REPORT = 1_000_000  # work spent to find the nearest values
_HELP = "ask for what comes near, or change another number"


def lines(
    question: NetworkQuestion, unknowns: dict[str, Values], joint: list[dict[str, int]], free: list[str]
) -> list[Line | str]:
    """The working of the letters."""
    found: list[Line | str] = [] if free else _together(question, unknowns, joint)
    for asked in question.asked:
        found += _algebra(question, asked)
    if free or not question.asked:
        found += _formulas(question)
    if free:
        found.append(f"nothing fixes {', '.join(free)}")
    for point in _worth_showing(question, unknowns, joint):
        found += _put_back(question, point)
    return found


def _together(question: NetworkQuestion, unknowns: dict[str, Values], joint: list[dict[str, int]]) -> list[Line | str]:
    """That letters which depend on each other cannot be chosen one by one, with how many answers there are."""
    coupled = [group for group in question.groups() or () if len(group) > 1]
    if not coupled or not joint:
        return []
    cut = len(joint) == search.LISTED
    if not cut and len(joint) == prod(len(found.solutions) for found in unknowns.values()):
        return []
    names = "; ".join(f"{', '.join(group[:-1])} and {group[-1]}" for group in coupled)
    if len(joint) <= _SHOWN:
        return [f"{names} depend on each other; together {' or '.join(f'({_said(point)})' for point in joint)}"]
    many = f"{len(joint):,} or more" if cut else f"{len(joint):,}"
    return [
        f"{names} depend on each other, so not all their values go together: {many} answers, first ({_said(joint[0])})"
    ]


def _worth_showing(
    question: NetworkQuestion, unknowns: dict[str, Values], joint: list[dict[str, int]]
) -> list[dict[str, int]]:
    """The first answers; for a single letter also the last ones, and the neighbours that do not fit."""
    if len(unknowns) > 1 or not question.asked:
        return joint[:_SHOWN]
    ((name, (solutions, (first, last))),) = unknowns.items()
    numbers = [first - 1] if first else []
    numbers += solutions if len(solutions) < _SHOWN else solutions[:2]
    numbers += [] if last is None else [last, last + 1]
    return [point for number in dict.fromkeys(numbers) if question.allows(point := {name: number})]


def _algebra(question: NetworkQuestion, asked: Asked) -> list[Line | str]:
    """A demand as an equation, solved for its letter."""
    found: dict[str, list[Line]] = {}
    for number, wanted in _equations(question, asked):
        if value(number) is None:
            lines = algebra.turned(number, wanted)
            found.setdefault(lines[0].written(), lines)
    head = f"{asked.name} {'=' if asked.demand.relation == '=' else ''} {asked.wanted}".replace("  ", " ")
    return [head, *(line for lines in found.values() for line in lines)] if found else []


def _equations(question: NetworkQuestion, asked: Asked) -> list[tuple[Number, tuple[int, int]]]:
    """The demanded numbers in letters, with their values where the layer's own rule gives them, and their bounds."""
    plain = question.demanded(asked)
    pairs = quantities.sides(question.summary, asked.demand, asked.got) or []
    shown = _traced(question, asked)
    result = []
    for place, ((number, bounds), (wanted, got)) in enumerate(zip(plain, pairs, strict=False)):
        known = value(wanted)
        if known is None:
            result.append((number, bounds))
        else:
            result.append((shown[place] if place < len(shown) else got, (bounds[0] + known, bounds[1] + known)))
    return result


def _traced(question: NetworkQuestion, asked: Asked) -> list[Number]:
    """What a layer's working says about the quantity, in the order in which its sizes are written."""
    summary, demand = question.summary, asked.demand
    row = summary.rows_by_name.get(demand.layer or "")
    if row is None or demand.quantity not in ("output", "params", "macs"):
        return []
    steps = [step.expression for step in layer.explain(summary, row).steps if step.quantity == demand.quantity]
    if demand.quantity == "output" and summary.layout == "channels_first" and len(demand.wanted) == len(steps) > 2:
        return [steps[-1], *steps[:-1]]
    return steps


def _formulas(question: NetworkQuestion) -> list[Line | str]:
    """The result in terms of the letters."""
    found: list[Line | str] = []
    for name, shape in question.summary.outputs.items():
        letters = [*(f"{letter}_out" for letter in axis_letters(shape)), "C_out" if shape.spatial else "N_out"]
        sizes = zip(letters, shape.sizes, strict=True)
        rows = [Line((Letter(letter), size), ("=",)) for letter, size in sizes if isinstance(size, Expr)]
        found += [f"output of {name}", *rows] if rows else []
    return found


def _put_back(question: NetworkQuestion, point: dict[str, int]) -> list[Line | str]:
    """An answer, its result, and what strided layers leave out of their input."""
    summary = question.known(point)
    if summary is None:
        return [f"check: {_said(point)}: does not fit"]
    gives = [f"{asked.name} = {quantities.shown(_quantity(summary, asked))}" for asked in question.asked]
    if any(isinstance(size, Expr) for x in question.network.inputs.values() for size in x.sizes):
        windows = [row for row in summary.rows if isinstance(row.layer.kind, Sliding)]
        left = [text for row in windows for text in _left_out(row)]
        gives += left or ["no window leaves anything out"] * bool(windows)
    return [f"check: {_said(point)}: {'; '.join(gives) or 'fits'}"]


def _quantity(summary: Summary, asked: Asked) -> object:
    return quantities.quantity(summary, asked.demand.layer, asked.demand.quantity)


def _left_out(row: Row) -> list[str]:
    """What a strided window leaves out at the end of its input, axis by axis."""
    kind = row.layer.kind
    if not isinstance(kind, Sliding) or kind.ceil_mode:
        return []
    found: dict[str, list[str]] = {}
    for letter, w in zip(axis_letters(row.xs[0]), kind.windows(row.xs[0]), strict=True):
        rest = 0 if w.padding is None else rules.slack(w.size, w.kernel, w.padding, w.dilation) % w.stride
        if rest:
            found.setdefault(f"{rest} of {w.size}", []).append(letter)
    return [f"{row.name} leaves out {rest} along {' and '.join(axes)}" for rest, axes in found.items()]


def none(question: NetworkQuestion) -> Problem:
    """Why there is no answer: each demand by itself, with both sides."""
    asked = [one for one in question.asked if _lettered(question, one) or not _holds(question, one)]
    if not asked:
        return _never_fits(question)
    effort = Effort(question.effort.what, _REPORT)
    alone = [_alone(question, one, effort) for one in asked[:_SHOWN]]
    contradictory = len(asked) > 1 and all(works for works, _ in alone)
    blamed = [one for one, (works, _) in zip(asked, alone, strict=False) if contradictory or not works] or asked
    gives = f"gives {blamed[0].name} {blamed[0].wanted}" if len(asked) == 1 else "meets every demand"
    also = blamed[1].demand.mark if len(blamed) > 1 else None
    help = "each can be met alone, not together: change one of them" if contradictory else None
    text = f"no {' with any '.join(question.names)} {gives}"
    return Problem(text, blamed[0].demand.mark, tuple(line for _, line in alone), help or _HELP, also)


def _holds(question: NetworkQuestion, asked: Asked) -> bool:
    return quantities.holds(question.summary, asked.demand, asked.got) is True


def _alone(question: NetworkQuestion, asked: Asked, effort: Effort) -> tuple[bool, str]:
    """Whether a demand can be met by itself, and how; or what comes nearest."""
    demand = asked.demand
    if not _lettered(question, asked):
        return (
            False,
            f"{asked.name}: {asked.wanted} is wanted; it is {quantities.shown(asked.got)} whatever the letters",
        )
    first = _answer(question, asked, demand.relation, effort)
    if first:
        return True, f"{asked.name}: {asked.wanted} with {first}"
    near = [_answer(question, asked, relation, effort) for relation in ("<=", ">=")] if demand.relation == "=" else []
    near += [_refused(question, asked, effort)]
    says = "; ".join(dict.fromkeys(text for text in near if text)) or "nothing comes near"
    return False, f"{asked.name}: {asked.wanted} is wanted; {says}"


def _refused(question: NetworkQuestion, asked: Asked, effort: Effort) -> str | None:
    """The numbers that the demand alone asks for and a layer refuses, with its reason."""
    try:
        free = NetworkQuestion(question.network, [asked.demand], effort, margins=False)
        if free.groups() is None:
            return None
        graph, box = free.graph(set(free.names)), dict.fromkeys(free.names, free.domain)
        point = next(search.points(graph, box, lambda _: True, effort), None)
    except LimitError:
        return None
    if point is None:
        return None
    try:
        infer(question.unknown.put(point))
    except SpecError as error:
        return f"{_said(point)} does not fit: {error.problems[0].text}"
    return None


def _lettered(question: NetworkQuestion, asked: Asked) -> bool:
    demanded = question.demanded(asked)
    return not demanded or any(value(number) is None for number, _ in demanded)


def _answer(question: NetworkQuestion, asked: Asked, relation: str, effort: Effort) -> str | None:
    """The letters for which the quantity is in ``relation`` to the wanted value and nearest to it."""
    demand = asked.demand._replace(relation=relation)
    try:
        ends = _ends(NetworkQuestion(question.network, [demand], effort))
    except LimitError:
        return None
    if relation == asked.demand.relation:
        return " to ".join(dict.fromkeys(_said(point) for point in ends)) or None
    told = []
    for point in ends:
        summary = question.known(point)
        if summary is not None:
            got = _quantity(summary, asked)
            told.append((_distance(summary, asked, got), f"{_said(point)} gives {quantities.shown(got)}"))
    return min(told)[1] if told else None


def _said(point: dict[str, int]) -> str:
    return ", ".join(f"{name} = {number}" for name, number in point.items())


def _distance(summary: Summary, asked: Asked, got: object) -> int:
    pairs = quantities.sides(summary, asked.demand, got) or []
    return sum(abs(value(number) - value(wanted)) for wanted, number in pairs if value(wanted) is not None)


def _ends(question: NetworkQuestion) -> list[dict[str, int]]:
    """The first answer and, for a single letter, the last."""
    if question.groups() is None:
        return []
    graph, box = question.graph(set(question.names)), dict.fromkeys(question.names, question.domain)
    first = next(search.points(graph, box, question.fits, question.effort), None)
    if first is None or len(box) > 1:
        return [first] if first else []
    last = next(search.points(graph, box, question.fits, question.effort, backwards=True))
    return [first, last] if max(last.values()) < BOUND else [first]


def _never_fits(question: NetworkQuestion) -> Problem:
    """Nothing is demanded, yet nothing fits: what is wrong with the smallest letters."""
    try:
        infer(question.unknown.put(dict.fromkeys(question.names, 1)))
        found: list[Problem] = []
    except SpecError as error:
        found = error.problems
    ones = ", ".join(f"{name} = 1" for name in question.names)
    lines = [f"with {ones}: {line}" for problem in found[:3] for line in (problem.text, *problem.working)]
    text = f"no {' with any '.join(question.names)} makes the layers fit"
    return Problem(text, found[0].mark if found else None, tuple(lines))
