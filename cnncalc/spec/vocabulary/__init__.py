"""The words of other frameworks beside ours. Loaded only where a word is met that is not ours, and for the pages."""

from __future__ import annotations

import re
from functools import cache
from typing import NamedTuple

from cnncalc.spec.vocabulary.words import AMBIGUOUS, KEYS, KINDS, LAYOUTS, QUANTITIES, UNKNOWN, VALUES

#: What stands before the name of a layer in a program.
PREFIXES = ("torch.nn.", "nn.", "tf.keras.layers.", "keras.layers.", "layers.", "tf.keras.", "keras.", "torch.", "tf.",
             "tf.keras.activations.", "F.", "K.")  # fmt: skip


class Meaning(NamedTuple):
    """What a name stands for: our ``kind``, the number of spatial axes that it asks for (0: any), and whose name it is:
    ``pytorch``, ``keras``, ``both`` or ``""``.
    """

    kind: str
    axes: int = 0
    whose: str = ""


def plain(word: str) -> str:
    """A word as it is compared: without capitals, underscores, spaces and hyphens, and without ``nn.`` in front."""
    return bare(word).lower().replace("_", "").replace("-", "").replace(" ", "")


def bare(word: str) -> str:
    """A word without ``nn.``, ``keras.layers.`` and the like in front."""
    for prefix in sorted(PREFIXES, key=len, reverse=True):
        if word.startswith(prefix):
            return word[len(prefix) :]
    return word


def kind(word: str) -> Meaning | None:
    """What ``word`` means where a kind, or a block, is named; None if nobody calls one so, or several are."""
    name = bare(word)
    found = _exact().get(name) or _alike().get(plain(word))
    if found is None or plain(word) in AMBIGUOUS:
        return None
    if word.startswith(("nn.", "torch.")) and found.whose == "both":
        return found._replace(whose="pytorch")
    return found._replace(whose="keras") if "layers." in word or word.startswith("keras.") else found


def several(word: str) -> tuple[str, ...]:
    """The kinds that ``word`` could mean, where it could mean more than one."""
    return AMBIGUOUS.get(plain(word).rstrip("123d"), AMBIGUOUS.get(plain(word), ()))


def unsaid(word: str) -> str | None:
    """What to write for a layer of another framework that no kind of ours is."""
    return UNKNOWN.get(plain(word))


def word(text: str, words: tuple[str, ...]) -> str | None:
    """The one of ``words`` that ``text`` stands for: ``swish`` is ``silu``, ``SAME`` is ``same``."""
    short = plain(text)
    for known in words:
        if plain(known) == short:
            return known
    found = _alike().get(short)
    candidates = [VALUES.get(short), LAYOUTS.get(short), found.kind if found else None]
    return next((known for known in candidates if known in words), None)


def order(name: str) -> list[str]:
    """The names of the values that ``name``, as its framework writes it, takes by their places; none where unknown."""
    from cnncalc.spec.vocabulary.fields import ORDER

    short = bare(name)
    patterns = [short.replace(number, "#", 1) for number in "123" if number in short]
    return next((ORDER[key] for key in (short, *patterns) if key in ORDER), "").split()


def quantity(text: str) -> str:
    """The quantity that ``text`` stands for: ``trainable`` is ``trainable_params``; else ``text``."""
    return QUANTITIES.get(plain(text), text)


def key(text: str) -> str:
    """The key of a file that ``text`` stands for: ``inputs`` is ``input``; else ``text``."""
    return KEYS.get(text, text)


def names(kind: str) -> dict[str, list[str]]:
    """What ``kind`` is called in PyTorch, in Keras and elsewhere."""
    known = KINDS.get(kind)
    if known is None:
        return {"pytorch": [], "keras": [], "others": []}
    return {whose: [one for part in text.split() for one in _written(part)] for whose, text in known._asdict().items()}


def every() -> list[str]:
    """Every name of the table, as it is listed."""
    return [one for kind in KINDS for found in names(kind).values() for one in found]


def _written(name: str) -> list[str]:
    return [name.replace("#", number) for number in "123"] if "#" in name else [name]


@cache
def _exact() -> dict[str, Meaning]:
    """Names as they are written, by framework."""
    found: dict[str, Meaning] = {}
    for kind, known in KINDS.items():
        for whose, text in known._asdict().items():
            for part in text.split():
                for number, one in zip((1, 2, 3), _written(part), strict=False):
                    by = "both" if one in found and whose == "keras" else "" if whose == "others" else whose
                    found[one] = Meaning(kind, number if "#" in part else _dimensions(one), by)
    return found


@cache
def _alike() -> dict[str, Meaning]:
    """Names without capitals and underscores, ours among them; whose they are is open."""
    found = {plain(kind): Meaning(kind) for kind in KINDS}
    for name, meaning in _exact().items():
        found.setdefault(plain(name), meaning._replace(whose=""))
    for kind, known in KINDS.items():  # deconv, convtranspose: the dimensions may be left out
        for part in " ".join(known).split():
            if "#" in part:
                found.setdefault(plain(part.replace("#d", "").replace("#D", "").replace("#", "")), Meaning(kind))
    for name, meaning in list(found.items()):  # conv2d, max_pool2d, bn2d: by rule
        if not _DIMENSION.search(name) and meaning.kind in DIMENSIONED:
            for number in (1, 2, 3):
                found.setdefault(f"{name}{number}d", meaning._replace(axes=number))
    return found


_DIMENSION = re.compile("[123]d|[0-9]$")

#: Kinds whose names may end in a number of dimensions.
DIMENSIONED = {kind for kind, known in KINDS.items() if any("#" in text or "2d" in text.lower() for text in known)}


def _dimensions(name: str) -> int:
    """The number of spatial axes that a name ends in, or has inside: ``MaxPool2d``, ``Conv2DTranspose``."""
    if name.startswith(("Dropout", "Softmax")):  # their inputs may have any
        return 0
    return next((number for number in (1, 2, 3) if f"{number}d" in name.lower()), 0)
