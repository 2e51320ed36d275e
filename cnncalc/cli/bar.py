"""A progress bar for training on standard error, with the time left."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import perf_counter
from typing import Any

from cnncalc.cli.io import PATIENCE
from cnncalc.render.forms.text import printable, takes_escapes


@contextmanager
def bar() -> Iterator[Callable[[int, int, str], None] | None]:
    """A callback for the steps done, their total and the result so far; None if standard error is not a terminal.

    The bar appears if training takes long, and is erased at its end.
    """
    if not takes_escapes(sys.stderr):
        yield None
        return
    begun, shown = perf_counter(), _Shown()

    def show(number: int, count: int, name: str) -> None:
        if perf_counter() - begun > PATIENCE:
            shown.update(number, count, printable(name)[:60])

    try:
        yield show
    finally:
        shown.close()


class _Shown:
    """The bar, made when there is something to show."""

    def __init__(self) -> None:
        self.progress: Any = None

    def update(self, number: int, count: int, name: str) -> None:
        if self.progress is None:
            from rich.console import Console
            from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

            columns = (BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(), TextColumn("{task.description}"))
            self.progress = Progress(*columns, console=Console(stderr=True), transient=True, auto_refresh=False)
            self.task = self.progress.add_task("", total=count)
            self.progress.start()
        if self.progress.tasks[0].total != count or number < self.progress.tasks[0].completed:
            self.progress.reset(self.task, total=count)
        self.progress.update(self.task, completed=number, description=name.replace("[", r"\["), refresh=True)

    def close(self) -> None:
        if self.progress is not None:
            self.progress.stop()
