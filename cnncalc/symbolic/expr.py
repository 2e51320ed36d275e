"""Whole numbers that remember how they were made.

A rule is written once, as plain arithmetic. Fed ``int`` it gives the size; fed :class:`Expr` it gives the working;
fed letters without a value it stays symbolic; fed NumPy integer arrays it gives arrays. Python's operators serve all
four; what has no operator (ceiling, exact division, the larger, the smaller) is a function here.

An expression is kept in one form: sums are flat with their whole-number parts merged, so ``H - 1*(5 - 1) - 1 + 0``
is ``H - 5``. A letter that has a value is never merged into a number: that is what makes the working readable.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

Number = Any  # int, Expr or an integer array


class Expr:
    """An expression; ``value`` is its whole number where every letter in it has one, else None.

    Comparisons speak of what is known: with an unknown letter in it, every one of them is False. ``==`` asks whether
    two expressions are the same expression.
    """

    __slots__ = ("value", "_hash")
    value: int | None
    _hash: int

    def __add__(self, other: Number) -> Number:
        return add(self, other)

    __radd__ = __add__

    def __sub__(self, other: Number) -> Number:
        return add(self, times(-1, other))

    def __rsub__(self, other: Number) -> Number:
        return add(other, times(-1, self))

    def __neg__(self) -> Number:
        return times(-1, self)

    def __mul__(self, other: Number) -> Number:
        return times(self, other)

    def __rmul__(self, other: Number) -> Number:
        return times(other, self)

    def __floordiv__(self, other: Number) -> Number:
        return quotient(self, other, "floor")

    def __rfloordiv__(self, other: Number) -> Number:
        return quotient(other, self, "floor")

    def __lt__(self, other: Number) -> bool:
        return _known(self, other) and value(self) < value(other)

    def __le__(self, other: Number) -> bool:
        return _known(self, other) and value(self) <= value(other)

    def __gt__(self, other: Number) -> bool:
        return _known(self, other) and value(self) > value(other)

    def __ge__(self, other: Number) -> bool:
        return _known(self, other) and value(self) >= value(other)

    def key(self) -> tuple[Any, ...]:
        """What makes this expression this one: its parts, in order."""
        raise TypeError("an abstract expression")

    def __eq__(self, other: object) -> bool:
        return self is other or (isinstance(other, Expr) and type(self) is type(other) and self.key() == other.key())

    def __hash__(self) -> int:
        try:
            return self._hash
        except AttributeError:
            self._hash = hash((type(self).__name__, self.key()))
            return self._hash

    def __str__(self) -> str:
        from cnncalc.symbolic.style import write

        return write(self, "plain")

    __repr__ = __str__


class Letter(Expr):
    """A named number: a field, a size, or an unknown where it has no value."""

    __slots__ = ("name",)

    def __init__(self, name: str, value: int | None = None) -> None:
        self.name = name
        self.value = value

    def key(self) -> tuple[Any, ...]:
        return (self.name, self.value)


class Sum(Expr):
    """``constant + Σ coefficient · term``."""

    __slots__ = ("terms", "constant")

    def __init__(self, terms: tuple[tuple[int, Expr], ...], constant: int) -> None:
        self.terms = terms
        self.constant = constant
        self.value = constant
        for coefficient, term in terms:
            self.value = None if self.value is None or term.value is None else self.value + coefficient * term.value

    def key(self) -> tuple[Any, ...]:
        return (frozenset(self.terms), self.constant)


class Product(Expr):
    """The product of two or more expressions."""

    __slots__ = ("factors",)

    def __init__(self, factors: tuple[Expr, ...]) -> None:
        self.factors = factors
        self.value = 1
        for factor in factors:
            self.value = None if self.value is None or factor.value is None else self.value * factor.value

    def key(self) -> tuple[Any, ...]:
        return tuple(sorted(self.factors, key=hash))


class Quotient(Expr):
    """``upper / lower``, rounded ``floor`` or ``ceil``, or ``exact`` where the rule makes sure that it comes out."""

    __slots__ = ("upper", "lower", "rounding")

    def __init__(self, upper: Number, lower: Number, rounding: str) -> None:
        self.upper, self.lower, self.rounding = upper, lower, rounding
        u, v = value(upper), value(lower)
        self.value = None if u is None or not v else -(-u // v) if rounding == "ceil" else u // v

    def key(self) -> tuple[Any, ...]:
        return (self.upper, self.lower, self.rounding)


class Extreme(Expr):
    """The ``max`` or ``min`` of two."""

    __slots__ = ("which", "first", "second")

    def __init__(self, which: str, first: Number, second: Number) -> None:
        self.which, self.first, self.second = which, first, second
        a, b = value(first), value(second)
        self.value = None if a is None or b is None else (max if which == "max" else min)(a, b)

    def key(self) -> tuple[Any, ...]:
        return (self.which, self.first, self.second)


def value(number: Number) -> Any:
    """The whole number that ``number`` is, or None where an unknown letter is in it."""
    return number.value if isinstance(number, Expr) else number


def _known(*numbers: Number) -> bool:
    return all(value(n) is not None for n in numbers)


def add(first: Number, second: Number) -> Number:
    """``first + second`` in the one form."""
    if type(first) is int and type(second) is int:
        return first + second
    return total((first, second))


def total(numbers: Iterable[Number]) -> Number:
    """The sum of all, in the one form and in one go; 0 for none."""
    coefficients: dict[Expr, int] = {}
    constant = 0
    for number in numbers:
        if not isinstance(number, Expr):
            constant += number
            continue
        terms = number.terms if isinstance(number, Sum) else ((1, number),)
        constant += number.constant if isinstance(number, Sum) else 0
        for coefficient, term in terms:
            coefficients[term] = coefficients.get(term, 0) + coefficient
    return _sum(coefficients, constant)


def _sum(coefficients: dict[Expr, int], constant: int) -> Number:
    terms = tuple((c, t) for t, c in coefficients.items() if c)
    if not terms:
        return constant
    if constant == 0 and len(terms) == 1 and terms[0][0] == 1:
        return terms[0][1]
    return Sum(terms, constant)


def times(first: Number, second: Number) -> Number:
    """``first · second`` in the one form; a whole number is multiplied into a sum that has no value yet."""
    if not isinstance(first, Expr) and not isinstance(second, Expr):
        return first * second
    if isinstance(second, Expr) and not isinstance(first, Expr):
        first, second = second, first
    if not isinstance(second, Expr):
        return _scaled(first, second)
    scale = 1
    factors: list[Expr] = []
    for number in (first, second):
        if isinstance(number, Sum) and not number.constant and len(number.terms) == 1:
            ((coefficient, number),) = number.terms
            scale *= coefficient
        factors.extend(number.factors if isinstance(number, Product) else [number])
    return _scaled(Product(tuple(factors)), scale)


def _scaled(number: Expr, scale: int) -> Number:
    if scale == 0 or scale == 1:
        return number if scale else 0
    if isinstance(number, Sum) and (number.value is None or scale == -1):
        return _sum({t: c * scale for c, t in number.terms}, number.constant * scale)
    return Sum(((scale, number),), 0)


def quotient(upper: Number, lower: Number, rounding: str) -> Number:
    """``upper / lower`` rounded ``floor`` or ``ceil``, or ``exact`` (the caller has made sure)."""
    if (type(upper) is int and type(lower) is int) or not (isinstance(upper, Expr) or isinstance(lower, Expr)):
        return -(-upper // lower) if rounding == "ceil" else upper // lower
    if type(lower) is int:
        if lower == 1:
            return upper
        if upper.value is None and isinstance(upper, Sum):
            parts = [c for c, _ in upper.terms] + [upper.constant]
            if all(part % lower == 0 for part in parts):
                return _sum({t: c // lower for c, t in upper.terms}, upper.constant // lower)
    return Quotient(upper, lower, rounding)


def ceil_div(upper: Number, lower: Number) -> Number:
    """``⌈upper / lower⌉``."""
    return quotient(upper, lower, "ceil")


def exact_div(upper: Number, lower: Number) -> Number:
    """``upper / lower`` where the rule has made sure that it comes out whole."""
    return quotient(upper, lower, "exact")


def larger(first: Number, second: Number) -> Number:
    """The larger of two (of arrays: element by element)."""
    return _extreme("max", first, second)


def smaller(first: Number, second: Number) -> Number:
    """The smaller of two (of arrays: element by element)."""
    return _extreme("min", first, second)


def _extreme(which: str, first: Number, second: Number) -> Number:
    if type(first) is int and type(second) is int:
        return max(first, second) if which == "max" else min(first, second)
    if isinstance(first, Expr) or isinstance(second, Expr):
        gap = first - second
        if type(gap) is int:
            return first if (gap >= 0) == (which == "max") else second
        return Extreme(which, first, second)
    first_wins = first > second if which == "max" else first < second
    return second + (first - second) * first_wins


def largest(numbers: Iterable[Number]) -> Number:
    """The largest of all; 0 for none. Joined two by two, so that many letters make a low tree."""
    known: list[int] = []
    unknown: dict[Expr, None] = {}
    for number in numbers:
        if isinstance(number, Expr):
            unknown[number] = None
        else:
            known.append(number)
    waiting: list[Number] = [*([max(known)] if known else []), *unknown] or [0]
    while len(waiting) > 1:
        pairs = zip(waiting[::2], waiting[1::2], strict=False)
        waiting = [larger(*pair) for pair in pairs] + waiting[len(waiting) // 2 * 2 :]
    return waiting[0]


def anywhere(verdict: Any) -> bool:
    """Whether a comparison holds; of arrays, for any element."""
    return verdict if type(verdict) is bool else bool(verdict.any())


def everywhere(verdict: Any) -> bool:
    """Whether a comparison holds; of arrays, for every element."""
    return verdict if type(verdict) is bool else bool(verdict.all())


def product(numbers: Iterable[Number]) -> Number:
    """The product of all; 1 for none."""
    result: Number = 1
    for number in numbers:
        result = result * number
    return result


def differ(first: Number, second: Number) -> bool:
    """Whether two sizes are known to be different (``H`` and ``H - 1`` are, ``H`` and 5 may be equal)."""
    if type(first) is int and type(second) is int:
        return first != second
    gap = value(first - second)
    return gap is not None and anywhere(gap != 0)


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
    """What ``number`` was made from, one step back."""
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
    """``number`` and all that it was made from, as often as it would be written."""
    waiting = [number]
    while waiting:
        part = waiting.pop()
        yield part
        waiting.extend(parts(part))


def coefficients(number: Number) -> tuple[int, ...]:
    """The whole numbers that a sum is written with; nothing of anything else."""
    return (number.constant, *(coefficient for coefficient, _ in number.terms)) if isinstance(number, Sum) else ()


def substitute(number: Number, values: dict[str, Number]) -> Number:
    """``number`` with its unknown letters replaced by ``values`` where they have one."""
    return _replaced(number, lambda letter: values.get(letter.name, letter) if letter.value is None else letter)


def settled(number: Number) -> Number:
    """``number`` worked out as far as its letters have values."""
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
