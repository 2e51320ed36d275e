"""Papers as Moodle XML: what Moodle's question bank imports.

A choice, a number or a text is a question of that type; sizes, and problems of several parts, are embedded answers
(cloze), with a number field for each size. The form is that of https://docs.moodle.org/en/Moodle_XML_format and
https://docs.moodle.org/en/Embedded_Answers_(Cloze)_question_type.
"""

from __future__ import annotations

import html
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING
from xml.etree import ElementTree

from cnncalc.render.forms.text import printable
from cnncalc.render.papers import fields, prose

if TYPE_CHECKING:
    from cnncalc.check.papers.paper import Item, Paper, Part

Element = ElementTree.Element


def write(papers: Sequence[Paper]) -> str:
    """The questions, in categories by topic, or of several copies by problem."""
    root = Element("quiz")
    category = ""
    for name, item in fields.by_category(papers):
        if name != category:
            element = ElementTree.SubElement(root, "question", type="category")
            _text(element, "category", f"$course$/top/{name}")
            category = name
        _question(root, item)
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"


def _question(root: Element, item: Item) -> None:
    part = item.parts[0]
    numbers = fields.numbers(item, part)
    single = len(item.parts) == 1 and (part.options or len(numbers) < 2)
    kind = "cloze" if not single else "multichoice" if part.options else "numerical" if numbers else "shortanswer"
    element = ElementTree.SubElement(root, "question", type=kind)
    _text(element, "name", item.id)
    body = _paragraphs(item)
    _text(element, "questiontext", body if single else body + _embedded(item), format="html")
    _text(element, "generalfeedback", _working(item), format="html")
    if kind != "cloze":  # there the marks are those of its fields
        _field(element, "defaultgrade", prose.number(item.marks))
    for tag, text in (("penalty", "0.3333333"), ("hidden", "0")):
        _field(element, tag, text)
    if kind == "multichoice":
        _choices(element, part)
    elif kind == "numerical":
        for number in numbers[0]:
            _field(_answer(element, number.value, 100), "tolerance", number.tolerance)
    elif kind == "shortanswer":
        _field(element, "usecase", "0")
        for text in fields.spellings(part):
            _answer(element, text.replace("*", r"\*"), 100)  # an unescaped star matches anything


def _field(parent: Element, tag: str, text: str) -> None:
    ElementTree.SubElement(parent, tag).text = text


def _text(parent: Element, tag: str, text: str, **attributes: str) -> None:
    _field(ElementTree.SubElement(parent, tag, attributes), "text", printable(text))


def _paragraphs(item: Item) -> str:
    """The text as HTML, and the network if the text does not describe it."""
    lines = "".join(f"<li>{_braced(line)}</li>" for line in prose.network(item))
    return f"<p>{_braced(prose.statement(item))}</p>" + (f"<ul>{lines}</ul>" if lines else "")


def _html(text: str) -> str:
    return html.escape(text, quote=False)


def _braced(text: str) -> str:
    """Text as HTML in which no brace begins an embedded answer."""
    return _html(text).replace("{", "&#123;").replace("}", "&#125;")


def _working(item: Item) -> str:
    """The answers and their working as HTML."""
    return "".join(f"<p>{_html(line)}</p>" for line in prose.told(item))


def _choices(element: Element, part: Part) -> None:
    for tag, text in (("single", "true"), ("shuffleanswers", "true"), ("answernumbering", "abc")):
        _field(element, tag, text)
    for option in part.options:
        answer = _answer(element, _html(prose.option(part, option)), 100 * option.right, "html")
        _text(answer, "feedback", _html(prose.feedback(option)), format="html")


def _answer(parent: Element, text: str, percent: int, form: str = "moodle_auto_format") -> Element:
    element = ElementTree.SubElement(parent, "answer", fraction=str(percent), format=form)
    _field(element, "text", text)
    return element


def _embedded(item: Item) -> str:
    """The fields of a cloze question as HTML, each part on a line."""
    shares = [part.marks / (1 if part.options else max(1, len(fields.numbers(item, part)))) for part in item.parts]
    weights = fields.weights(shares)
    lines = []
    for part, weight in zip(item.parts, weights, strict=True):
        label = f"{_braced(prose.asks(item, part))}: " if len(item.parts) > 1 else ""
        lines.append(f"<p>{label}{_joined(list(_cloze(item, part, weight)), fields.signs(part))}</p>")
    return "".join(lines)


def _joined(parts: list[str], signs: list[str]) -> str:
    """Fields with their separators, and a new line before rows of numbers."""
    between = [sign.replace("\n", "<br/>") for sign in signs]
    start = "<br/>" if "\n" in signs else ""
    return start + "".join(part + sign for part, sign in zip(parts, [*between, ""], strict=False))


def _cloze(item: Item, part: Part, weight: int) -> Iterator[str]:
    """The fields of a part: a choice, a number for each size, or a text."""
    if part.options:
        options = [
            f"{'=' if option.right else ''}{_escaped(prose.option(part, option))}#{_escaped(prose.feedback(option))}"
            for option in part.options
        ]
        yield f"{{{weight}:MULTICHOICE_VS:{'~'.join(options)}}}"
        return
    numbers = fields.numbers(item, part)
    for field in numbers:
        yield f"{{{weight}:NUMERICAL:{'~'.join(f'={number.value}:{number.tolerance}' for number in field)}}}"
    if not numbers:
        texts = [text.replace("*", r"\*") for text in fields.spellings(part)]
        yield f"{{{weight}:SHORTANSWER:{'~'.join(f'={_escaped(text)}' for text in texts)}}}"


def _escaped(text: str) -> str:
    """Text in an embedded answer, which is HTML, with its own signs escaped."""
    return _html("".join(f"\\{c}" if c in '\\}#~/"' else c for c in text))
