"""A page of the guide: laid out for a terminal, or as plain Markdown."""

from __future__ import annotations

import sys

from cnncalc.render.forms.lines import terminal_width
from cnncalc.render.forms.terminal import console_of, in_colour
from cnncalc.render.forms.text import only_ascii

WIDEST = 100  # columns of running text; longer lines are hard to read


def topics(pages: dict[str, str]) -> str:
    """The list of topics with their subjects."""
    width = max(map(len, pages))
    lines = [f"  {topic:{width}}  {about}" for topic, about in pages.items()]
    return "\n".join(["Topics of the guide (cnncalc guide TOPIC):", "", *lines]) + "\n"


def page(text: str, *, to_file: bool = False) -> str:
    """``text`` laid out if standard output is a terminal; unchanged in a pipe or a file."""
    if to_file or not sys.stdout.isatty() or only_ascii(sys.stdout):
        return text
    from rich.markdown import Markdown

    console = console_of(min(terminal_width(), WIDEST), colour=in_colour(sys.stdout))
    console.print(Markdown(text, code_theme="ansi_dark", hyperlinks=False))
    return str(console.file.getvalue())
