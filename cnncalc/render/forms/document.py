"""A LaTeX document that compiles by itself, with pdfLaTeX, XeLaTeX and LuaLaTeX."""

from __future__ import annotations

from collections.abc import Iterable
from unicodedata import decomposition

from cnncalc.render.forms.markup import latex

_ACCENTS = ("0300", "0301", "0302", "0303", "0304", "0306", "0307", "0308", "030A", "030B", "030C", "0327")
_LETTERS = "ßæÆøØœŒłŁıȘșȚț¡¿£§©"
_LAST_ACCENTED = "\u017f"


def document(body: Iterable[str], title: str = "") -> str:
    """The lines of ``body``, which is LaTeX, under the heading ``title``, which is text."""
    lines = [rf"\section*{{{latex(title)}}}"] * bool(title) + list(body)
    text = "\n".join([r"\begin{document}", *lines, r"\end{document}"]) + "\n"
    return "\n".join([r"\documentclass{article}", *_preamble(text), ""]) + text


def _preamble(text: str) -> list[str]:
    """Encodings; a character that may be missing in pdfLaTeX's fonts is shown by its number."""
    unknown = sorted({character for character in text if not _has(character)})
    declared = [rf"\DeclareUnicodeCharacter{{{ord(c):04X}}}{{[U+{ord(c):04X}]}}" for c in unknown]
    return [r"\usepackage{iftex}", r"\ifPDFTeX", r"\usepackage[utf8]{inputenc}", *declared, r"\else",
            r"\usepackage{fontspec}", r"\fi"]  # fmt: skip


def _has(character: str) -> bool:
    """Whether pdfLaTeX's default fonts have a character."""
    if character.isascii() or character in _LETTERS:
        return True
    base, _, accent = decomposition(character).partition(" ")
    return character <= _LAST_ACCENTED and accent in _ACCENTS and len(base) == 4
