"""The kinds of layers. The folder is the registry: a kind is the class of its name in the file of its name, or of its
last word (``global_maxpool`` is ``GlobalMaxpool`` in ``pool.py``). A kind is loaded when a spec names it.
"""

from __future__ import annotations

import os
from functools import cache, lru_cache
from importlib import import_module

from cnncalc.kinds.base.kind import Kind


@cache
def _files() -> frozenset[str]:
    entries = os.listdir(os.path.dirname(__file__))
    return frozenset(entry[:-3] for entry in entries if entry.endswith(".py") and not entry.startswith("_"))


@lru_cache(maxsize=1024)  # words of strangers are not kept for ever
def find(word: str) -> type[Kind] | None:
    """The kind called ``word``, or None."""
    if not word.isidentifier() or not word.isascii() or word != word.lower():
        return None
    stems = [word] if word in _files() else sorted((s for s in _files() if word.endswith(s)), key=len, reverse=True)
    for stem in [*stems[:1], "activation"]:
        found = getattr(import_module(f"cnncalc.kinds.{stem}"), _class_name(word), None)
        if isinstance(found, type) and issubclass(found, Kind) and found.word() == word:
            return found
    return None


def _class_name(word: str) -> str:
    return "".join(part.capitalize() for part in word.split("_"))


@cache
def every() -> dict[str, type[Kind]]:
    """All kinds by word, sorted. Loads every file of the folder."""
    found = {}
    for stem in sorted(_files()):
        for kind in vars(import_module(f"cnncalc.kinds.{stem}")).values():
            if (
                isinstance(kind, type)
                and issubclass(kind, Kind)
                and kind.__module__.endswith(f".{stem}")
                and kind.__name__[0] != "_"
            ):
                found[kind.word()] = kind
    return dict(sorted(found.items()))
