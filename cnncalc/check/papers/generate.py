"""Papers: questions drawn by a seed, each worked out by the same walk that checks it."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Any, NamedTuple

from cnncalc import network
from cnncalc.check.answer_key import Truth, told
from cnncalc.check.papers.templates import LEVELS, TOPICS, Draft
from cnncalc.check.slips.search import Search
from cnncalc.errors import CnncalcError, Source, UsageError
from cnncalc.explain.layer import Step
from cnncalc.explain.quantity import steps
from cnncalc.limits import Limits
from cnncalc.spec import document, reader
from cnncalc.spec.demand import Key, parse_key
from cnncalc.spec.written import flow

MOST = 1000  # questions of one paper, which is then within the limits for a file
_TRIES = 400  # questions that are drawn for one that is new and has a whole answer
_SMALL = 100  # numbers up to which the wrong ones to choose from are near


class Option(NamedTuple):
    """An answer to choose from; ``said``: how one comes to it who is wrong, in words that follow the right answer."""

    value: Any
    said: str = ""


class Question(NamedTuple):
    """One answer that is asked for, with what there is to choose from (nothing in an open question)."""

    key: Key
    answer: Any
    options: list[Option]


class Item(NamedTuple):
    """A problem of a paper."""

    id: str
    topic: str
    draft: Draft
    truth: Truth
    questions: list[Question]

    def working(self, question: Question) -> list[Step]:
        """The working of an answer; of a letter, that of what is given with its number put in."""
        if question.key.quantity:
            return list(steps(self.truth.summary, question.key))
        settled = self.truth.settled
        return [step for name in self.draft.given for step in (steps(settled, parse_key(name)) if settled else ())]


class Paper(NamedTuple):
    """Problems, and what they were drawn by."""

    title: str
    items: list[Item]


def generate(topics: list[str], level: str, number: int, seed: int, choices: int = 0) -> Paper:
    """A paper of ``number`` problems of the topics in turn; ``choices``: answers to choose from, one of them right.

    The same arguments give the same paper. Raises UsageError where there are not so many different questions.
    """
    draw = Random(f"{seed} {level} {' '.join(topics)} {choices}")
    items: list[Item] = []
    texts: set[str] = set()
    for place in range(number):
        topic = topics[place % len(topics)]
        item = _new(draw, topic, LEVELS.index(level), f"Q{place + 1}", texts, choices)
        if item is None:
            raise UsageError(
                f"no more than {place} different questions of {', '.join(topics)} could be drawn",
                help="a smaller --number, more topics or another level",
            )
        texts.add(item.draft.text)
        items.append(item)
    return Paper(f"Sizes and parameters: {', '.join(t.replace('_', ' ') for t in topics)} ({level}, {seed})", items)


def _new(draw: Random, topic: str, level: int, id: str, texts: set[str], choices: int) -> Item | None:
    """A question that is not among ``texts`` and has whole answers, each just one; None after many tries."""
    for _ in range(_TRIES):
        draft = TOPICS[topic](draw, level)
        truth = None if draft.text in texts else worked_out(draft)
        if truth is None:
            continue
        questions = [_question(truth, parse_key(name), draw, choices) for name in draft.asked]
        if None not in questions:
            return Item(id, topic, draft, truth, [question for question in questions if question])
    return None


def worked_out(draft: Draft) -> Truth | None:
    """The truth of a question; None where a layer does not fit, sizes had to be rounded, or no number would fit."""
    stated = (
        f"input: {flow('x'.join(map(str, draft.input)))}\nlayers: {flow(draft.layers)}\ngiven: {flow(draft.given)}\n"
    )
    limits = Limits()
    try:
        truth = Truth(network.build(document.read(reader.read(Source("<question>", stated), limits), limits)))
        summary = truth.settled or truth.summary
        rounded = any(note.lint for row in summary.rows for note in summary.notes(row))
        return None if rounded or not all(_whole(_answer(truth, parse_key(name))) for name in draft.asked) else truth
    except CnncalcError:
        return None


def _answer(truth: Truth, key: Key) -> Any:
    """The one right answer; a receptive field and its kin that are the same on all axes are one number."""
    got = told(key, truth.get(key))
    return got[0] if key.sizes and key.quantity != "output" and isinstance(got, list) and len(set(got)) == 1 else got


def _whole(answer: Any) -> bool:
    numbers = answer if isinstance(answer, list) else [answer]
    return all(isinstance(number, int) for number in numbers)


def _question(truth: Truth, key: Key, draw: Random, choices: int) -> Question | None:
    """The question with its options; None where a letter has several answers, or slips do not give enough options."""
    answer = _answer(truth, key)
    if not key.quantity and isinstance(answer, list):
        return None
    options = [Option(answer), *_wrong(truth, key, answer, choices - 1)] if choices else []
    draw.shuffle(options)
    return Question(key, answer, options) if len(options) == choices else None


def _wrong(truth: Truth, key: Key, answer: Any, count: int) -> list[Option]:
    """Wrong answers that slips lead to, the simplest slips first; where those are too few, numbers near the right."""
    found: dict[str, Option] = {}
    for value, said in _reached(Search(truth, key), answer):
        if len(found) < count and value != answer and _plausible(value, answer):
            found.setdefault(str(value), Option(value, said))
    return list(found.values())


def _plausible(value: Any, answer: Any) -> bool:
    """Whether a number may stand beside the right one: whole, and of a small one not far from it."""
    if isinstance(value, list) or isinstance(answer, list):
        alike = isinstance(value, list) and isinstance(answer, list) and len(value) == len(answer)
        return alike and all(isinstance(size, int) and size > 0 for size in value)
    return isinstance(value, int) and value >= 0 and (answer > _SMALL or value <= 3 * answer + 4)


def _reached(search: Search, answer: Any) -> Iterator[tuple[Any, str]]:
    """Numbers that slips lead to, with the slips in words; last, numbers that are merely near the right one."""
    for level in range(3 if search.key.quantity else 1):
        for number, ways in search.level(level).items():
            value = list(number) if isinstance(number, tuple) else number
            if isinstance(answer, int) and isinstance(value, list):
                value = value[0]
            if "order" not in ways[0].names:
                yield value, ways[0].said
    for step in (1, -1, 2, -2, 3, 4, 5, 6):
        if isinstance(answer, list):
            yield [*(size + step for size in answer[:-1]), answer[-1]], ""
        else:
            yield (answer + step if answer <= _SMALL else answer + 10 * step), ""
