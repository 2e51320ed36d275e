"""A functional model of Keras 3: a function for each kind returns its layer.

As for PyTorch, a file holds kinds of one family in ``KINDS``. Blocks become functions. Every value is channels last.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from cnncalc.export.code.classes import INDENT, inside
from cnncalc.export.code.draft import Author, Draft, Style
from cnncalc.export.code.names import RESERVED, Taken
from cnncalc.export.code.said import Said
from cnncalc.export.keras import helpers, pointwise, sequences, shaping, windows
from cnncalc.export.keras.functions import Functions, called
from cnncalc.export.keras.pointwise import LAYOUT
from cnncalc.export.missing import Missing
from cnncalc.export.tree import tree
from cnncalc.summary.rows import Row, Summary

KINDS: dict[str, Callable[[Row], Said]] = {
    **pointwise.KINDS, **sequences.KINDS, **shaping.KINDS, **windows.KINDS,
}  # fmt: skip


def write(summary: Summary, *, weights: bool) -> str:
    """The file; with ``weights`` it can load a weights file of ours.

    Raises SpecError with every layer that Keras lacks.
    """
    _check_shared(summary)
    reserved = frozenset((*helpers.HELPERS, "keras", "layers", "ops", "np", "name", "i", "inputs", "outputs"))
    author = Author(summary, Style("Keras", LAYOUT, KINDS, pointwise.ending, _frozen, chains=False, reserved=reserved))
    root = author.draft(tree(summary))
    taken = Taken(*helpers.LOADERS, *RESERVED, *reserved, *_variables(root), "build", "load_weights")
    functions = Functions(root, taken)
    body = "\n\n\n".join([*functions.texts, _build(summary, root, functions)])
    own = [text.strip("\n") for name, text in helpers.HELPERS.items() if re.search(rf"\b{name}\(", body)]
    loads = _loading(author) if weights else []
    main = 'if __name__ == "__main__":\n    build().summary()'
    text = "\n\n\n".join([*own, body, *loads, main])
    return _head(summary, text) + "\n\n\n" + text + "\n"


def _frozen(module: str) -> str:
    """A layer that training leaves alone."""
    return f"{module[:-1]}{'' if module.endswith('()') else ', '}trainable=False)"


def _variables(root: Draft) -> set[str]:
    """All names that are assigned somewhere: they would hide a function of the same name."""
    drafts = [root, *(draft for attribute in root.attributes for draft in inside(attribute.made))]
    return {word for draft in drafts for line in draft.lines for word in re.findall(r"\w+", line.partition(" = ")[0])}


def _check_shared(summary: Summary) -> None:
    """Refuse layers that are called twice: a layer is constructed where it is called."""
    missing = Missing("Keras")
    names: set[str] = set()
    for row in summary.rows:
        name = row.name.replace("/", "__").replace(".", "_")
        if name in names:
            missing.add(row, f"two layers whose names both become {name}")
        names.add(name)
        if row.layer.shares is not None and summary.rows[row.layer.shares].weights:
            missing.add(row, "shared weights")
    missing.check()


def _head(summary: Summary, text: str) -> str:
    """The docstring and the imports that the text needs."""
    name = "".join(c if c.isprintable() and c not in '"\\' else "?" for c in summary.name) or "A network"
    last = "; images and volumes are channels last" if any(x.rank > 2 for x in summary.inputs.values()) else ""
    lines = [f'"""{name}, written by cnncalc: {summary.totals.params:,} parameters{last}."""', "", "import keras"]
    lines += ["import numpy as np"] if "np." in text else []
    words = ["layers", *(["ops"] if "ops." in text else [])]
    return "\n".join([*lines, f"from keras import {', '.join(words)}"])


def _build(summary: Summary, root: Draft, functions: Functions) -> str:
    """The function that makes the model."""
    inputs = []
    for number, (name, shape) in enumerate(summary.inputs.items()):
        tokens = any(row.layer.kind.tokens() is not None for row in summary.rows if number in row.layer.sources)
        sizes = ", ".join(map(str, shape.written(LAYOUT))) + "," * (shape.rank == 1)
        kind = ', dtype="int32"' if tokens else ""
        inputs.append(f'{root.parameters[number]} = keras.Input(({sizes}){kind}, name="{name}")')
    lines = called(root.attributes, root.lines, "", functions.names)
    given, made = root.parameters, [line.removeprefix("return ") for line in lines[-1:]]
    (last,) = made
    if len(given) == 1:
        first = [f"{given[0]} = inputs = {inputs[0].partition(' = ')[2]}"]
    else:
        first = [*inputs, f"inputs = [{', '.join(given)}]"]
    last, _, comment = last.partition("  # ")
    outputs = f"[{last}]" if len(summary.outputs) > 1 else last
    end = f"outputs = {outputs}" + (f"  # {comment}" if comment else "")
    title = re.sub(r"[^\w.-]+", "_", summary.name, flags=re.ASCII) or "network"
    body = [*first, *lines[:-1], end, f'return keras.Model(inputs, outputs, name="{title}")']
    return "\n".join(["def build():", f'{INDENT}"""The model."""', *(INDENT + line for line in body)])


def _loading(author: Author) -> list[str]:
    """The code that loads weights: the conversion functions, and the layers that they are for."""
    rows = author.summary.rows
    lines = []
    for index, call in author.loads.items():
        function, _, rest = call.partition("(w")
        lines.append(f'    "{rows[index].name}": {function if rest == ")" else f"lambda w: {call}"},')
    used = [text.strip("\n") for name, text in helpers.LOADERS.items() if any(f" {name}" in line for line in lines)]
    doc = "#: Conversions of a layer's arrays to Keras's, if they differ."
    table = "\n".join([doc, "CONVERT = {", *lines, "}"])
    return [*used, table, helpers.LOADING.strip("\n")]
