"""What people write between sizes in place of a sign: ``28 by 28 by 10``, ``24-24-6``, ``W = H = 55``."""

from __future__ import annotations

import re

from cnncalc.check.answers.typography import NUMBERS

_UNITS = r"(?:pixels?|px|values?|numbers?|neurons?|units?|werte|neuronen|in total|total)"
_FEW = "|".join(word for word, number in NUMBERS.items() if int(number) > 1)
#: Patterns and their replacements, applied in this order.
_RULES = [
    (re.compile(pattern, re.I), sign)
    for pattern, sign in (
        (rf"\s*\(\s*=[^()]*\)$|\s*\(\s*[\d.,]+\s*{_UNITS}\b[^()]*\)$", ""),  # 6x6 (36 pixels)
        (r"(?<=\d)\s*squared\b", "^2 "),
        (r"(?<=[\d\s)])-?(?:by|times|mal|por|par)-?(?=[\d\s(])", "x"),
        (r"\(\s*x\s*(\d+)\s*\)$", r"x \1"),  # 55 x 55 (x 96)
        (r"^(\d+\s*x\s*\d+)\s*\(\s*(\d+)\s*\)$", r"\1 x \2"),
        (r",\s*(?=[)\]])", ""),  # (25088,)
        (r"(?<=\d)-(?=[^\W\d_]{3})", " "),  # 25088-dimensional
        (r"(?<=x)\s*\((\d+(?:\s*x\s*\d+)+)\)", r"\1"),  # 8 x (28x28)
    )
]
_DASHED = re.compile(r"\d+(?:\s*-\s*\d+){2,3}")
_WORDS = re.compile(rf"(?<!-)\b(?:{_FEW})\b(?!-)", re.I)
_AND = re.compile(r"\s(?:and|und)\s|\s?&\s?")


def with_separators(text: str) -> str:
    """``text`` with the words between its sizes replaced by signs.

    >>> with_separators("28 by 28 by 10"), with_separators("24-24-6"), with_separators("6x6 (36 pixels)")
    ('28 x 28 x 10', '24x24x6', '6x6')
    """
    text = _WORDS.sub(lambda word: NUMBERS[word[0].lower()], text)
    for pattern, sign in _RULES:
        text = pattern.sub(sign, text)
    text = text.replace("-", "x") if _DASHED.fullmatch(text) else text
    return re.sub(r",\s*,", ",", _AND.sub(", ", text))
