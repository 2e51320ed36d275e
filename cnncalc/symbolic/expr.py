"""Whole numbers that remember how they were made.

A rule is written once, as plain arithmetic. Fed ``int`` it gives the size; fed :class:`Expr` it gives the working;
fed letters without a value it stays symbolic; fed NumPy integer arrays it gives arrays. Python's operators serve all
four; what has no operator (exact division, the larger, the smaller) is a function in ``arithmetic.py``.

An expression is kept in one form: sums are flat with their whole-number parts merged, so ``H - 1*(5 - 1) - 1 + 0``
is ``H - 5``. A letter that has a value is never merged into a number: that is what makes the working readable.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from cnncalc.symbolic.style import ATOM, STYLES, SUM, TERM, Style, letter_name

Number = Any  # int, Expr or an integer array


class Expr:
    """An expression; ``value`` is its whole number where every letter in it has one, else None.

    A comparison is False where an unknown letter leaves it open. ``==`` asks whether two expressions are written alike.
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
        """Its parts: expressions of one type with equal keys are the same expression."""
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
        return (frozenset(Counter(self.factors).items()),)


class Quotient(Expr):
    """``upper / lower``, rounded ``floor`` or ``ceil``, or ``exact`` where the rule ensures that it divides."""

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


Count = int | Expr  # a number of a network: an expression where a letter is unknown


def value(number: Number) -> Any:
    """The whole number that ``number`` is, or None if an unknown letter is in it."""
    return number.value if isinstance(number, Expr) else number


def _known(*numbers: Number) -> bool:
    return all(value(n) is not None for n in numbers)


def add(first: Number, second: Number) -> Number:
    """``first + second`` in the one form."""
    if type(first) is int and type(second) is int:
        return first + second
    return total((first, second))


def total(numbers: Iterable[Number]) -> Number:
    """The sum of all, in the one form, built in a single pass; 0 for none."""
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
    """``upper / lower`` rounded ``floor`` or ``ceil``, or ``exact`` (the caller ensures that it divides)."""
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


def write(number: Number, style: str = "text", *, named: bool = False) -> str:
    """``number`` as text: with its numbers put in, or, ``named``, in its letters.

    >>> from cnncalc.symbolic.expr import Letter
    >>> H, F, P, S = Letter("H", 28), Letter("F", 5), Letter("P", 2), Letter("S", 1)
    >>> write((H - F + 2 * P) // S + 1)
    '⌊(28 − 5 + 2·2)/1⌋ + 1'
    >>> write((H - F + 2 * P) // S + 1, named=True)
    '⌊(H − F + 2P)/S⌋ + 1'
    """
    return _Writer(STYLES[style], latex=style == "latex", named=named).write(number)[0]


class _Writer:
    def __init__(self, style: Style, *, latex: bool, named: bool) -> None:
        self.style, self.latex, self.named = style, latex, named

    def write(self, number: Number) -> tuple[str, int]:
        """The text, and how tightly its outermost sign binds."""
        match number:
            case Letter():
                return self.letter(number)
            case Sum():
                return self.sum(number)
            case Product():
                return self.product(list(number.factors))
            case Quotient():
                return self.quotient(number)
            case Extreme():
                first, second = (self.write(part)[0] for part in (number.first, number.second))
                opening, closing = self.style.brackets
                return f"{self.style.functions[number.which]}{opening}{first}, {second}{closing}", ATOM
        return self.whole(number)

    def whole(self, number: Any) -> tuple[str, int]:
        text = str(number)
        return (self.style.minus + text[1:], SUM) if text.startswith("-") else (text, ATOM)

    def letter(self, letter: Letter) -> tuple[str, int]:
        if letter.value is not None and not self.named:
            return self.whole(letter.value)
        return letter_name(letter.name, latex=self.latex), ATOM

    def held(self, number: Number, least: int) -> str:
        """``number``, in brackets unless it binds at least as tightly as ``least``."""
        text, tightness = self.write(number)
        opening, closing = self.style.brackets
        return text if tightness >= least else f"{opening}{text}{closing}"

    def sum(self, total: Sum) -> tuple[str, int]:
        pieces = [(c < 0, self.scaled(abs(c), term)) for c, term in total.terms]
        if pieces[0][0]:  # begin with what is added, if anything is
            pieces.sort(key=lambda piece: piece[0])
        if total.constant:
            pieces.append((total.constant < 0, str(abs(total.constant))))
        if pieces[0][0] and not pieces[-1][0]:
            pieces.insert(0, pieces.pop())
        negative, text = pieces[0]
        text = self.style.minus + text if negative else text
        for negative, piece in pieces[1:]:
            text += f" {self.style.minus if negative else '+'} {piece}"
        return text, SUM if len(pieces) > 1 or pieces[0][0] else TERM

    def scaled(self, coefficient: int, term: Expr) -> str:
        if coefficient == 1:
            return self.held(term, TERM)
        text = self.held(term, TERM if isinstance(term, Product) else ATOM)
        glued = text[0].isalpha() or (text.startswith(self.style.brackets[0]) and term.value is None)
        return f"{coefficient}{text}" if glued else f"{coefficient}{self.style.times}{text}"

    def product(self, factors: list[Expr]) -> tuple[str, int]:
        return self.style.times.join(self.held(factor, ATOM) for factor in factors), TERM

    def quotient(self, number: Quotient) -> tuple[str, int]:
        before, between, after = self.style.over
        loose = self.latex
        upper = self.held(number.upper, SUM if loose else ATOM)
        lower = self.held(number.lower, SUM if loose else ATOM)
        text = f"{before}{upper}{between}{lower}{after}"
        if number.rounding == "exact":
            return text, ATOM if loose else TERM
        opening, closing = self.style.floor if number.rounding == "floor" else self.style.ceil
        return f"{opening}{text}{closing}", ATOM
