"""Numbers as people write them, and the ways in which each may be meant."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import lru_cache

from cnncalc.check.answers import words
from cnncalc.check.answers.arithmetic import Unreadable, Value, evaluate
from cnncalc.symbolic.expr import Expr

#: A comma or a full stop may group thousands or stand before decimals.
DECIMALS = (".", ",")
_SUM = re.compile(
    r"\b(?:total|sum|altogether|together|result|answer|gesamt|insgesamt|summe)\b(?:[^\d:=(]*[:=]?(?=\s*\d)|\s*[:=])",
    re.I,
)
_IN_SUM = re.compile(r"\b(?:in total|total|altogether|insgesamt|zusammen|gesamt)\b", re.I)
_PLAIN_ZEROS = re.compile(r"\d+,0+")
_IN_ALL = re.compile(r".*[,;]\s+([^,;]*\d[^,;]*?)\s*(?:in )?(?:total|altogether|all|gesamt|insgesamt)", re.I)
_CHECKED = re.compile(r"(.*[^\s*x+/(-])\s+\(\s*=?(.*)\)")


@lru_cache(maxsize=4096)
def numbers(text: str, *, in_bytes: bool = False) -> tuple[tuple[Value, ...], ...]:
    """What ``text`` may mean where a number is asked for: literally, and with its words left out.

    Each of these is a group of the numbers that a comma or full stop leaves open. ``in_bytes``: units such as kB count.

    >>> numbers("183,242")[0], numbers("1.83e5")[0], numbers("(5×5×3+1)×16")[0], numbers("ca. 1216 parameters")[1]
    ((183242, Fraction(91621, 500)), (183000,), (1216,), (1216,))
    """
    if text.isdecimal() and text.isascii() and len(text) < 20:
        return ((int(text),),)
    try:
        text = words.plain(text)
    except Unreadable:
        return ()
    text = re.sub(r"(?<=\d)\s*(?:mal|times)\s*(?=\d)", "*", re.sub(r"\(\s*=\s*", "(", text))
    in_all = _IN_ALL.fullmatch(text)
    text = in_all[1] if in_all else _SUM.split(text)[-1]
    groups = ((text,), *(_worded(text, in_bytes, formula=formula) for formula in (True, False)))
    return tuple(tuple(dict.fromkeys(n for t in group for n in _values(t))) for group in groups)


def _worded(text: str, in_bytes: bool, *, formula: bool) -> tuple[str, ...]:  # noqa: FBT001
    try:
        return tuple(words.without_words(text, in_bytes=in_bytes, formula=formula))
    except Unreadable:
        return ()


def each_decimal(read: Callable[[str], Value]) -> Iterator[Value]:
    """The results of ``read`` with each decimal sign that it can read."""
    for decimal in DECIMALS:
        try:
            yield read(decimal)
        except Unreadable:
            continue


def _values(text: str) -> Iterator[Value]:
    return each_decimal(lambda decimal: _result(text, decimal))


def _result(text: str, decimal: str) -> Value:
    """The result of a calculation: its last step that is a number, or else its last. Raises Unreadable."""
    found = []
    for step in reversed(words.steps(text)):
        try:
            found.append(_step(step.replace("x", "*").replace("X", "*"), decimal))
        except Unreadable:
            continue
    if not found:
        raise Unreadable(text)
    return next((number for number in found if not isinstance(number, Expr)), found[0])


def _step(text: str, decimal: str) -> Value:
    """A calculation; ``4640 (4608 + 32)`` is a number and how it was found. Raises Unreadable."""
    if checked := _CHECKED.fullmatch(text):
        number, working = (evaluate(part, decimal) for part in checked.groups())
        if number == working:
            return number
    return evaluate(text, decimal)


@lru_cache(maxsize=1024)
def letter_values(text: str, letter: str) -> tuple[tuple[Value, ...], ...]:
    """The numbers given for a letter, in each way that they may be meant: ``2``, ``p = 2``, ``2 or 3``, ``{2, 3}``.

    >>> letter_values("p = 2, k = 5", "p"), letter_values("5 or 6", "k"), letter_values("3 on each side", "p")
    (((2,),), ((5, 6),), ((3,),))
    """
    try:
        text = _of_letter(words.plain(text), letter)
        text = re.sub(r"\b(?:or|and|oder|und|either|both)\b", ",", text)
        (text, *_) = words.without_words((words.steps(text) or [""])[-1])
        listed = [part for part in re.split("[,;x]", text.strip(" ,;()[]{}")) if part.strip()]
        if len(listed) > 1 and all(re.fullmatch(r"\s*[+-]?\d+\s*", part) for part in listed):
            several = tuple(int(part) for part in listed)
            return (several, several[:1]) if _PLAIN_ZEROS.fullmatch(text.strip()) else (several,)
    except Unreadable:
        return ()
    return tuple((number,) for number in dict.fromkeys(_values(text)))


def _of_letter(text: str, letter: str) -> str:
    """The part of ``text`` that is about ``letter``. Raises Unreadable if it is about something else."""
    if _IN_SUM.search(text):
        raise Unreadable("both sides together")
    given: dict[str, str] = dict(re.findall(r"\b([A-Za-z]\d*)\s*=\s*([^,;=]+)", text))
    if len(given) > 1 and letter in given:
        return given[letter]
    if given and letter.lower() not in map(str.lower, given) and re.match(r"[A-Za-z]\d*\s*=", text):
        raise Unreadable("another letter")
    return re.sub(rf"\b{letter}\b(?=\s+[a-z]{{2}})", "", text, flags=re.I)
