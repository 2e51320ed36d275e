"""Moodle XML: written and read back."""

from __future__ import annotations

import html
from xml.etree import ElementTree

from cnncalc.render.forms.text import printable
from cnncalc.render.questions import Answer, Asked

_KINDS = {"choice": "multichoice", "number": "numerical", "text": "shortanswer"}


def write(questions: list[Asked]) -> str:
    """The questions as a file for Moodle's question bank."""
    root = ElementTree.Element("quiz")
    for question in questions:
        element = ElementTree.SubElement(root, "question", type=_KINDS[question.kind])
        _text(element, "name", question.name)
        _text(element, "questiontext", html.escape(question.text), format="html")
        ElementTree.SubElement(element, "defaultgrade").text = "1"
        if question.kind == "choice":
            ElementTree.SubElement(element, "single").text = "true"
            ElementTree.SubElement(element, "shuffleanswers").text = "true"
            ElementTree.SubElement(element, "answernumbering").text = "abc"
        for answer in question.answers:
            _answer(element, question.kind, answer)
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"


def _text(parent: ElementTree.Element, tag: str, text: str, **attributes: str) -> None:
    element = ElementTree.SubElement(parent, tag, attributes)
    ElementTree.SubElement(element, "text").text = printable(text)


def _answer(parent: ElementTree.Element, kind: str, answer: Answer) -> None:
    form = "html" if kind == "choice" else "moodle_auto_format"
    element = ElementTree.SubElement(parent, "answer", fraction=str(answer.percent), format=form)
    ElementTree.SubElement(element, "text").text = html.escape(answer.text) if kind == "choice" else answer.text
    if kind == "number":
        ElementTree.SubElement(element, "tolerance").text = "0"
    _text(element, "feedback", html.escape(answer.told), format="html")


def read(text: str) -> list[Asked]:
    """The questions of a file that ``write`` made."""
    kinds = {word: kind for kind, word in _KINDS.items()}
    return [_read(element, kinds[element.attrib["type"]]) for element in ElementTree.fromstring(text)]


def _read(element: ElementTree.Element, kind: str) -> Asked:
    answers = []
    for answer in element.iter("answer"):
        text = answer.findtext("text") or ""
        told = html.unescape(answer.findtext("feedback/text") or "")
        answers.append(Answer(html.unescape(text) if kind == "choice" else text, int(answer.attrib["fraction"]), told))
    question = html.unescape(element.findtext("questiontext/text") or "")
    return Asked(element.findtext("name/text") or "", question, kind, answers)
