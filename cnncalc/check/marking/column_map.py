"""``--map columns.yaml``: what the columns of a sheet mean, given by hand."""

from __future__ import annotations

from cnncalc.check.marking.columns import TARGETS
from cnncalc.check.marking.labels import Labels, Place
from cnncalc.errors import Problem, SpecError
from cnncalc.limits import Limits
from cnncalc.spec import reader, source, values
from cnncalc.spec.node import Mapping, Node, Scalar, is_null

_FORM = '{"Response 1": Q1.c1.output, "ID": student}'


def read(path: str, limits: Limits, labels: Labels) -> dict[str, str | Place | None]:
    """What each heading in the file means: a word of TARGETS, an answer, or None for a column to leave out.

    Raises SpecError with every line that is wrong, UsageError, LimitError.
    """
    root = reader.read(source.load(path, limits), limits, _FORM)
    if not isinstance(root, Mapping):
        raise values.expected("a map of columns", root, "the meaning of each heading", _FORM)
    faults: list[Problem] = []
    found = {heading.strip(): _target(node, labels, faults) for heading, node in root.items.items()}
    if faults:
        raise SpecError(faults)
    return found


def _target(node: Node, labels: Labels, faults: list[Problem]) -> str | Place | None:
    if is_null(node):
        return None
    text = node.text if isinstance(node, Scalar) else ""
    place = labels.of(text)
    if place is None and text not in TARGETS:
        help = f"{labels.nearest(text)}; or one of {', '.join(TARGETS)}; or null"
        faults.append(Problem(f'"{text[:60]}" is not an answer that is asked for', node.mark, help=help))
    return place or text
