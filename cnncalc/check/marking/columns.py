"""What the columns of a sheet stand for: the words that people and learning platforms write above them."""

from __future__ import annotations

import re
from collections import Counter
from typing import NamedTuple

from cnncalc.check.marking.labels import Labels, Place, plain
from cnncalc.errors import nearest

LONG = ("student", "problem", "key", "answer")
#: What a column may stand for, with the words for it in the order in which they are preferred. As Moodle, Canvas,
#: Blackboard, Google Forms and Microsoft Forms write them in English, German, French and Spanish, and as teachers do.
_WORDS = {
    "student": (
        "student", "student id", "studentid", "student number", "matriculation number", "matrikelnummer", "id number",
        "idnumber", "id nummer", "numéro d identification", "número de id", "sis id", "sis user id", "sid", "id",
        "username", "user name", "login", "login id", "anmeldename", "nom d utilisateur", "nombre de usuario",
        "email address", "email", "e mail", "e mail address", "e mail adresse", "adresse de courriel",
        "dirección de correo", "student name", "full name", "vollständiger name", "nom complet", "name",
    ),
    "surname": ("surname", "last name", "lastname", "family name", "nachname", "nom de famille", "apellido s"),
    "first name": ("first name", "firstname", "given name", "vorname", "prénom", "nombre"),
    "problem": ("problem", "question", "exercise", "task", "aufgabe", "frage", "question id", "pregunta"),
    "key": ("key", "part", "subquestion", "quantity", "teil", "teilaufgabe", "partie", "parte"),
    "answer": ("answer", "response", "antwort", "réponse", "respuesta"),
    "layout": ("layout",),
}  # fmt: skip
_ROLES = {word: role for role, words in _WORDS.items() for word in words}
_NUMBERED_ROWS = {"start time", "completion time"}  # of Microsoft Forms, whose ID is the number of the row
#: Numbered headings: answers come before questions, which Moodle exports beside them.
_NUMBERED = [re.compile(rf"(?:{'|'.join(_WORDS[role])}) ?(\d{{1,6}})") for role in ("answer", "problem")]
TARGETS = (*LONG, "layout")  # besides answers


class Clash(ValueError):
    """Two columns have the same meaning."""


class Columns(NamedTuple):
    """How a heading was understood.

    ``students``: the columns that may name the student, preferred first, each a tuple whose texts belong together;
    ``student`` is the one that does.
    In the long form ``roles`` has the column of each of LONG. In the wide form ``answers`` maps columns of answers to
    what they answer: one place, or all places of a problem. ``responses`` are the columns that are only numbered.
    """

    heading: list[str]
    students: list[tuple[int, ...]]
    roles: dict[str, int]
    answers: dict[int, list[Place]]
    responses: frozenset[int] = frozenset()

    @property
    def student(self) -> tuple[int, ...]:
        """The columns whose texts name the student."""
        return self.students[0]

    @property
    def wide(self) -> bool:
        """Whether a row holds all answers of a student."""
        return bool(self.answers)

    @property
    def plain(self) -> bool:
        """Whether the heading needs no explanation."""
        return not self.wide and all(self.heading[self.roles[n]].strip().lower() == n for n in LONG if n in self.roles)


def understood(heading: list[str], labels: Labels, given: dict[str, str | Place | None]) -> Columns | None:
    """The columns of a row of headings; None if it is not one. ``given``: what headings mean, given by hand.

    Raises Clash.
    """
    by_hand = {place: given[name.strip()] for place, name in enumerate(heading) if name.strip() in given}
    if len(set(map(str.strip, heading)) & given.keys()) < len(given):
        return None
    roles, students = _roles(heading, by_hand)
    if students and "answer" in roles and roles.keys() & {"problem", "key"}:
        return Columns(heading, students, roles, {})
    free = {place for place, name in enumerate(heading) if name.strip() and place not in by_hand}
    answers = {place: [target] for place, target in by_hand.items() if isinstance(target, tuple)}
    taken = {target for (target,) in answers.values()}
    named = {p: [found] for p in sorted(free) if (found := labels.of(heading[p])) and found not in taken}
    named |= _repeated(heading, free - named.keys(), labels)
    responses = {} if named else _numbered(heading, free, labels)
    answers |= named | {place: found for place, found in responses.items() if not taken & set(found)}
    _refuse_twice(heading, answers)
    return Columns(heading, students, roles, answers, frozenset(responses)) if students and answers else None


def _roles(heading: list[str], by_hand: dict[int, str | Place | None]) -> tuple[dict[str, int], list[tuple[int, ...]]]:
    """The columns with a word of ``_WORDS`` above them, and those of the students. Raises Clash."""
    found: dict[str, list[tuple[int, int]]] = {}
    words = [plain(name) for name in heading]
    for place, word in enumerate(words):
        target = by_hand.get(place, ...)
        role = _ROLES.get(word) if target is ... else target
        if isinstance(role, str):
            order = -1 if target is not ... else _WORDS[role].index(word)
            if word == "id" and _NUMBERED_ROWS.issubset(words):
                order = len(_WORDS[role])
            found.setdefault(role, []).append((order, place))
    roles: dict[str, int] = {}
    for role, places in found.items():
        places.sort()
        first = places[0][0]
        if len(places) > 1 and first == places[1][0] and (role != "student" or first < 1):
            raise Clash(f'the column "{heading[places[0][1]].strip()}" appears twice in the heading of the sheet')
        roles[role] = places[0][1]
    named = found.get("student", [])
    parts = tuple(roles[part] for part in ("first name", "surname") if part in roles)
    if parts and not any(order < 0 for order, _ in named):  # by hand
        return roles, [*((place,) for _, place in named), parts]
    return roles, [(place,) for _, place in named]


def _repeated(heading: list[str], free: set[int], labels: Labels) -> dict[int, list[Place]]:
    """Columns that all have the text of one problem as their heading: its answers in order, if there are as many."""
    by_text: dict[str, list[int]] = {}
    for place in sorted(free):
        by_text.setdefault(plain(heading[place]), []).append(place)
    found: dict[int, list[Place]] = {}
    for columns in by_text.values():
        answers = labels.of_text(heading[columns[0]])
        if len(answers) == len(columns):
            found |= {place: [answer] for place, answer in zip(columns, answers, strict=True)}
        elif answers and len(columns) == 1:
            found[columns[0]] = answers
    return found


def _numbered(heading: list[str], free: set[int], labels: Labels) -> dict[int, list[Place]]:
    """``Response 1`` and so on: answers in the order of the files; problems, if only these are as many."""
    words = {place: plain(heading[place]) for place in sorted(free)}
    for pattern in _NUMBERED:
        numbers = {place: int(match[1]) for place, word in words.items() if (match := pattern.fullmatch(word))}
        if numbers:
            break
    each = [[place] for place in labels.places]
    answers = labels.problems if len(numbers) == len(labels.problems) else each
    return {place: answers[number - 1] for place, number in numbers.items() if 0 < number <= len(answers)}


def _refuse_twice(heading: list[str], answers: dict[int, list[Place]]) -> None:
    counts = Counter(place for places in answers.values() for place in places)
    for place, count in counts.items():
        if count > 1:
            names = " and ".join(f'"{heading[c].strip()[:40]}"' for c, places in answers.items() if place in places)
            raise Clash(f"the columns {names[:200]} both stand for {place[0]} {place[1]}")


def wanting(heading: list[str]) -> tuple[str | None, str | None]:
    """What is missing in a row that should be a heading, with a similar word; None if it lacks only answers."""
    known = {_ROLES.get(plain(name)) for name in heading}
    known |= {"student"} if known & {"surname", "first name"} else set()
    if known & set(LONG) == {"student"}:
        return None, None
    missing = next((name for name in LONG if name not in known), "answer")
    return missing, nearest(missing, [name.strip()[:60] for name in heading[:1000]])
