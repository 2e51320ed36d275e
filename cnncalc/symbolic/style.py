"""How a formula looks: its signs and letters as plain text, for a terminal, in ASCII or as LaTeX."""

from __future__ import annotations

from typing import NamedTuple

SUM, TERM, ATOM = 0, 1, 2  # how tightly a text binds: a sum needs brackets where a term does not


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


def letter_name(name: str, *, latex: bool) -> str:
    """A letter's name. In LaTeX the part after ``_`` is a subscript, and words are set upright."""
    head, _, tail = name.partition("_")
    if not latex:
        return name
    spaced = [part.replace(" ", r"\ ") for part in (head, tail)]
    upright = [part if len(part) == 1 else f"\\mathrm{{{part}}}" for part in spaced]
    return f"{upright[0]}_{{{upright[1]}}}" if tail else upright[0]


_SIGNS = {"ᵀ": "^T", "σ": r"\sigma ", "⊙": r"\odot ", "−": "-", "...": r"\dots", "⌈": r"\lceil ", "⌉": r"\rceil "}


def typeset(formula: str) -> str:
    r"""A formula given as text (a kind's stages), as LaTeX.

    >>> typeset("A_i = softmax(Q_i K_iᵀ/√(d_k))")
    'A_{i} = \\mathrm{softmax}(Q_{i} K_{i}^T/\\sqrt{d_{k}})'
    """
    import re

    def word(match: re.Match[str]) -> str:
        head, tail = match[1], match[2] or ""
        name = letter_name(f"x{tail}", latex=True)[1:]
        return (head if len(head) == 1 else rf"\mathrm{{{head}}}") + name

    text = re.sub(r"([A-Za-z]+)(_[A-Za-z0-9]+)?", word, formula)
    text = re.sub(r"√\(([^()]*)\)", r"\\sqrt{\1}", text)
    text = re.sub(r"\^\(((?:[^()]|\([^()]*\))*)\)", r"^{\1}", text)
    for sign, latex in _SIGNS.items():
        text = text.replace(sign, latex)
    return text
