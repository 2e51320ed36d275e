"""Problems to verdicts: each answer in a problem file compared with the computed one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from cnncalc.check.answer_key import Leniency, Letters, shaped, told
from cnncalc.check.answers.answer import Answer, text_of
from cnncalc.check.problems import Broken, Exercise, read
from cnncalc.errors import CnncalcError, LimitError, NoSolution
from cnncalc.explain.quantity import steps
from cnncalc.limits import Limits
from cnncalc.shape import LAYOUTS
from cnncalc.spec.demand import Key, parse_key
from cnncalc.spec.node import Scalar
from cnncalc.summary import quantities

if TYPE_CHECKING:
    from cnncalc.check.answer_key import Truth
    from cnncalc.check.slips.found import Explanation
    from cnncalc.errors import Problem
    from cnncalc.explain.layer import Step
    from cnncalc.spec.demand import Demand
    from cnncalc.spec.node import Node

SEARCHED = 2000  # layers of problems, in one file, whose wrong answers are searched for a slip


class Verdict(NamedTuple):
    """One answer of a problem: what the file says, the computed answer and, if they differ, why.

    ``id`` None: on a whole file; ``key`` None: on a problem. ``code`` is the exit code of one that is not ok.
    """

    file: str
    id: str | None
    key: str | None
    expected: Any
    got: Any
    ok: bool
    text: str = ""
    steps: tuple[Step, ...] = ()
    slip: Explanation | None = None
    code: int = 1


def check(path: str, limits: Limits, networks: str | None = None) -> Iterator[Verdict]:
    """The verdicts on the answers of a file, in its order; ``networks`` as for ``problems.read``."""
    searched = 0
    for problem in read(path, limits, networks):
        for verdict in verdicts(problem, searching=searched < SEARCHED):
            if not verdict.ok and isinstance(problem, Exercise):
                searched += len(problem.truth.network.layers)
            yield verdict


def verdicts(problem: Exercise | Broken, *, searching: bool = True) -> list[Verdict]:
    """The verdicts on a problem's answers; a single one if the problem cannot be computed."""
    if isinstance(problem, Broken):
        return [_refused(Verdict(problem.file, problem.id, None, None, None, ok=False), problem.error)]
    try:
        summary = problem.truth.summary
    except CnncalcError as error:
        return [_refused(Verdict(problem.file, problem.id, None, None, None, ok=False), error)]
    if problem.demands:
        return [_met(problem, demand, quantities.quantity(summary, *demand[:2])) for demand in problem.demands]
    letters = Letters()
    return [_verdict(problem, name, node, letters, searching=searching) for name, node in problem.answers.items()]


def _refused(verdict: Verdict, error: CnncalcError) -> Verdict:
    text = "; ".join(map(_told, error.problems))
    return verdict._replace(text=text, code=error.exit_code if isinstance(error, LimitError) else 1)


def _told(fault: Problem) -> str:
    where = f"{fault.mark}: " if fault.mark else ""
    advice = fault.advice(lambda name, value: f"limit {name}={value}")
    help = f" ({advice})" if advice and "\n" not in advice else ""
    also = f" (and at {fault.also})" if fault.also else ""
    return where + "; ".join([fault.text + also + help, *fault.working])


def _met(problem: Exercise, demand: Demand, got: Any) -> Verdict:
    """The verdict on an ``expect`` of a network file."""
    name = f"{demand.layer or 'total'}.{demand.quantity}"
    wanted = demand.wanted if demand.relation == "=" else f"{demand.relation} {quantities.shown(demand.wanted)}"
    ok = quantities.holds(problem.truth.summary, demand, got) is not False
    shown = () if ok else steps(problem.truth.summary, Key(demand.layer, demand.quantity))
    return Verdict(problem.file, problem.id, name, wanted, got, ok, steps=shown)


def _verdict(problem: Exercise, name: str, node: Node, letters: Letters, *, searching: bool) -> Verdict:
    """The verdict on one answer; ``letters`` has the numbers that were found right so far."""
    truth = problem.truth
    verdict = Verdict(problem.file, problem.id, name, text_of(node), None, ok=False)
    try:
        key = parse_key(name, problem.places[name])
        text = text_of(node, key)
        answer = Answer(text or "", key)
        verdict = verdict._replace(expected=_as_data(answer) if text else text)
        got = truth.get(key, problem.places[name])
        verdict = verdict._replace(got=told(key, got))
        if text is None:
            said = "there is no answer" if isinstance(node, Scalar) else "the answer cannot be read"
            return verdict._replace(text=said, steps=steps(truth.summary, key))
        leniency = _leniency(problem, name)
        judged = truth.judge(answer, leniency)
        if judged.right is None:
            return verdict._replace(text="the answer cannot be read", steps=steps(truth.summary, key))
        if judged.value is not None:
            verdict = verdict._replace(expected=shaped(key, judged.value, got))
        if not judged.right:
            if not key.quantity:
                letters.add(name, judged.value[0], right=False)
            verdict = verdict._replace(text=f"the answer {judged.why}" if judged.why else "")
            return _wrong(verdict, truth, key, judged.value, searching=searching)
        if not key.quantity:
            number = judged.value[0]
            joined = truth.joins(name, number, letters)
            letters.add(name, number, right=joined)
            if not joined:
                return verdict._replace(text=f"{letters} do not fit together")
        if name in problem.options:
            return _chosen(verdict, truth, key, problem.options[name], leniency)
    except NoSolution as error:
        return _refused(verdict, error)._replace(steps=())
    except CnncalcError as error:
        return _refused(verdict, error)
    return verdict._replace(ok=True)


def _leniency(problem: Exercise, name: str) -> Leniency:
    return Leniency(problem.tolerance, spatial=True, any_order=problem.any_order, shares=problem.shares.get(name, ()))


def _as_data(answer: Answer) -> Any:
    """An answer as data, right or wrong; its text if it cannot be read."""
    readings = answer.readings((), LAYOUTS[0])
    return shaped(answer.key, readings[0], None) if readings else answer.shown


def _wrong(verdict: Verdict, truth: Truth, key: Key, value: Any, *, searching: bool) -> Verdict:
    from cnncalc.check.slips.search import explain

    slip = explain(truth, key, value) if searching else None
    return verdict._replace(steps=steps(truth.summary, key), slip=slip)


def _chosen(verdict: Verdict, truth: Truth, key: Key, options: list[Node], leniency: Leniency) -> Verdict:
    """The verdict on a multiple choice: just one of its options is right."""
    texts = [text for option in options if (text := text_of(option, key))]
    right = [text for text in texts if truth.judge(Answer(text, key), leniency).right]
    if len(right) != 1:
        return verdict._replace(text=f"{len(right)} of the options are right, but one is expected")
    return verdict._replace(ok=True)
