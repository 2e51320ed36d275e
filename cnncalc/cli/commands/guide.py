"""``cnncalc guide``."""

from __future__ import annotations

from typing import Annotated

import typer

from cnncalc import guide as pages
from cnncalc.cli import io, options
from cnncalc.render import guide as render

EXAMPLE = "Example: cnncalc guide cookbook"


def guide(
    topic: Annotated[str | None, typer.Argument(metavar="TOPIC", help=f"One of {', '.join(pages.TOPICS)}.")] = None,
    output: options.Output = None,
) -> int:
    """Read the guide: specs, other frameworks, counting, exams."""
    text = render.topics(pages.TOPICS) if topic is None else render.page(pages.page(topic), to_file=bool(output))
    io.emit(text, output)
    return 0
