"""A paper: problems as they are set, with what is right and how it is worked out. The formats are in ``render``."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any, NamedTuple

from cnncalc.check.answer_key import Truth
from cnncalc.check.answers.answer import Answer, text_of
from cnncalc.check.marking.exam import Exam
from cnncalc.check.papers.topics import LEVELS, MOST_CHOICES, TITLES, TOPICS
from cnncalc.check.problems import Exercise
from cnncalc.check.slips.search import explain
from cnncalc.errors import Problem, SpecError, UsageError
from cnncalc.limits import Limits
from cnncalc.spec.node import Mapping, Scalar
from cnncalc.spec.values import BadValue
from cnncalc.spec.written import of_node

if TYPE_CHECKING:
    from cnncalc.check.marking.marked import Question
    from cnncalc.spec.demand import Key
    from cnncalc.spec.node import Node


class Option(NamedTuple):
    """An answer to choose from: data, or text as its author wrote it. ``said``: the slip that leads to a wrong one."""

    value: Any
    right: bool
    said: str = ""


class Part(NamedTuple):
    """One answer that a problem asks for, the right one as data, and what there is to choose from."""

    key: Key
    answer: Any
    marks: Fraction = Fraction(1)
    options: tuple[Option, ...] = ()


class Drawn(NamedTuple):
    """How ``generate`` drew a problem; ``choices`` is 0 for an open question."""

    topic: str
    level: str
    choices: int


class Item(NamedTuple):
    """A problem. ``stated`` is what its file says besides id, text, answers and options: YAML by key.

    ``tolerance`` is relative. ``bare``: the text does not say what the network is. ``origin``: the id of the problem
    that this is a copy of.
    """

    id: str
    text: str
    parts: tuple[Part, ...]
    truth: Truth
    stated: dict[str, str]
    topic: str = ""
    tolerance: float = 0.0
    bare: bool = False
    drawn: Drawn | None = None
    origin: str = ""

    @property
    def marks(self) -> Fraction:
        return sum((part.marks for part in self.parts), Fraction(0))


class Paper(NamedTuple):
    """Problems in order. ``copy``: which of several papers it is, None of a single one."""

    title: str
    items: tuple[Item, ...]
    copy: str | None = None


def of_files(files: list[str], limits: Limits, networks: str | None = None) -> tuple[Paper, list[Problem]]:
    """The problems of files as a paper, and warnings about answers in them that are wrong.

    Raises SpecError if a problem cannot be worked out: a paper without it would not be the one that was meant.
    """
    exam = Exam(files, limits, networks)
    if exam.broken:
        raise exam.broken[0]
    if not exam.questions:
        raise UsageError("there is nothing to ask: no file holds a problem with answers", help="cnncalc guide problems")
    if any(question.key is None for question in exam.questions.values()):
        raise SpecError(exam.warnings)
    title = next((problem.title for problem in exam.problems.values() if problem.title), "Exercises")
    items = [_item(problem, exam) for problem in exam.problems.values()]
    return Paper(title, tuple(items)), exam.warnings


def _item(problem: Exercise, exam: Exam) -> Item:
    parts = tuple(_part(problem, exam.questions[problem.id, name]) for name in problem.answers)
    own = ("id", "text", "answers", "options")
    stated = {key: of_node(node) for key, node in problem.stated.items() if key not in own}
    bare = not problem.text or problem.names_network
    drawn = _drawn(problem.stated["drawn"]) if "drawn" in problem.stated else None
    topic = TITLES[drawn.topic] if drawn else ""
    return Item(problem.id, problem.text, parts, problem.truth, stated, topic, problem.tolerance, bare, drawn)


def _drawn(node: Node) -> Drawn:
    """How a problem was drawn. Raises SpecError if that is not as ``generate`` writes it."""
    items = node.items if isinstance(node, Mapping) else {}
    found = [item.text if isinstance(item, Scalar) else "" for item in (items.get(name) for name in Drawn._fields)]
    topic, level, choices = found
    if topic not in TOPICS or level not in LEVELS or not choices.isdecimal() or not choices.isascii():
        raise BadValue(
            "drawn is not as generate writes it", node.mark, "drawn: {topic: window, level: easy, choices: 0}"
        )
    return Drawn(topic, level, min(int(choices), MOST_CHOICES))


def _part(problem: Exercise, question: Question) -> Part:
    key = question.key
    assert key is not None  # of_files has refused the others
    right = question.right
    if question.spatial:
        right = right[1:] if problem.truth.layout == "channels_first" and len(right) > 2 else right[:-1]
    options = tuple(_option(problem, question, key, node) for node in problem.options.get(question.name, ()))
    if options and sum(option.right for option in options) != 1:
        what = f"{problem.id} {key}: {sum(option.right for option in options)} of the options are right, not one"
        raise SpecError(what, mark=problem.options[question.name][0].mark)
    return Part(key, right, question.marks, options)


def _option(problem: Exercise, question: Question, key: Key, node: Node) -> Option:
    text = text_of(node, key) or ""
    judged = problem.truth.judge(Answer(text, key), question.leniency)
    slip = None if judged.right or judged.value is None else explain(problem.truth, key, judged.value)
    return Option(text, bool(judged.right), slip.ways[0].said if slip else "")
