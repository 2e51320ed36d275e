"""Calculations as people write them, worked out exactly: ``32(3·3·16 + 1)``, ``4.64·10^3``, ``⌊(H - 1)/2⌋ + 1``."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from fractions import Fraction
from functools import lru_cache
from typing import Any

from cnncalc.symbolic.expr import Expr, Letter, Number, quotient

Value = Number | Fraction

_LARGEST = 10**40
_LARGEST_POWER = 20
_STRENGTH = {"+": 1, "-": 1, "*": 2, "/": 2, "//": 2, "negative": 3, "^": 4}
_CLOSING = {"(": ")", "[": "]", "{": "}", "⌊": "⌋", "⌈": "⌉", "floor(": ")", "ceil(": ")"}
_ROUNDED = {"⌊": math.floor, "floor(": math.floor, "⌈": math.ceil, "ceil(": math.ceil}


class Unreadable(ValueError):
    """The text is not a calculation."""


def evaluate(text: str, decimal: str = ".") -> Value:
    """The value of ``text``. ``decimal`` (``.`` or ``,``) is the decimal sign; the other one groups thousands.

    Numbers divide exactly. A quotient with a letter in it is rounded down, or up between ceiling signs. The
    multiplication sign may be left out before a letter or a bracket. Raises Unreadable; work grows with the text.

    >>> evaluate("32(3*3*16 + 1)"), evaluate("4.64*10^3"), evaluate("27/2"), str(evaluate("2(H - 4)"))
    (4640, 4640, Fraction(27, 2), '2H - 8')
    """
    stack = _Stack()
    for token in _tokens(text, decimal):
        stack.put(token)
    return stack.result()


@lru_cache
def _token(decimal: str) -> re.Pattern[str]:
    grouping = "," if decimal == "." else "."
    whole = rf"[1-9]\d{{0,2}}([{grouping}'_ ])\d{{3}}(?:\2\d{{3}})*(?!\d)|\d+"
    number = rf"(?:{whole})(?:{re.escape(decimal)}\d+)?(?:[eE][+-]?\d{{1,2}}(?!\d))?|{re.escape(decimal)}\d+"
    return re.compile(rf"\s*(?:({number})|(floor\(|ceil\(|\*\*|//|[-+*/^()\[\]{{}}⌊⌋⌈⌉])|([A-Za-wyzA-WYZ]\d*))")


def _tokens(text: str, decimal: str) -> Iterator[Value | str]:
    """Numbers, letters and signs. Raises Unreadable."""
    pattern, position, text = _token(decimal), 0, text.rstrip()
    while position < len(text):
        match = pattern.match(text, position)
        if match is None or len(match[0]) > 60:
            raise Unreadable(text)
        position = match.end()
        if match[1]:
            plain = re.sub(rf"[{'.' if decimal == ',' else ','}'_ ]", "", match[1]).replace(decimal, ".")
            yield _simple(Fraction(plain))
        elif match[4]:
            yield Letter(match[4])
        else:
            yield "^" if match[3] == "**" else match[3]


def _simple(number: Any) -> Value:
    """A whole fraction as an ``int``. Raises Unreadable if it is too large to be an answer."""
    if isinstance(number, Expr):
        return number
    if abs(number) >= _LARGEST or number.denominator >= _LARGEST:
        raise Unreadable("too large")
    return int(number) if number.denominator == 1 else number


class _Stack:
    """Numbers and signs that are waiting for what comes next (the shunting yard)."""

    def __init__(self) -> None:
        self.numbers: list[Value] = []
        self.signs: list[str] = []
        self.operand_next = True

    def put(self, token: Value | str) -> None:
        """Take the next token. Raises Unreadable if it cannot come here."""
        if not self.operand_next and (isinstance(token, Expr) or token in _CLOSING):
            self.put("*")
        if not isinstance(token, str):
            if not self.operand_next:
                raise Unreadable("two numbers without a sign between them")
            self.numbers.append(token)
            self.operand_next = False
        elif self.operand_next:
            if token in "+-":
                self.signs += ["negative"] * (token == "-")
            elif token in _CLOSING:
                self.signs.append(token)
            else:
                raise Unreadable(f"a number is missing before {token}")
        elif token in _STRENGTH:
            self._reduce(_STRENGTH[token] + (token == "^"))  # powers are worked out from the right
            self.signs.append(token)
            self.operand_next = True
        else:
            self._close(token)

    def result(self) -> Value:
        """The number, after the last token. Raises Unreadable."""
        if self.operand_next:
            raise Unreadable("a number is missing at the end")
        self._reduce(0)
        if self.signs:
            raise Unreadable("a bracket is never closed")
        return self.numbers[0]

    def _close(self, token: str) -> None:
        self._reduce(0)
        opening = self.signs.pop() if self.signs else ""
        if _CLOSING.get(opening) != token:
            raise Unreadable("a bracket does not match")
        number = self.numbers[-1]
        if opening in _ROUNDED and not isinstance(number, Expr):
            self.numbers[-1] = _ROUNDED[opening](number)

    def _reduce(self, strength: int) -> None:
        """Apply the operators that bind at least as tightly as ``strength``, back to the last opening bracket."""
        while self.signs and _STRENGTH.get(self.signs[-1], -1) >= strength:
            sign, second = self.signs.pop(), self.numbers.pop()
            if sign == "negative":
                self.numbers.append(-second)
            else:
                self.numbers.append(_simple(self._worked_out(sign, self.numbers.pop(), second)))

    def _worked_out(self, sign: str, first: Any, second: Any) -> Any:
        """``first sign second``. Raises Unreadable if it has no value, or is a fractional multiple of a letter."""
        if sign == "^":
            return _power(first, second)
        letters = isinstance(first, Expr) or isinstance(second, Expr)
        if letters and (isinstance(first, Fraction) or isinstance(second, Fraction)):
            raise Unreadable("letters are multiplied by whole numbers only")
        if sign in "+-*":
            return first + second if sign == "+" else first - second if sign == "-" else first * second
        if second == 0:
            raise Unreadable("a division by zero")
        if letters:
            return quotient(first, second, "ceil" if sign == "/" and self._rounded_up() else "floor")
        return first // second if sign == "//" else Fraction(first) / second

    def _rounded_up(self) -> bool:
        """Whether the innermost rounding signs around this place are ceiling signs."""
        return next((_ROUNDED[sign] for sign in reversed(self.signs) if sign in _ROUNDED), None) is math.ceil


def _power(base: Any, exponent: Any) -> Any:
    if not (isinstance(exponent, int) and 0 <= exponent <= _LARGEST_POWER):
        raise Unreadable("an exponent must be a small whole number")
    result: Any = 1
    for _ in range(exponent):
        result = result * base if isinstance(base, Expr) else _simple(result * base)
    return result
