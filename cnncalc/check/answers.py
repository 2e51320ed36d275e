"""Answers as people write them: numbers, sizes and expressions; and when two of them are the same."""

from __future__ import annotations

import re
from fractions import Fraction
from itertools import accumulate
from typing import Any

from cnncalc.spec.arithmetic import NotArithmetic, evaluate
from cnncalc.spec.node import Node, Scalar, Sequence, is_null
from cnncalc.symbolic.expr import Expr, Letter, Number, value
from cnncalc.symbolic.tree import substitute, unknowns

LONGEST = 200  # characters of an answer that are read
_NUMBER = re.compile(r"[+-]?(\d{1,3}([, '_]\d{3})+|\d+)(\.\d*)?([eE][+-]?\d{1,2})?|[+-]?\.\d+([eE][+-]?\d{1,2})?")
_SEPARATORS = ("x", ",;", "*", " ")  # tried in this order; only outside brackets
_OPENING, _CLOSING = "([{⌊⌈", ")]}⌋⌉"
_SIGNS = str.maketrans({"×": "x", "✕": "x", "·": "*", "⋅": "*", "−": "-", "–": "-", "\u00a0": " ", "’": "'"})
_POINTS = 60  # numbers put for the letters of two expressions that are compared


def text_of(node: Node) -> str | None:
    """An answer of a problem file as one would write it on a sheet; None for null, and for what is no answer."""
    if isinstance(node, Scalar):
        return None if is_null(node) else node.text
    if isinstance(node, Sequence) and all(isinstance(item, Scalar) for item in node.items):
        texts = [item.text for item in node.items if isinstance(item, Scalar)]
        return "x".join(text if text.isalnum() else f"({text})" for text in texts)
    return None


def as_number(text: str) -> Number | Fraction | None:
    """The number that ``text`` stands for: whole, a fraction, or an expression with letters; None where it is none.

    Of a calculation with its result, ``5*5 = 25``, the result counts.

    >>> as_number("183,242"), as_number("1.83e5"), as_number("5*5*10 + 10"), str(as_number("2(H - 4)"))
    (183242, 183000, 260, '2H - 8')
    """
    if text.isdecimal() and text.isascii() and len(text) < 20:
        return int(text)
    text = _plain(text).rpartition("=")[2].strip()
    if _NUMBER.fullmatch(text):
        number = Fraction(re.sub("[, '_]", "", text))
        return number.numerator if number.denominator == 1 else number
    if fraction := re.fullmatch(r"(\d{1,19})/([1-9]\d{0,18})", text):
        number = Fraction(int(fraction[1]), int(fraction[2]))
        return number.numerator if number.denominator == 1 else number
    return _expression(text)


def as_sizes(text: str) -> list[Number | Fraction] | None:
    """The sizes that ``text`` stands for: ``28x28x10``, ``(28, 28, 10)``, ``[28 28 10]``; None where it is none.

    >>> as_sizes("28×28×10"), [str(size) for size in as_sizes("(H - 4)x(W - 4)x10")]
    ([28, 28, 10], ['H - 4', 'W - 4', '10'])
    """
    sides = [_parts(_without_brackets(side.strip())) for side in _plain(text).split("=")]
    parts = next((side for side in reversed(sides) if len(side) > 1), sides[-1])
    sizes = [Letter("N") if part.strip() in ("None", "?") else as_number(part.strip()) for part in parts]
    return None if not 1 <= len(sizes) <= 6 or None in sizes else sizes


def same(first: Any, second: Any, tolerance: float = 0.0) -> bool:
    """Whether two numbers, or two expressions for all numbers in place of their letters, are the same.

    ``tolerance`` is relative to ``second``. Whole numbers and fractions are compared exactly.
    """
    if first is None or second is None:
        return False
    if isinstance(first, Expr) or isinstance(second, Expr):
        return bool(first == second) or _same_everywhere(first, second)
    if isinstance(second, float):
        return bool(abs(float(first) - second) <= max(tolerance, 1e-9) * abs(second))
    return bool(first == second or (tolerance and abs(first - second) <= tolerance * abs(second)))


def _plain(text: str) -> str:
    """``text`` without surrounding spaces, signs as on a keyboard; empty where it is too long to be an answer."""
    text = text.strip()
    if len(text) > LONGEST:
        return ""
    if not text.isascii():
        import unicodedata

        text = unicodedata.normalize("NFKC", text.translate(_SIGNS)).translate(_SIGNS)
    return text


def _without_brackets(text: str) -> str:
    """``text`` without brackets that stand around the whole of it."""
    while text and text[0] in _OPENING[:3]:
        depths = list(accumulate((c in _OPENING) - (c in _CLOSING) for c in text))
        if 0 in depths[:-1] or depths[-1] != 0:
            break
        text = text[1:-1].strip()
    return text


def _parts(text: str) -> list[str]:
    """``text`` at the first of the separators that stands in it."""
    return next((found for sign in _SEPARATORS if len(found := _split(text, sign)) > 1), [text])


def _split(text: str, signs: str) -> list[str]:
    """``text`` at each of ``signs`` that stands outside brackets; by ``*`` or spaces only if all parts are digits."""
    parts, depth = [""], 0
    for character in text.replace("X", "x") if signs == "x" else text:
        depth += (character in _OPENING) - (character in _CLOSING)
        if depth == 0 and character in signs:
            parts.append("")
        else:
            parts[-1] += character
    if signs == " ":
        parts = [part for part in parts if part]
    if signs in "* " and not all(part.strip().isdigit() or part in ("None", "?") for part in parts):
        return [text]
    return parts


def _expression(text: str) -> Number | None:
    """An expression such as ``⌊(H - 1)/2⌋ + 1``; a quotient is rounded down unless ceiling signs stand around it."""
    if not text or not set(text) <= set("0123456789 +-*/()⌊⌋⌈⌉_") | set(map(chr, range(65, 123))):
        return None
    text = text.replace("floor(", "(").replace("⌊", "(").replace("⌋", ")").replace("⌈", "(-(-").replace("⌉", "))")
    text = re.sub(r"(?<!/)/(?!/)", "//", text)
    text = re.sub(r"(?<=[0-9)])\s*(?=[A-Za-z(])", "*", text)  # 2(H - 4), 3P
    names = {name: Letter(name) for name in re.findall("[A-Za-z][0-9_]*", text) if name[0] != "x"}
    try:
        number = evaluate(text, names)
    except NotArithmetic:
        return None
    return number if isinstance(number, int | Expr) else None


def _same_everywhere(first: Any, second: Any) -> bool:
    """Whether two expressions agree at many points: they are made of sums, products and roundings only."""
    if not all(isinstance(number, int | Expr) for number in (first, second)):
        return False
    from random import Random

    names = unknowns(first) | unknowns(second)
    draw = Random(0)
    for point in range(_POINTS):
        numbers: dict[str, Number] = {name: draw.randint(1, 30 if point % 2 else 3000) for name in sorted(names)}
        try:
            if value(substitute(first, numbers)) != value(substitute(second, numbers)):
                return False
        except ZeroDivisionError:
            continue
    return True
