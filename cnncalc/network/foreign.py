"""Layers in the words of other frameworks, put in ours. Loaded only where a word is met that is not ours."""

from __future__ import annotations

from collections.abc import Iterable

from cnncalc import kinds
from cnncalc.errors import Problem, nearest
from cnncalc.network import pasted
from cnncalc.network.scope import Check, Item
from cnncalc.network.translation import Translation
from cnncalc.spec import vocabulary
from cnncalc.spec.node import Scalar, shown
from cnncalc.spec.values import BadValue
from cnncalc.spec.vocabulary.fields import (
    FIELDS,
)


def name(item: Item, blocks: Iterable[str]) -> None:
    """Put the word of ``item`` in ours; ``blocks`` are the words of blocks and of the file's own definitions.

    Raises SpecError if nobody calls a layer so, or where a word could mean several, with what to write.
    """
    meaning = _meaning(item, tuple(blocks))
    item.name = item.given_name()
    item.word, item.axes, item.whose = meaning


def translate(item: Item, problems: list[Problem]) -> None:
    """Put the fields of ``item``, whose kind is known, in our words. What is only repeated becomes its ``checks``.

    Adds a problem for each field that cannot be read. Raises SpecError if values without names cannot be.
    """
    kind = kinds.find(item.word)
    if kind is not None:
        Translation(item, kind, problems).run()


def _meaning(item: Item, blocks: tuple[str, ...]) -> vocabulary.Meaning:
    pasted.call(item)
    if item.word == "last":
        item.checks.append(Check("last", Scalar("last", item.mark), "last"))
        item.scalar = Scalar("1", item.mark)  # until the length of what it reads is known
        return vocabulary.Meaning("select")
    if vocabulary.plain(item.word) == "linear" and item.word != "nn.Identity":
        return _linear(item)
    if kinds.find(item.word):
        return vocabulary.Meaning(item.word)
    meaning = vocabulary.kind(item.word)
    if meaning and (kinds.find(meaning.kind) or meaning.kind in blocks):
        return meaning
    raise _unknown(item, blocks)


def _linear(item: Item) -> vocabulary.Meaning:
    """``linear`` without a value is the activation; with one it is PyTorch's dense layer."""
    dense = {"units", "bias", "flatten", "activation"}.union(*map(str.split, FIELDS["dense"].values()))
    valued = item.scalar is not None or not dense.isdisjoint(item.fields) or item.word != "linear"
    return vocabulary.Meaning("dense", 0, "" if item.word == "linear" else "pytorch") if valued else _IDENTITY


_IDENTITY = vocabulary.Meaning("linear")


def _unknown(item: Item, blocks: tuple[str, ...]) -> BadValue:
    """The error for a word that is not a kind, with what to write."""
    several = vocabulary.several(item.word)
    if several:
        text = f'"{shown(item.word)}" could mean {" or ".join(several)}'
        return BadValue(text, item.mark, f"write {' or '.join(several)}")
    help = vocabulary.unsaid(item.word) or pasted.form(item.word) or suggestion(item.word, blocks)
    return BadValue(f'no kind of layer is called "{shown(item.word)}"', item.mark, help)


def suggestion(word: str, others: Iterable[str] = ()) -> str:
    """``did you mean "..."?`` for a word that is not a kind; ``others`` are known words that are not kinds."""
    own = [*kinds.every(), *others]
    close = nearest(word, own)
    if close is None:
        theirs = {name.lower(): name for name in vocabulary.every()}
        from difflib import get_close_matches

        found = get_close_matches(word.lower()[:80], theirs, n=1, cutoff=0.75)
        meaning = vocabulary.kind(theirs[found[0]]) if found else None
        close = f'did you mean "{meaning.kind}"?' if meaning else None
    return close or "cnncalc kinds lists them"
