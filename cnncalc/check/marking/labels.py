"""The names by which a sheet may call an answer that is asked for: ``Q1.c1.output``, ``q1 C1 output``, the text."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import NamedTuple

from cnncalc.errors import nearest

#: What an export writes before the text of a question: the number that Canvas gives it.
_NUMBERED = re.compile(r"^\s*\d{3,}:\s*")
#: What is written behind it: ``(2 points)``, ``[1 mark]``.
_WORTH = re.compile(r"\s*[(\[]\s*[\d.,]+\s*(?:points?|marks?|pts?|punkte?)\.?\s*[)\]]\s*$", re.I)
_LONGEST = 4000  # characters of a heading that are compared


class Asked(NamedTuple):
    """An answer that is asked for: the id of its problem, its key, the text of the problem."""

    problem: str
    key: str
    text: str = ""


Place = tuple[str, str]  # a problem's id and a key


class Labels:
    """The names a sheet may use for each of the answers ``asked``, in the order of the problem files."""

    def __init__(self, asked: Iterable[Asked]) -> None:
        self.asked = list(asked)
        self.places: list[Place] = [(one.problem, one.key) for one in self.asked]
        self._exact = {name: (p, k) for p, k in self.places for name in (f"{p}.{k}", f"{p} {k}")}
        self._known = {place: place for place in self.places}
        self._keys: dict[str, list[Place]] = {}  # of each problem
        self._alike: dict[str, list[Place]] = {}
        self._texts: dict[str, list[Place]] = {}
        for one, place in zip(self.asked, self.places, strict=True):
            self._keys.setdefault(one.problem, []).append(place)
            names = [f"{one.problem} {one.key}", one.key, *([f"{one.text} {one.key}"] if one.text else [])]
            for label in dict.fromkeys(map(plain, names)):
                self._alike.setdefault(label, []).append(place)
            if one.text:
                self._texts.setdefault(plain(one.text), []).append(place)
        for problem, places in self._keys.items():
            if len(places) == 1:
                self._alike.setdefault(plain(problem), []).append(places[0])

    @property
    def problems(self) -> list[list[Place]]:
        """The answers of each problem."""
        return list(self._keys.values())

    def find(self, problem: str, key: str) -> Place:
        """The answer that a row's ``problem`` and ``key`` name, in any case; unchanged if none is asked for."""
        if (problem, key) in self._known:
            return self._known[problem, key]
        found = self._alike.get(plain(f"{problem} {key}"), [])
        return found[0] if len(found) == 1 else (problem, key)

    def of(self, label: str) -> Place | None:
        """The answer that one label names: ``Q1.c1.output``, a key, a problem or a text with one answer alone."""
        if label in self._exact:
            return self._exact[label]
        for name in (plain(label), plain(_bare(label))):
            for known in (self._alike, self._texts):
                if name and len(found := known.get(name, [])) == 1:
                    return found[0]
        return None

    def of_text(self, label: str) -> list[Place]:
        """The answers of the problem with this text, in their order."""
        return self._texts.get(plain(_bare(label)), [])

    def nearest(self, label: str) -> str:
        """``did you mean``, or else what the labels are like."""
        names = [f"{problem}.{key}" for problem, key in self.places]
        return nearest(label, names) or f"such as {names[0]}" if names else ""


def _bare(label: str) -> str:
    return _WORTH.sub("", _NUMBERED.sub("", label[:_LONGEST]))


def plain(label: str) -> str:
    """A label without its signs, spaces and case: letters and digits, a space between."""
    text = unicodedata.normalize("NFKC", label[:_LONGEST]).casefold()
    return " ".join(re.sub(r"[\W_]+", " ", text).split())
