"""Integer arithmetic: ``+ - * // ( )``, whole numbers, unknown letters and the arguments of a ``define`` block."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from cnncalc.symbolic.expr import Letter, Number, value

_TOKEN = re.compile(r"\s*(?:([0-9]+)|\$?([A-Za-z_][A-Za-z_0-9]*)|(//|[-+*()]))")
_STRENGTH = {"+": 1, "-": 1, "*": 2, "//": 2}
_LONGEST = 1000


class NotArithmetic(ValueError):
    """The text is not arithmetic over the given names; the message says why."""


def evaluate(text: str, names: Mapping[str, Number], letter: Callable[[str], bool] = lambda word: False) -> Number:
    """The number that ``text`` stands for. ``letter`` says whether a word that is no name is an unknown.

    Raises NotArithmetic; work grows linearly with the text.
    """
    if len(text) > _LONGEST:
        raise NotArithmetic(f"longer than {_LONGEST} characters")
    numbers: list[Number] = []
    signs: list[str] = []
    operand_next = True
    for token in _tokens(text):
        if operand_next and token == "-":  # a sign: 0 - what follows, bound as tightly as a product
            numbers.append(0)
            signs.append("negative")
        elif token == "(" and operand_next:
            signs.append("(")
        elif operand_next:
            numbers.append(_operand(token, names, letter))
            operand_next = False
        elif token == ")":
            _reduce(numbers, signs, 0)
            if not signs:
                raise NotArithmetic("a closing bracket that was never opened")
            signs.pop()
        elif token in _STRENGTH:
            _reduce(numbers, signs, _STRENGTH[token])
            signs.append(token)
            operand_next = True
        else:
            raise NotArithmetic(f'an operator is missing before "{token}"')
    if operand_next:
        raise NotArithmetic("a number is missing at the end")
    _reduce(numbers, signs, 0)
    if signs:
        raise NotArithmetic("an opening bracket that is never closed")
    return numbers[0]


def _tokens(text: str) -> list[str]:
    tokens, position, text = [], 0, text.rstrip().replace("×", "*").replace("·", "*")
    while position < len(text):
        match = _TOKEN.match(text, position)
        if not match:
            raise NotArithmetic(f'"{text[position:].strip()[0]}" is not one of + - * // ( ), a number or a name')
        tokens.append(match[match.lastindex or 0])
        position = match.end()
    return tokens


def _operand(token: str, names: Mapping[str, Number], letter: Callable[[str], bool]) -> Number:
    if token.isdigit():
        if len(token) > 19:
            raise NotArithmetic("a number of more than 19 digits")
        return int(token)
    if token not in names and letter(token):
        return Letter(token)
    if token not in names:
        raise NotArithmetic(f'"{token}" is not {"an argument of this block" if names else "a number or a letter"}')
    number = names[token]
    if isinstance(number, str):
        raise NotArithmetic(f'"{token}" is the word "{number}", not a number')
    return number


def _reduce(numbers: list[Number], signs: list[str], strength: int) -> None:
    """Work out what is on the stack and binds at least as tightly as ``strength``."""
    while signs and signs[-1] != "(" and _STRENGTH.get(signs[-1], 3) >= strength:
        sign, second, first = signs.pop(), numbers.pop(), numbers.pop()
        if sign == "//" and value(second) == 0:
            raise NotArithmetic("a division by zero")
        if sign == "//":
            result = first // second
        else:
            result = first + second if sign == "+" else first * second if sign == "*" else first - second
        if abs(value(result) or 0) >= 10**19:
            raise NotArithmetic("a number of more than 19 digits")
        numbers.append(result)
