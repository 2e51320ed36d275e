"""The limits on what a file may hold and on what a run may use."""

from __future__ import annotations

from cnncalc.errors import LimitError, Mark, Problem
from cnncalc.units import BINARY

MiB = BINARY["MiB"]

#: name: (value, what it bounds)
LIMITS = {
    "file": (MiB, "bytes in a spec or problem file"),
    "nesting": (32, "levels of YAML inside each other"),
    "values": (100_000, "values in a file; twice as many after aliases"),
    "layers": (10_000, "layers after blocks are written out"),
    "digits": (19, "digits of a whole number"),
    "size": (2**31 - 1, "one size of an input or an output"),
    "weights": (1024 * MiB, "bytes of a weights file"),
    "memory": (0, "bytes that a run may use; 0: half of the free memory"),
}


class Limits:
    """Values by name; each name of ``LIMITS`` is an attribute."""

    def __init__(self, **raised: int) -> None:
        for name, (value, _) in LIMITS.items():
            setattr(self, name, raised.get(name, value))

    def __getattr__(self, name: str) -> int:
        raise AttributeError(name)

    def check(self, name: str, got: int, mark: Mark | None = None, times: int = 1) -> None:
        """Raise LimitError if ``got`` is over ``times`` the limit called ``name``."""
        limit = getattr(self, name) * times
        if got > limit:
            raise LimitError(over(name, got, limit, mark))


def over(name: str, got: int | str, limit: int, mark: Mark | None = None) -> Problem:
    """The problem of a limit passed: its name, its value, and a value that is enough."""
    text = f"{got} is over the limit {name} = {limit} ({LIMITS[name][1]})"
    return Problem(text, mark, limit=(name, got if isinstance(got, int) else 2 * limit))
