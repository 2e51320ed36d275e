"""The network file that a problem names.

A problem file may come from anybody, and its messages go to whoever checks it: so a network is looked for in the
problem's own folder and below it, and nothing of a file that is not a network is shown.
"""

from __future__ import annotations

import os
from functools import lru_cache

from cnncalc.errors import LimitError, SpecError, UsageError
from cnncalc.limits import Limits
from cnncalc.spec import reader, source, values
from cnncalc.spec.node import Mapping, Node, Scalar, is_null
from cnncalc.spec.values import BadValue

_FORM = "the path of a network, relative to this file"


def read(problem_file: str, node: Node, limits: Limits, root: str | None) -> Mapping:
    """The network that ``node`` names, relative to the problem file; below ``root`` (None: that file's folder).

    Raises SpecError and LimitError, each with the place where the network is named.
    """
    if not isinstance(node, Scalar) or is_null(node) or node.text == "-":
        raise values.expected("network", node, _FORM)
    folder = os.path.dirname(problem_file) if problem_file != "-" else ""
    path = os.path.join(folder, node.text)
    if not is_below(path, root or folder):
        raise BadValue(
            f'the network "{node.text[:100]}" lies outside the folder {root or folder or "."}',
            node.mark,
            "a network beside the problem file or below it; check --networks DIR allows what lies below DIR",
        )
    try:
        found = _parsed(path, limits)
    except (UsageError, LimitError) as error:  # no such file, or too large a one: the messages quote nothing
        raise type(error)([problem._replace(mark=node.mark) for problem in error.problems]) from None
    except SpecError as error:
        place = error.problems[0].mark
        raise _no_network(node, f"it cannot be read at line {place.line}" if place else "it cannot be read") from None
    if not isinstance(found, Mapping) or not {"layers", "encoder"} & found.items.keys():
        raise _no_network(node, "it has no layers")
    return found


def is_below(path: str, folder: str) -> bool:
    """Whether ``path``, with every link followed, is in ``folder`` or below it."""
    try:
        real, base = os.path.realpath(path), os.path.realpath(folder or ".")
    except ValueError:  # a NUL or a lone surrogate
        return False
    return os.path.commonpath([real, base]) == base


def _no_network(node: Scalar, why: str) -> BadValue:
    return BadValue(
        f'"{node.text[:100]}" is not a network: {why}', node.mark, "cnncalc summary shows what is wrong in it"
    )


@lru_cache(maxsize=16)
def _parsed(path: str, limits: Limits) -> Node:
    return reader.read(source.load(path, limits), limits)
