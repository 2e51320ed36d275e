"""A paper as a problem file, Markdown, LaTeX, or for a learning platform: Moodle XML, GIFT, QTI 2.1; and its key."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cnncalc.check.papers.paper import Paper

FORMATS = ("yaml", "markdown", "latex", "moodle", "gift", "qti")
#: Formats whose key is a separate file.
APART = ("yaml", "markdown", "latex")


def render(papers: Sequence[Paper], format: str) -> str | bytes:
    """The papers, copies of one, in one of FORMATS; QTI is a package (ZIP).

    A problem file has no answers in it; formats for learning platforms include the key.
    """
    text: str | bytes = import_module(f"cnncalc.render.papers.{format}").write(papers)
    return text


def key(papers: Sequence[Paper], format: str) -> str:
    """The key with its working in one of APART; as a problem file, the problems with their answers."""
    text: str = import_module(f"cnncalc.render.papers.{format}").key(papers)
    return text
