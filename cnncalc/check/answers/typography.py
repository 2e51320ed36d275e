"""What surrounds an answer besides words: quotes, emphasis, LaTeX, HTML, ticks, the letter of a question."""

from __future__ import annotations

import re

_TAGS = re.compile(r"</?(?:p|br|div|span)\b[^<>]*>", re.I)  # of an editor in a learning platform
_LATEX = (
    (re.compile(r"\\(?:times|cdot|ast)(?![A-Za-z])"), "*"),
    (re.compile(r"\\(?:left|right|,|;|!|quad|text|mathrm)(?![A-Za-z])"), ""),
    (re.compile(r"\\d?frac\s*\{([^{}]*)\}\s*\{([^{}]*)\}"), r"(\1)/(\2)"),
)
_TICKS = re.compile(r"[✓✔✗✘☑\ufe0f$`]|\s[:;]-?[)(]$")
_ITEM = re.compile(r"^\s*(?:[a-hA-H]|\d)\)\s+(?=\S)")  # a) 28x28
_ANGLED = re.compile(r"^<([^<>]*)>$")
_FACTORS = re.compile(r"\((\d+)\)\s*(?=\(\d+\))")  # (55)(55)(96)
_QUOTES = "\"'“”„«»*_"
#: Words for numbers, where they are the whole answer.
NUMBERS = {
    word: str(number)
    for words in (
        "zero one two three four five six seven eight nine ten eleven twelve",
        "null eins zwei drei vier fünf sechs sieben acht neun zehn elf zwölf",
    )
    for number, word in enumerate(words.split())
}


def bare(text: str) -> str:
    """``text`` without the quotes and marks around the answer.

    >>> bare("<p>4640&nbsp;</p>")
    '4640'
    >>> bare("$55 \\\\times 55$"), bare("**34944**"), bare("a) 28x28"), bare("two")
    ('55 * 55', '34944', '28x28', '2')
    """
    if "<" in text or "&" in text:
        from html import unescape

        text = unescape(_TAGS.sub(" ", text))
    text = _TICKS.sub("", text).strip()
    while len(text) > 2 and text[0] in _QUOTES and text[-1] in _QUOTES:
        text = text[1:-1].strip()
    for pattern, sign in _LATEX if "\\" in text else ():
        text = pattern.sub(sign, text)
    text = _ANGLED.sub(r"(\1)", _ITEM.sub("", text))
    return NUMBERS.get(text.lower(), _FACTORS.sub(r"(\1)x", text))
