"""The parts of an expression: list its letters, walk through it, replace letters by values."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from cnncalc.symbolic.arithmetic import _extreme, product
from cnncalc.symbolic.expr import Extreme, Letter, Number, Product, Quotient, Sum, quotient


def letters(number: Number) -> dict[str, Letter]:
    """The letters in ``number`` by name, in the order they are met, with a value or without."""
    if isinstance(number, Letter):
        return {number.name: number}
    found: dict[str, Letter] = {}
    for part in parts(number):
        found |= letters(part)
    return found


def unknowns(number: Number) -> set[str]:
    """The names of the letters in ``number`` that have no value."""
    return {name for name, letter in letters(number).items() if letter.value is None}


def parts(number: Number) -> tuple[Number, ...]:
    """The operands of the outermost operation of ``number``."""
    match number:
        case Sum():
            return tuple(term for _, term in number.terms)
        case Product():
            return number.factors
        case Quotient():
            return (number.upper, number.lower)
        case Extreme():
            return (number.first, number.second)
    return ()


def every_part(number: Number) -> Iterator[Number]:
    """``number`` and all its subexpressions; one that occurs twice comes twice."""
    waiting = [number]
    while waiting:
        part = waiting.pop()
        yield part
        waiting.extend(parts(part))


def coefficients(number: Number) -> tuple[int, ...]:
    """The whole numbers in a sum; empty for any other expression."""
    return (number.constant, *(coefficient for coefficient, _ in number.terms)) if isinstance(number, Sum) else ()


def substitute(number: Number, values: dict[str, Number]) -> Number:
    """``number`` with its unknown letters replaced by ``values`` where they have one."""
    return _replaced(number, lambda letter: values.get(letter.name, letter) if letter.value is None else letter)


def settled(number: Number) -> Number:
    """``number`` with every known letter replaced by its value."""
    return _replaced(number, lambda letter: letter if letter.value is None else letter.value)


def _replaced(number: Number, change: Callable[[Letter], Number]) -> Number:
    match number:
        case Letter():
            return change(number)
        case Sum():
            result: Number = number.constant
            for coefficient, term in number.terms:
                result = result + coefficient * _replaced(term, change)
            return result
        case Product():
            return product(_replaced(factor, change) for factor in number.factors)
        case Quotient():
            return quotient(_replaced(number.upper, change), _replaced(number.lower, change), number.rounding)
        case Extreme():
            return _extreme(number.which, _replaced(number.first, change), _replaced(number.second, change))
    return number
