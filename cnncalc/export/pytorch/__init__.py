"""A PyTorch module: a function for each kind returns its construction and its call.

A file holds kinds of one family in ``KINDS``. A function takes the row and returns its code
(:class:`~cnncalc.export.pytorch.said.Said`); it raises :class:`~cnncalc.export.missing.Untranslated` for a setting that
PyTorch does not have. ``draft.py`` and ``classes.py`` make modules of the blocks.
"""

from __future__ import annotations

from collections.abc import Callable

from cnncalc.export.code.classes import Classes, text_of
from cnncalc.export.code.draft import Author, Draft, Style
from cnncalc.export.code.names import RESERVED, Taken, camel
from cnncalc.export.code.said import Said
from cnncalc.export.pytorch import helpers, loading, pointwise, sequences, shaping, windows
from cnncalc.export.pytorch.said import LAYOUT
from cnncalc.export.tree import tree
from cnncalc.kinds.base.activated import added
from cnncalc.kinds.base.kind import times
from cnncalc.summary.rows import Row, Summary

KINDS: dict[str, Callable[[Row], Said]] = {
    **pointwise.KINDS, **sequences.KINDS, **shaping.KINDS, **windows.KINDS,
}  # fmt: skip


def write(summary: Summary, *, weights: bool) -> str:
    """The file; with ``weights`` it can load a weights file of ours.

    Raises SpecError with every layer that PyTorch lacks.
    """
    author = Author(summary, Style("PyTorch", LAYOUT, KINDS, _ending, "{}.requires_grad_(False)".format, chains=True))
    root = author.draft(tree(summary))
    taken = Taken(*helpers.HELPERS, *loading.LOADERS, *RESERVED, "LAYERS", "load_weights")
    name = taken.free(camel(summary.name, "Net") if summary.name else "Net")
    classes = Classes(root, taken)
    shared = _shared(summary, root)
    doc = f"{_listed(summary, 'inputs')} to {_listed(summary, 'outputs')}."
    model = text_of(name, doc, [], root.attributes, root, shared)
    body = [*classes.texts, model]
    own = helpers.needed("\n".join(body))
    loads = _loading(author, root) if weights else []
    main = _main(summary, name)
    text = "\n\n\n".join([*own, *body, *loads, main])
    return _head(summary, text) + "\n\n\n" + text + "\n"


def _ending(row: Row) -> Said | None:
    """The activation function at the end of a layer."""
    function = added(row.layer.kind)
    return None if function is None else pointwise.function(function, row.output)


def _listed(summary: Summary, what: str) -> str:
    shapes = getattr(summary, what)
    return ", ".join(times(["N", *shape.written(LAYOUT)]) for shape in shapes.values())


def _head(summary: Summary, text: str) -> str:
    """The docstring and the imports that the text needs."""
    name = "".join(c if c.isprintable() and c not in '"\\' else "?" for c in summary.name) or "A network"
    first = "; images and volumes are channels first" if any(x.rank > 2 for x in summary.inputs.values()) else ""
    parameters = f"{summary.totals.params:,} parameters"
    lines = [f'"""{name}, written by cnncalc: {parameters}{first}."""', ""]
    lines += ["import math"] if "math." in text else []
    lines += [""] if "math." in text else []
    lines += ["import numpy as np"] if "np." in text else []
    lines += ["import torch"] if "torch." in text else []
    lines += ["import torch.nn.functional as F"] if "F." in text else []
    return "\n".join([*lines, "from torch import nn"])


def _shared(summary: Summary, root: Draft) -> list[str]:
    """Lines that give a module the weights that it shares with another."""
    found = []
    for row in summary.rows:
        layer = row.layer
        path = root.paths.get(row.index)
        if layer.shares is not None and path != root.paths.get(layer.shares) and summary.rows[layer.shares].weights:
            found.append(f"{_attribute(path or '')} = {_attribute(root.paths[layer.shares])}")
        elif layer.tie is not None and layer.shares is None:
            found.append(f"{_attribute(path or '')}.weight = {_attribute(root.paths[layer.tie.layer])}.weight")
    return [*(["# the same weights"] if found else []), *found]


def _attribute(path: str) -> str:
    """``self.a[0].b`` of ``a.0.b``."""
    return "self" + "".join(f"[{part}]" if part.isdigit() else f".{part}" for part in path.split("."))


def _loading(author: Author, root: Draft) -> list[str]:
    """The functions that load weights, and the table of layers in the file."""
    rows = author.summary.rows
    lines = []
    for index, call in author.loads.items():
        function, _, rest = call.partition("(w")
        convert = function if rest == ")" else f"lambda w: {call}"
        lines.append(f'    "{root.paths[index]}": ("{rows[index].name}", {convert}),')
    doc = "#: The layer of each module in a weights file, and the conversion of its arrays."
    table = "\n".join([doc, "LAYERS = {", *lines, "}"])
    return [*loading.needed("\n".join(author.loads.values())), table, loading.LOADING.strip("\n")]


def _main(summary: Summary, name: str) -> str:
    """The main part of the file: one forward pass, to check that it works."""
    inputs = []
    for number, shape in enumerate(summary.inputs.values()):
        tokens = any(row.layer.kind.tokens() is not None for row in summary.rows if number in row.layer.sources)
        sizes = ", ".join(map(str, shape.written(LAYOUT)))
        inputs.append(f"torch.zeros(1, {sizes}, dtype=torch.long)" if tokens else f"torch.zeros(1, {sizes})")
    one = len(summary.outputs) == 1
    lines = [
        'if __name__ == "__main__":', f"    model = {name}().eval()", "    with torch.no_grad():",
        f"        output{'' if one else 's'} = model({', '.join(inputs)})",
        '    print(sum(parameter.numel() for parameter in model.parameters()), "learned numbers")',
        "    print(tuple(output.shape))" if one else "    print(*(tuple(output.shape) for output in outputs))",
    ]  # fmt: skip
    return "\n".join(lines)
