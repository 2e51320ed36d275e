"""Untrusted text in Markdown and LaTeX: markup in it is escaped."""

from __future__ import annotations


def markdown(text: str) -> str:
    """``text`` with what Markdown or HTML would read as markup escaped."""
    escaped = "".join(f"\\{c}" if c in "\\`*_[]#|~$" else c for c in text)
    return escaped.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


_LATEX = {
    "\\": r"\textbackslash{}", "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_", "{": r"\{", "}": r"\}",
    "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "<": r"$<$", ">": r"$>$", "|": r"$|$", "×": r"$\times$",
    "−": "$-$", "·": r"$\cdot$", "⌊": r"$\lfloor$", "⌋": r"$\rfloor$", "⌈": r"$\lceil$", "⌉": r"$\rceil$", "–": "--",
    "→": r"$\rightarrow$", "≤": r"$\leq$", "≥": r"$\geq$", "√": r"$\surd$", "Σ": r"$\Sigma$", "∞": r"$\infty$",
    '"': "''", "…": r"\ldots{}", "—": "---", "’": "'", "‘": "`", "“": "``", "”": "''", "²": "$^2$", "³": "$^3$",
    "½": r"$\frac12$", "°": r"$^\circ$", "±": r"$\pm$", "≈": r"$\approx$", "≠": r"$\neq$", "µ": r"$\mu$",
    "σ": r"$\sigma$", "⊙": r"$\odot$", "ᵀ": r"$^T$", "‖": r"$\|$", "•": r"$\bullet$", "\u00a0": "~",
    "\u0302": "\\textasciicircum{}",
}  # fmt: skip


def latex(text: str) -> str:
    """``text`` with what LaTeX would read as commands escaped."""
    return "".join(_LATEX.get(character, character) for character in text)
