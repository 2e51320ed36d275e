"""Problems drawn by a seed, each worked out by the same walk that checks it."""

from __future__ import annotations

from typing import Any

from cnncalc import network
from cnncalc.check.answer_key import Truth, told
from cnncalc.check.answers.matrix import leaves
from cnncalc.check.papers.distractors import distractors
from cnncalc.check.papers.draw import Draw
from cnncalc.check.papers.paper import Drawn, Item, Option, Paper, Part
from cnncalc.check.papers.topics import LEVELS, TITLES, TOPICS
from cnncalc.check.papers.topics.words import Draft
from cnncalc.errors import CnncalcError, Source, UsageError
from cnncalc.limits import Limits
from cnncalc.spec import document, reader
from cnncalc.spec.demand import Key, parse_key
from cnncalc.spec.written import flow

MOST = 1000  # questions in a paper, so that it stays within the limits for a file
_TRIES = 400  # draws until one is new and has a whole answer
_KEPT = ("marks", "tolerance", "order", "follow_through", "partial", "once")  # what is not drawn
_NAMED = 3  # topics that a title names


def generate(topics: list[str], level: str, number: int, seed: int, choices: int = 0) -> Paper:
    """A paper of ``number`` problems of the topics in turn; ``choices``: answers to choose from, one of them right.

    The same arguments give the same paper. Raises UsageError if there are not enough different questions.
    """
    draw = Draw(f"{seed} {level} {' '.join(topics)} {choices}")
    items: list[Item] = []
    texts: set[str] = set()
    for place in range(number):
        item = _new(draw, Drawn(topics[place % len(topics)], level, choices), f"Q{place + 1}", texts)
        if item is None:
            raise UsageError(
                f"no more than {place} different questions of {', '.join(topics)} could be drawn",
                help="a smaller --number, more topics or another level",
            )
        texts.add(item.text)
        items.append(item)
    named = ", ".join(TITLES[topic] for topic in topics) if len(topics) <= _NAMED else "sizes and counts of networks"
    return Paper(f"{named[0].upper()}{named[1:]} ({level})", tuple(items))


def again(item: Item, draw: Draw) -> Item:
    """A drawn problem with other numbers, but the same questions and marks; any other problem unchanged."""
    if item.drawn is None:
        return item
    asked = [part.key.quantity for part in item.parts]
    for _ in range(_TRIES):
        new = _new(draw, item.drawn, item.id, {item.text})
        if new and [part.key.quantity for part in new.parts] == asked:
            marks = [part.marks for part in item.parts]
            parts = tuple(part._replace(marks=mark) for part, mark in zip(new.parts, marks, strict=True))
            kept = {key: value for key, value in item.stated.items() if key in _KEPT}
            return new._replace(parts=parts, stated=new.stated | kept)
    return item


def _new(draw: Draw, drawn: Drawn, id: str, texts: set[str]) -> Item | None:
    """A problem whose text is not among ``texts`` and whose answers are unique and whole; None after many tries."""
    for _ in range(_TRIES):
        draft = TOPICS[drawn.topic](draw, LEVELS.index(drawn.level))
        truth = None if draft.text in texts else worked_out(draft)
        if truth is None:
            continue
        parts = [_part(truth, parse_key(name), draw, drawn.choices) for name in draft.asked]
        if None not in parts:
            stated = {key: flow(value) for key, value in draft.network.items()}
            stated["drawn"] = flow(drawn._asdict())
            whole = tuple(part for part in parts if part)
            return Item(id, draft.text, whole, truth, stated, topic=TITLES[drawn.topic], drawn=drawn)
    return None


def worked_out(draft: Draft) -> Truth | None:
    """The truth of a question; None if a layer does not fit, or an answer is not a whole number of 1 or more."""
    stated = "".join(f"{key}: {flow(value)}\n" for key, value in draft.network.items())
    limits = Limits()
    try:
        truth = Truth(network.build(document.read(reader.read(Source("<question>", stated), limits), limits)))
        keys = [parse_key(name) for name in draft.asked]
        return truth if all(_worth_asking(key, answer(truth, key)) for key in keys) else None
    except CnncalcError:
        return None


def answer(truth: Truth, key: Key) -> Any:
    """The one right answer; a receptive field and its like that are the same on all axes are one number."""
    got = told(key, truth.get(key))
    return got[0] if key.sizes and key.quantity != "output" and isinstance(got, list) and len(set(got)) == 1 else got


def _worth_asking(key: Key, answer: Any) -> bool:
    """Whether an answer is in whole numbers; several that are worked out by hand are not all the same."""
    numbers = list(leaves(answer))
    if not all(isinstance(number, int) for number in numbers):
        return False
    return len(numbers) == 1 or (len(set(numbers)) > 1 if key.numbers else any(numbers))


def _part(truth: Truth, key: Key, draw: Draw, choices: int) -> Part | None:
    """The question with its options; None if a letter has several answers, or slips do not give enough options."""
    right = answer(truth, key)
    if not key.quantity and isinstance(right, list):
        return None
    if not choices:
        return Part(key, right)
    wrong = [Option(value, right=False, said=said) for value, said in distractors(truth, key, right, choices - 1, draw)]
    options = draw.shuffled([Option(right, right=True), *wrong])
    return Part(key, right, options=tuple(options)) if len(options) == choices else None
