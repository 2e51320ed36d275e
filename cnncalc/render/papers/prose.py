"""The words that all formats of a paper share: questions, answers, the network and the working."""

from __future__ import annotations

import string
from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from cnncalc.check.answers.matrix import folded
from cnncalc.check.answers.matrix import plain as plain_number
from cnncalc.check.papers.working import working
from cnncalc.explain.layer import Step
from cnncalc.render import gradients, trace
from cnncalc.render.data import plain
from cnncalc.render.forms.answer import matrix, written
from cnncalc.render.forms.text import printable, sizes
from cnncalc.render.working import equation
from cnncalc.solve.algebra import Line

if TYPE_CHECKING:
    from cnncalc.check.papers.paper import Item, Option, Part
    from cnncalc.engine.by_hand import Traced
    from cnncalc.engine.chain_rule import Chain
    from cnncalc.summary.rows import Row, Summary

_NAMES = {
    "output": "output size", "params": "number of parameters",
    "trainable_params": "number of trainable parameters",
    "non_trainable_params": "number of non-trainable parameters",
    "weight_params": "number of parameters without the biases", "bias_params": "number of biases",
    "macs": "number of multiply–accumulate operations", "flops": "number of floating-point operations",
    "activations": "number of values in the output", "weight_bytes": "bytes of the parameters",
    "activation_bytes": "bytes of the output", "peak_activation_bytes": "peak bytes of the outputs",
    "receptive_field": "receptive field", "effective_stride": "effective stride",
    "effective_padding": "effective padding",
    "values": "output values",
    "active_params": "number of active parameters", "kv_cache_bytes": "bytes of the key/value cache",
}  # fmt: skip


def asks(item: Item, part: Part) -> str:
    """The question of a part: ``Number of parameters of conv1``; for a letter, the letter."""
    key = part.key
    if not key.quantity:
        return str(key.layer)
    name = _NAMES.get(key.quantity, key.quantity.replace("_", " "))
    if key.array:
        return f"Gradient of the loss by {key.layer}.{key.array}"
    network = item.truth.network
    block = network.blocks.get(key.layer or "")
    alone = len(network.layers) == (block.last - block.first if block else 1)
    return name[0].upper() + name[1:] + ("" if alone else f" of {key.layer or 'the network'}")


def heading(item: Item) -> str:
    """Its id and, if the file gives them, its marks: ``Q1 (4 marks)``."""
    shown = number(item.marks)
    marks = f" ({shown} {'mark' if item.marks == 1 else 'marks'})" if "marks" in item.stated else ""
    return printable(item.id) + marks


def statement(item: Item) -> str:
    """Its text on one line; a standard sentence if it has none."""
    text = " ".join(item.text.split())
    return printable(text) if text else "Work out the following for this network."


def network(item: Item) -> list[str]:
    """The input and the layers, each on a line, if the text does not give them; and the stated numbers."""
    summary = item.truth.summary
    inputs = [f"{name}: {sizes(shape.written(summary.layout))}" for name, shape in summary.inputs.items()]
    bare = [*inputs, *(_layer(summary, row) for row in summary.rows)] if item.bare else []
    stated = () if item.drawn else _stated(summary)  # the text of a drawn problem has them
    return [printable(line) for line in (*bare, *stated)]


def _stated(summary: Summary) -> Iterator[str]:
    """``input = 1 2; 0 1``: each of the numbers that the problem states."""
    for name, numbers in summary.network.values.items():
        nested = folded([plain_number(number) for number in numbers.flat], numbers.sizes)
        yield f"{name} = {matrix(nested, separators=False)}".replace("-", "−")


def _layer(summary: Summary, row: Row) -> str:
    """``conv1: conv, filters 32, kernel 3, padding 1``, and its inputs unless that is the line above."""
    kind, number_of_value = row.layer.kind, row.index + len(summary.inputs)
    told = [row.kind]
    for name, field in kind.fields.items():
        found = plain(vars(kind)[field.attribute])
        if found is not None and found != plain(field.default):
            told.append(f"{name.replace('_', ' ')} {_value(found)}")
    if row.layer.sources != (number_of_value - 1,) or (row.index == 0 and len(summary.inputs) > 1):
        told.append("reads " + " and ".join(summary.network.value_name(source) for source in row.layer.sources))
    return f"{row.name}: {', '.join(told)}"


def _value(found: Any) -> str:
    if isinstance(found, list):
        return " and ".join(map(_value, found)) if any(isinstance(one, list) for one in found) else sizes(found)
    return str(found).lower() if isinstance(found, bool) else str(found)


def number(value: Fraction) -> str:
    """A whole number, or a decimal one."""
    return str(value.numerator) if value.denominator == 1 else f"{float(value):g}"


def answer(part: Part, *, separators: bool = True) -> str:
    """The right answer as text."""
    return "none" if part.answer is None else written(part.answer, str(part.key), separators=separators)


def option(part: Part, choice: Option, *, separators: bool = True) -> str:
    """An answer to choose from as text."""
    return printable(written(choice.value, str(part.key), separators=separators))


def lettered(part: Part) -> list[str]:
    """The options: ``(a) 28×28×10``."""
    texts = [option(part, choice) for choice in part.options]
    return [f"({letter}) {text}" for letter, text in zip(string.ascii_lowercase, texts, strict=False)]


def solution(item: Item, *parts: Part) -> str:
    """The right answers of parts (default: all) on one line."""
    texts = [_solution(item, part) for part in parts or item.parts]
    return "; ".join([*texts[:1], *(text[0].lower() + text[1:] for text in texts[1:])])


def _solution(item: Item, part: Part) -> str:
    """The right answer, with its question if there are several, and its letter if there are options."""
    right = [text for text, choice in zip(lettered(part), part.options, strict=False) if choice.right]
    text = " or ".join(right) or answer(part)
    if not part.key.quantity:
        return f"{part.key} = {text}"
    return f"{asks(item, part)}: {text}" if len(item.parts) > 1 else text


def feedback(choice: Option) -> str:
    """Feedback on a chosen answer: the slip that leads to a wrong one, but not the right answer."""
    if choice.right or not choice.said:
        return ""
    given = choice.said.removeprefix("given as ")
    return f"You chose {given}." if given != choice.said else f"This is the answer {choice.said}."


Markup = Callable[[str], str]


def worked(
    item: Item, *parts: Part, style: str = "text", formula: Markup = str, sentence: Markup = str
) -> list[tuple[str, str]]:
    """The working of parts (default: all) from the input on: layers, and lines.

    ``formula`` and ``sentence`` put a line into the markup of a format, a formula in its ``style``.
    """
    found = []
    for layer, line in working(item.truth, [part.key for part in parts or item.parts]):
        if isinstance(line, Step | Line):
            texts = [formula(equation(line, style) if isinstance(line, Step) else line.written(style))]
        else:
            texts = [sentence(printable(text)) for text in _lines(line)]
        found += [(sentence(layer), text) for text in texts]
    return found


def _lines(line: Traced | Chain | str) -> list[str]:
    """A sentence, or the working of numbers."""
    if isinstance(line, str):
        return [line]
    return trace.worked(line) if "windows" in line._fields else gradients.worked(line)  # type: ignore[arg-type]


def told(item: Item, *parts: Part) -> list[str]:
    """The right answers of parts (default: all) and their working, as lines of text.

    Options have no letters here: a platform shuffles them.
    """
    bare = [part._replace(options=()) for part in parts or item.parts]
    lines = [f"{layer}: {line}" if layer else line for layer, line in worked(item, *bare)]
    return [solution(item, *bare), *lines]
