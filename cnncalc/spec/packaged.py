"""The files that come with the package: ``@vgg-16`` is the spec of that name, wherever a file is read."""

from __future__ import annotations

import os
from functools import cache

from cnncalc.errors import UsageError, nearest

SIGN = "@"
_ENDINGS = (".yaml", ".csv", ".npy")  # of what is packaged besides specs: answer sheets and data


@cache
def files() -> dict[str, str]:
    """The path of every packaged file by its name without ending, in alphabetical order."""
    inside = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    folder = os.path.join(inside, "specs")
    if not os.path.isdir(folder):  # the package runs from its repository
        folder = os.path.join(os.path.dirname(inside), "specs")
    found = {}
    for place in (folder, os.path.join(folder, "data")):
        for name in sorted(os.listdir(place)) if os.path.isdir(place) else ():
            stem, ending = os.path.splitext(name)
            if ending in _ENDINGS:
                found[stem] = os.path.join(place, name)
    return found


def specs() -> dict[str, str]:
    """Those that are networks or problem files."""
    return {name: path for name, path in files().items() if path.endswith(".yaml")}


def path(given: str) -> str:
    """The path of ``@NAME``; any other path as it is. Raises UsageError with the name that may be meant."""
    if not given.startswith(SIGN):
        return given
    name = given[len(SIGN) :]
    found = files().get(name) or files().get(os.path.splitext(name)[0])
    if found is None:
        help = f"{nearest(name, files()) or ''} cnncalc examples lists them; a file of that name is ./{given}".strip()
        raise UsageError(f'no example is called "{name}"', help=help)
    return found
