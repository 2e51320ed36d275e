"""Texts for people: unprintable characters are escaped, signs fit the terminal, numbers have separators."""

from __future__ import annotations

import os
from typing import Any, TextIO

from cnncalc.units import in_bytes

_ASCII = {
    "−": "-", "×": "x", "·": "*", "⌊": "floor(", "⌋": ")", "⌈": "ceil(", "⌉": ")", "–": "-", "→": "->", "≤": "<=",
    "≥": ">=", "’": "'", "“": '"', "”": '"', "…": "...", "√": "sqrt", "Σ": "sum ", "∞": "inf",
    "ᵀ": "^T", "σ": "sigmoid", "⊙": "*", "½": "1/2", "²": "^2", "‖": "||", "\u0302": "^", "█": "#",
}  # fmt: skip


def printable(text: str) -> str:
    """``text`` with every character that could move a cursor or hide shown as an escape."""
    return text if text.isprintable() else "".join(c if c.isprintable() else _escape(c) for c in text)


def _escape(character: str) -> str:
    code = ord(character)
    return f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}" if code < 65536 else f"\\U{code:08x}"


def only_ascii(stream: TextIO) -> bool:
    """Whether a stream takes only ASCII, by its encoding or by the locale."""
    locale = os.environ.get("LC_ALL") or os.environ.get("LC_CTYPE") or os.environ.get("LANG") or ""
    encoding = (getattr(stream, "encoding", None) or "utf-8").lower().replace("-", "")
    return locale in ("C", "POSIX") or not encoding.startswith("utf")


def takes_escapes(stream: TextIO) -> bool:
    """Whether a stream is a terminal that obeys escape codes."""
    return stream.isatty() and os.environ.get("TERM") not in ("dumb", "unknown")


def to_ascii(text: str) -> str:
    """``text`` in ASCII: signs as typed on a keyboard, anything else escaped."""
    if text.isascii():
        return text
    return "".join(c if c.isascii() else _ASCII.get(c) or _escape(c) for c in text)


def fitting(text: str, stream: TextIO) -> str:
    """``text`` as ``stream`` can take it."""
    return to_ascii(text) if only_ascii(stream) else text


def number(value: Any) -> str:
    """A number with separators: ``183,242``; an expression with the minus sign of print."""
    return f"{value:,}" if isinstance(value, int) else str(value).replace("-", "−")


def sizes(value: list[Any], sign: str = "×") -> str:
    """Sizes as ``64×64×32``; a sum is put in brackets."""
    texts = [str(size).replace("-", "−") for size in value]
    return sign.join(f"({text})" if " " in text and len(texts) > 1 else text for text in texts)


def read_aloud(inputs: dict[str, list[Any]], axes: dict[str, list[str]]) -> str:
    """The inputs with the names of their axes: ``input 64×64×3 (height×width×channels)``."""
    each = {name: f"{sizes(value)} ({'×'.join(axes[name])})" for name, value in inputs.items()}
    return "input " + ", ".join(text if name == "input" else f"{printable(name)} {text}" for name, text in each.items())


def quantity(value: Any, unit: str) -> str:
    """A large count in short: ``22.58 M MACs``; nothing for a small one or an expression."""
    if not isinstance(value, int) or value < 10_000:
        return ""
    for factor, prefix in ((10**15, "P"), (10**12, "T"), (10**9, "G"), (10**6, "M"), (10**3, "k")):
        if value >= factor:
            return f"{value / factor:.4g} {prefix}{unit}"
    return ""


def memory(value: Any) -> str:
    """Bytes in binary units: ``640 KiB``; an expression as it is."""
    return in_bytes(value) if isinstance(value, int) else f"{number(value)} bytes"
