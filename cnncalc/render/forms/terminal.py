"""The terminal: whether it shows colours, and a Rich console that writes to a string."""

from __future__ import annotations

import io
import os
from typing import Any, TextIO

from cnncalc.render.forms.text import takes_escapes


def in_colour(stream: TextIO) -> bool:
    """Whether a terminal shows colours, and its user wants them."""
    return takes_escapes(stream) and not os.environ.get("NO_COLOR")


def console_of(columns: int, *, colour: bool) -> Any:
    """A console, ``columns`` wide, that writes to the text ``console.file``."""
    from rich.console import Console

    return Console(
        file=io.StringIO(), width=columns, force_terminal=colour, no_color=not colour, highlight=False, markup=False,
        emoji=False, color_system="standard" if colour else None, legacy_windows=False,
    )  # fmt: skip
