"""Papers as QTI 2.1: a content package (ZIP) with a test for each paper and an item for each problem.

Platforms import packages, not single items: ``imsmanifest.xml`` lists the tests and items. Every size is a field of
its own. The form is that of https://www.imsglobal.org/question/qtiv2p1/imsqti_infov2p1.html.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from fractions import Fraction
from typing import TYPE_CHECKING
from xml.etree import ElementTree

from cnncalc.render.forms.text import printable
from cnncalc.render.papers import fields, prose

if TYPE_CHECKING:
    from cnncalc.check.papers.paper import Item, Paper, Part

Element = ElementTree.Element
_QTI = "http://www.imsglobal.org/xsd/imsqti_v2p1"
_PACKAGE = "http://www.imsglobal.org/xsd/imscp_v1p1"
_XSI = "http://www.w3.org/2001/XMLSchema-instance"
_SCHEMAS = {
    _QTI: "http://www.imsglobal.org/xsd/qti/qtiv2p1/imsqti_v2p1.xsd",
    _PACKAGE: "http://www.imsglobal.org/xsd/qti/qtiv2p1/qtiv2p1_imscpv1p2_v1p0.xsd",
}
_DATE = (1980, 1, 1, 0, 0, 0)  # the same in every file, so that a paper always gives the same package


def write(papers: Sequence[Paper]) -> bytes:
    """The package."""
    files: dict[str, Element] = {}
    manifest = _root(_PACKAGE, "manifest", identifier="MANIFEST")
    _add(manifest, "metadata", _add(None, "schema", "QTIv2.1 Package"), _add(None, "schemaversion", "1.0.0"))
    _add(manifest, "organizations")
    resources = _add(manifest, "resources")
    number = 0
    for place, paper in enumerate(papers, 1):
        names = []
        for item in paper.items:
            number += 1
            names.append(f"item{number}")
            files[f"items/{names[-1]}.xml"] = _Item(names[-1], item).root
        files[f"test{place}.xml"] = _test(f"test{place}", paper, names)
        resource = _resource(resources, f"test{place}", "imsqti_test_xmlv2p1", f"test{place}.xml")
        for name in names:
            _add(resource, "dependency", identifierref=name)
        for name in names:
            _resource(resources, name, "imsqti_item_xmlv2p1", f"items/{name}.xml")
    return _zipped({"imsmanifest.xml": manifest, **files})


def _zipped(files: dict[str, Element]) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, root in files.items():
            ElementTree.indent(root)
            text = '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"
            entry = zipfile.ZipInfo(name, _DATE)
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, text.encode("utf-8"))
    return held.getvalue()


def _root(space: str, tag: str, **attributes: str) -> Element:
    schema = {"xmlns": space, "xmlns:xsi": _XSI, "xsi:schemaLocation": f"{space} {_SCHEMAS[space]}"}
    return Element(tag, {**schema, **attributes})


def _add(parent: Element | None, tag: str, *content: str | Element, **attributes: str) -> Element:
    """An element with text or elements in it, added to ``parent`` if there is one."""
    element = Element(tag, attributes)
    for part in content:
        if isinstance(part, str):
            element.text = printable(part)
        else:
            element.append(part)
    if parent is not None:
        parent.append(element)
    return element


def _resource(resources: Element, name: str, kind: str, path: str) -> Element:
    return _add(resources, "resource", _add(None, "file", href=path), identifier=name, type=kind, href=path)


def _test(name: str, paper: Paper, items: list[str]) -> Element:
    title = printable(paper.title if paper.copy is None else f"{paper.title}, copy {paper.copy}")
    root = _root(_QTI, "assessmentTest", identifier=name, title=title)
    _add(root, "outcomeDeclaration", identifier="SCORE", cardinality="single", baseType="float")
    part = _add(root, "testPart", identifier="part", navigationMode="nonlinear", submissionMode="individual")
    section = _add(part, "assessmentSection", identifier="section", title=title, visible="true")
    for item in items:
        _add(section, "assessmentItemRef", identifier=item, href=f"items/{item}.xml")
    score = _add(None, "sum", _add(None, "testVariables", variableIdentifier="SCORE"))
    _add(root, "outcomeProcessing", _add(None, "setOutcomeValue", score, identifier="SCORE"))
    return root


class _Item:
    """An item under construction: declarations of responses, scoring, body and feedback."""

    def __init__(self, name: str, item: Item) -> None:
        self.item = item
        self.answers: list[Element] = []
        self.outcomes = [_outcome("SCORE", "float", _float(item.marks)), _outcome("FEEDBACK", "identifier")]
        self.body = Element("itemBody")
        self.processing = Element("responseProcessing")
        self.told = [
            _add(
                None,
                "modalFeedback",
                *(_add(None, "p", line) for line in prose.told(item)),
                **_shown("FEEDBACK", "WORKING"),
            )
        ]
        _add(self.body, "p", prose.statement(item))
        if network := prose.network(item):
            _add(self.body, "ul", *(_add(None, "li", line) for line in network))
        for part in item.parts:
            self._part(part)
        shown = _add(None, "baseValue", "WORKING", baseType="identifier")
        _add(self.processing, "setOutcomeValue", shown, identifier="FEEDBACK")
        title = printable(item.id)
        self.root = _root(_QTI, "assessmentItem", identifier=name, title=title, adaptive="false", timeDependent="false")
        self.root.extend([*self.answers, *self.outcomes, self.body, self.processing, *self.told])

    def _part(self, part: Part) -> None:
        label = prose.asks(self.item, part) if len(self.item.parts) > 1 else ""
        if part.options:
            self._choice(part, label)
            return
        line = _add(self.body, "p", f"{label}: " if label else "")
        numbers = fields.numbers(self.item, part)
        signs = fields.signs(part)
        if "\n" in signs:
            _add(line, "br")
        for place, field in enumerate(numbers):
            if place and signs[place - 1] == "\n":
                _add(line, "br")
            elif place:
                line[-1].tail = signs[place - 1]
            name = self._declared("float", [field[0].value])
            _add(line, "textEntryInteraction", responseIdentifier=name, expectedLength="12")
            self._scored([_equal(name, number) for number in field], part.marks / len(numbers))
        if not numbers:
            texts = fields.spellings(part)
            name = self._declared("string", texts[:1])
            _add(line, "textEntryInteraction", responseIdentifier=name, expectedLength="40")
            same = [_string_match(name, text) for text in texts]
            self._scored(same, part.marks)

    def _declared(self, kind: str, right: list[str]) -> str:
        """Declare an answer of this type; return its name."""
        name = f"RESPONSE{len(self.answers) + 1}"
        correct = _add(None, "correctResponse", *(_add(None, "value", value) for value in right))
        declared = _add(None, "responseDeclaration", correct, identifier=name, cardinality="single", baseType=kind)
        self.answers.append(declared)
        return name

    def _choice(self, part: Part, label: str) -> None:
        names = [f"CHOICE{number}" for number in range(1, len(part.options) + 1)]
        right = [name for name, option in zip(names, part.options, strict=True) if option.right]
        name = self._declared("identifier", right)
        attributes = {"responseIdentifier": name, "shuffle": "true", "maxChoices": "1"}
        interaction = _add(self.body, "choiceInteraction", *([_add(None, "prompt", label)] * bool(label)), **attributes)
        told = f"FEEDBACK{name.removeprefix('RESPONSE')}"
        self.outcomes.append(_outcome(told, "identifier"))
        _add(self.processing, "setOutcomeValue", _variable(name), identifier=told)
        for choice, option in zip(names, part.options, strict=True):
            _add(interaction, "simpleChoice", prose.option(part, option), identifier=choice)
            if feedback := prose.feedback(option):
                self.told.append(_add(None, "modalFeedback", _add(None, "p", feedback), **_shown(told, choice)))
        match = _add(None, "match", _variable(name), _add(None, "correct", identifier=name))
        self._scored([match], part.marks)

    def _scored(self, conditions: list[Element], marks: Fraction) -> None:
        """Add these marks if one of the conditions holds."""
        condition = conditions[0] if len(conditions) == 1 else _add(None, "or", *conditions)
        more = _add(None, "sum", _variable("SCORE"), _add(None, "baseValue", _float(marks), baseType="float"))
        then = _add(None, "responseIf", condition, _add(None, "setOutcomeValue", more, identifier="SCORE"))
        _add(self.processing, "responseCondition", then)


def _float(marks: Fraction) -> str:
    return f"{float(marks):.15g}"


def _outcome(name: str, kind: str, most: str = "") -> Element:
    bounds = {"normalMaximum": most} if most else {}
    element = _add(None, "outcomeDeclaration", identifier=name, cardinality="single", baseType=kind, **bounds)
    if most:
        _add(element, "defaultValue", _add(None, "value", "0"))
    return element


def _variable(name: str) -> Element:
    return _add(None, "variable", identifier=name)


def _equal(name: str, number: fields.Number) -> Element:
    value = _add(None, "baseValue", number.value, baseType="float")
    tolerance = number.tolerance
    exact = {"toleranceMode": "exact"}
    mode = exact if tolerance == "0" else {"toleranceMode": "absolute", "tolerance": f"{tolerance} {tolerance}"}
    return _add(None, "equal", _variable(name), value, **mode)


def _string_match(name: str, text: str) -> Element:
    value = _add(None, "baseValue", text, baseType="string")
    return _add(None, "stringMatch", _variable(name), value, caseSensitive="false")


def _shown(outcome: str, name: str) -> dict[str, str]:
    return {"outcomeIdentifier": outcome, "identifier": name, "showHide": "show"}
