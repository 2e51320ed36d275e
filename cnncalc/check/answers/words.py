"""The words around an answer: ``output: 14x14x32 pixels``, ``ca. 4640 parameters``, ``(16-3)/1 + 1 = 14, so 14x14``."""

from __future__ import annotations

import re
import unicodedata
from itertools import product

from cnncalc.check.answers.arithmetic import Unreadable
from cnncalc.check.answers.typography import bare

LONGEST = 200  # characters of an answer that are read

_SIGNS = {
    **dict.fromkeys("×✕⨯хХ", "x"), **dict.fromkeys("·⋅∙•∗", "*"), **dict.fromkeys("−–—‐‑", "-"),
    **dict.fromkeys("’‘′`", "'"), **dict.fromkeys("≈≃≅~∼→⇒➝⟶", "="), "÷": "/", "⁄": "/", "\u00a0": " ", "\u202f": " ",
}  # fmt: skip
_TABLE = str.maketrans(_SIGNS)
_SUPERSCRIPT = re.compile("[⁰¹²³⁴⁵⁶⁷⁸⁹]+")
_SAID_SO = re.compile(r"->|=>|\b(?:so|thus|hence|therefore|also|somit|i\.e\.)(?=\W)", re.I)
_LABEL = re.compile(r"^\s*[^\W\d_][^:\d()]*:\s*")
_EMPTY_BRACKETS = re.compile(r"[(\[{][^()\[\]{}\d]*[)\]}]")
_BIAS = re.compile(r"\b(?:with|without|no|incl\w*|excl\w*|and|mit|ohne|und)\.? (?:the )?bias(?:es)?\b", re.I)
#: Words after which a number is not what is meant, or not all of it.
_DENIES = re.compile(
    r"\b(?:not|no|nicht|kein\w*|never|minus|negative|or|oder|either|than|least|most|between|half|twice|double|dozen"
    r"|up to|maximum|max|min)\b",
    re.I,
)
_TIMES = {
    "k": 3, "thousand": 3, "tausend": 3, "m": 6, "mio": 6, "million": 6, "millions": 6, "millionen": 6,
    "g": 9, "billion": 9, "billions": 9, "mrd": 9, "milliarden": 9, "milliarde": 9, "tsd": 3, "t": 12,
}  # fmt: skip
_SUFFIX = re.compile(rf"(?<=[\d)])\s*({'|'.join(_TIMES)})\.?(?=(?:macs?|flops?|params?)?\b)", re.I)
_BYTES = re.compile(
    r"(?<=[\d)])\s*(?:([kKMGT])?(i)?(?:([bB]its?)|B(?:ytes?)?)|(kilo|mega|giga|tera)?(?:bytes?|(bits?)))\b"
)
_NO_BYTES = re.compile(r"(?<=[\d)])\s*(?:floats?|numbers?|values?|zahlen|werte)\W*$", re.I)
_TYPES = re.compile(r"\b(?:float|fp|int|uint|bfloat)_?\d{1,2}\b", re.I)
_REASON = re.compile(r"(?<=\d)[,;]?\s*\b(?:because|since|weil|denn)\b.*", re.I)
_JOINED = re.compile(r"(?<=[^\W\d_]{2})[-/](?=[^\W\d_]{2})")  # multiply-accumulates, rows/columns
_LITTLE = re.compile(r"#|\b(?:it|that|there)'s\b|\b(?:[aAI]\b(?=\s+\w)|c\.(?=\s*\d))")
_LOWER_WORD = re.compile(r"(?!x+(?![^\W\d_]))\b[^\W\d_]*[^\W\d_A-Z]{2,}\.?")
_WORD = re.compile(r"(?!x+(?![^\W\d_]))[^\W\d_]{2,}\.?", re.I)


def plain(text: str) -> str:
    """``text`` with the signs of a keyboard: ``x * - ' =`` and ``^``. Raises Unreadable if it is too long."""
    text = text.strip()
    if len(text) > LONGEST:
        raise Unreadable("too long")
    text = bare(text).replace("~", "=")
    if not text.isascii():
        text = _SUPERSCRIPT.sub(lambda digits: "^" + unicodedata.normalize("NFKC", digits[0]), text)
        text = unicodedata.normalize("NFKC", text.translate(_TABLE)).translate(_TABLE)
    text = _REASON.sub("", _SAID_SO.sub("=", " ".join(text.split()))).rstrip(" .,;:!?")
    if re.search("[<>≤≥≠!]", text):
        raise Unreadable("a bound is not an answer")
    return text


def steps(text: str) -> list[str]:
    """A calculation step by step, the result last: the parts between equals signs, without labels."""
    return [_LABEL.sub("", part).strip(" ,;.:") for part in text.split("=") if part.strip(" ,;.:")]


def without_words(text: str, *, in_bytes: bool = False, formula: bool = False) -> list[str]:
    """``text`` without its words, suffixes such as ``k`` and ``MiB`` written out, in each way they may be meant.

    ``formula``: capitals are not words but letters to be multiplied, as in ``F²CM weights``.

    Raises Unreadable if the words change what the numbers mean.
    """
    text = _TYPES.sub(" ", _BIAS.sub(" ", text))
    text = _LITTLE.sub(" ", _JOINED.sub(" ", _EMPTY_BRACKETS.sub(" ", text)))
    if _DENIES.search(text):
        raise Unreadable("the words change what is meant")
    units = list(_BYTES.finditer(text))
    if (units and not in_bytes) or (in_bytes and _NO_BYTES.search(text)):
        raise Unreadable("a different unit from the one asked for")
    text = _SUFFIX.sub(lambda found: f"*10^{_TIMES[found[1].lower()]}", text) if not units else text
    word = _LOWER_WORD if formula else _WORD
    return [word.sub("  ", _with_units(text, units, bases)) for bases in _bases(units)]


def _bases(units: list[re.Match[str]]) -> list[tuple[int, ...]]:
    """What 1 k is for each unit: 1,024 for KiB; for KB some mean 1,000, some 1,024."""
    return list(product(*((1024,) if unit[2] else (1000, 1024) if unit[1] else (1000,) for unit in units[:2])))


def _with_units(text: str, units: list[re.Match[str]], bases: tuple[int, ...]) -> str:
    for unit, base in reversed(list(zip(units, bases, strict=False))):
        prefix = (unit[1] or unit[4] or "")[:1].upper()
        factor = f"*{base}^{'KMGT'.index(prefix) + 1}" if prefix else ""
        factor += "/8" if unit[3] or unit[5] else ""
        text = text[: unit.start()] + factor + text[unit.end() :]
    return text
