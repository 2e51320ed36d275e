"""Writing an expression: in letters, with the numbers put in, as plain text, for a terminal or as LaTeX.

The only other place that knows how a formula looks is a style's row in ``STYLES``.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from cnncalc.symbolic.expr import Expr, Extreme, Letter, Number, Product, Quotient, Sum

SUM, TERM, ATOM = 0, 1, 2  # how tightly what was written holds together


class Style(NamedTuple):
    """How the signs of a formula look."""

    minus: str
    times: str
    floor: tuple[str, str]
    ceil: tuple[str, str]
    over: tuple[str, str, str]  # before the upper part, between, after the lower
    brackets: tuple[str, str]
    functions: dict[str, str]


STYLES = {
    "plain": Style("-", "·", ("⌊", "⌋"), ("⌈", "⌉"), ("", "/", ""), ("(", ")"), {"max": "max", "min": "min"}),
    "text": Style("−", "·", ("⌊", "⌋"), ("⌈", "⌉"), ("", "/", ""), ("(", ")"), {"max": "max", "min": "min"}),
    "ascii": Style("-", "*", ("floor(", ")"), ("ceil(", ")"), ("", "/", ""), ("(", ")"), {"max": "max", "min": "min"}),
    "latex": Style(
        "-", r" \cdot ", (r"\left\lfloor ", r" \right\rfloor"), (r"\left\lceil ", r" \right\rceil"),
        (r"\frac{", "}{", "}"), (r"\left(", r"\right)"), {"max": r"\max", "min": r"\min"},
    ),
}  # fmt: skip


def write(number: Number, style: str = "text", named: bool = False) -> str:
    """``number`` as text: with its numbers put in, or, ``named``, in its letters.

    >>> from cnncalc.expr import Letter
    >>> H, F, P, S = Letter("H", 28), Letter("F", 5), Letter("P", 2), Letter("S", 1)
    >>> write((H - F + 2 * P) // S + 1)
    '⌊(28 − 5 + 2·2)/1⌋ + 1'
    >>> write((H - F + 2 * P) // S + 1, named=True)
    '⌊(H − F + 2P)/S⌋ + 1'
    """
    return _Writer(STYLES[style], style == "latex", named).write(number)[0]


def letter_name(name: str, latex: bool) -> str:
    """A letter's name; in LaTeX what stands after ``_`` is a subscript, and words stand upright."""
    head, _, tail = name.partition("_")
    if not latex:
        return name
    upright = [part if len(part) == 1 else f"\\mathrm{{{part}}}" for part in (head, tail)]
    return f"{upright[0]}_{{{upright[1]}}}" if tail else upright[0]


_SIGNS = {"ᵀ": "^T", "σ": r"\sigma ", "⊙": r"\odot ", "−": "-", "...": r"\dots"}


def typeset(formula: str) -> str:
    r"""A formula that is given as text (a kind's stages), as LaTeX.

    >>> typeset("A_i = softmax(Q_i K_iᵀ/√(d_k))")
    'A_{i} = \\mathrm{softmax}(Q_{i} K_{i}^T/\\sqrt{d_{k}})'
    """
    import re

    def word(match: re.Match[str]) -> str:
        head, tail = match[1], match[2] or ""
        name = letter_name(f"x{tail}", True)[1:]
        return (head if len(head) == 1 else rf"\mathrm{{{head}}}") + name

    text = re.sub(r"([A-Za-z]+)(_[A-Za-z0-9]+)?", word, formula)
    text = re.sub(r"√\(([^()]*)\)", r"\\sqrt{\1}", text)
    for sign, latex in _SIGNS.items():
        text = text.replace(sign, latex)
    return text


class _Writer:
    def __init__(self, style: Style, latex: bool, named: bool) -> None:
        self.style, self.latex, self.named = style, latex, named

    def write(self, number: Number) -> tuple[str, int]:
        """The text, and how tightly it holds."""
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
        return letter_name(letter.name, self.latex), ATOM

    def held(self, number: Number, least: int) -> str:
        """``number`` in brackets unless it holds at least as tightly as ``least``."""
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
