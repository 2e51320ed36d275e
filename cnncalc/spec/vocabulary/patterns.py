"""The words of the table as regular expressions (ECMA 262), for the JSON Schema: an editor reads what the reader reads.

As in the table's own look-up, capitals, underscores, hyphens and spaces do not count, nor does ``nn.`` in front.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from cnncalc.spec.vocabulary import DIMENSIONED, PREFIXES
from cnncalc.spec.vocabulary.fields import FIELDS, IGNORED, IGNORED_BY, ONLY
from cnncalc.spec.vocabulary.words import KEYS, KINDS, LAYOUTS, QUANTITIES, VALUES, Names

_PREFIX = f"(?:{'|'.join(re.escape(prefix) for prefix in PREFIXES)})?"
_DIMENSION = re.compile("#|[123][dD]|[0-9]$")
_PARTS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+|#[dD]?|[_ -]")


def kind(word: str) -> str:
    """Every name of the kind or block ``word``. Linear is PyTorch's dense layer; linear can be both, and is neither."""
    names = [name for text in KINDS.get(word, Names()) for name in text.split()]
    dimensions = "(?:[123][dD])?" if word in DIMENSIONED else ""
    own = [] if word == "linear" else [word]
    found = [_any_case(name) + ("" if _DIMENSION.search(name) else dimensions) for name in (*own, *names)]
    return f"^(?!linear$){_PREFIX}(?:{'|'.join(found)})$"


def field(kind: str, ours: str) -> str:
    """Every name of the field ``ours`` of a kind."""
    return _whole((ours, *FIELDS.get(kind, {}).get(ours, "").split()))


def unread(others: Iterable[str]) -> str:
    """Fields of other frameworks that change nothing here; ``others`` are more names of such fields."""
    by_kind = [name for names in IGNORED_BY.values() for name in names]
    names = sorted({*IGNORED, *ONLY, *by_kind, *others})
    return f"^(?:{'|'.join(names)}|[a-z_]+_(?:regularizer|constraint))$"


def value(words: Iterable[str]) -> str:
    """Every way to say one of ``words``, the value of a field."""
    words = tuple(words)
    names = [name for word in words for text in KINDS.get(word, Names()) for name in text.split()]
    others = [name for table in (VALUES, LAYOUTS) for name, ours in table.items() if ours in words]
    return f"^{_PREFIX}(?:{'|'.join(map(_any_case, dict.fromkeys((*words, *names, *others))))})$"


def quantity(ours: str) -> str:
    """Every name of a quantity."""
    return _whole((ours, *(name for name, known in QUANTITIES.items() if known == ours)))


def key(ours: str) -> list[str]:
    """Every name of a key of the file."""
    return [ours, *(name for name, known in KEYS.items() if known == ours)]


def _whole(names: Iterable[str]) -> str:
    return f"^(?:{'|'.join(map(_any_case, names))})$"


def _any_case(name: str) -> str:
    """``MaxPool#d`` as ``[Mm][Aa][Xx][_ -]?[Pp][Oo][Oo][Ll][_ -]?(?:[123][Dd])?``."""
    parts = [part for part in _PARTS.findall(name) if part not in "_ -"]
    return "[_ -]?".join(_DIMENSIONS.get(part) or "".join(map(_letter, part)) for part in parts)


_DIMENSIONS = {"#": "(?:[123][dD]?)?", "#d": "(?:[123][dD])?", "#D": "(?:[123][dD])?"}


def _letter(one: str) -> str:
    return f"[{one.upper()}{one.lower()}]" if one.isalpha() else one
