"""What learning platforms read: rules of Moodle's GIFT and cloze importers, and the form of Moodle XML and QTI 2.1.

Written from Moodle's documentation and the behaviour of its importers (question/format/gift and
question/type/multianswer), and from the QTI 2.1 information model; nothing here knows the package.
"""

from __future__ import annotations

import html
import io
import re
import zipfile
from typing import Any, NamedTuple
from xml.etree import ElementTree

Element = ElementTree.Element


class Read(NamedTuple):
    """A question as a platform has it: answers with their share, tolerance and feedback."""

    kind: str
    name: str
    text: str
    answers: list[tuple[str, float, str, str]]
    told: str


class Refused(Exception):
    """The importer shows an error."""


def empty(text: str) -> bool:
    """PHP's ``empty``: true of "0" as well."""
    return text in ("", "0")


_ESCAPES = dict(zip(":#={}~n", ("&&058;", "&&035;", "&&061;", "&&123;", "&&125;", "&&126;", "&&010"), strict=True))


def _hidden(text: str) -> str:
    text = text.replace("\\\\", "&&092;")
    for sign, place in _ESCAPES.items():
        text = text.replace(f"\\{sign}", place)
    return text.replace("&&092;", "\\")


def _shown(text: str) -> str:
    for sign, place in _ESCAPES.items():
        text = text.replace(place, "\n" if sign == "n" else sign)
    return text


def gift(text: str) -> list[Read]:
    """The questions of a GIFT file; a category is one of that kind."""
    blocks = re.split(r"\n\s*\n", text.strip())
    return [
        _gift("\n".join(line for line in block.split("\n") if not line.strip().startswith("//"))) for block in blocks
    ]


def _gift(block: str) -> Read:
    text = _hidden(block.strip())
    if text.startswith("$CATEGORY:"):
        return Read("category", _shown(text[10:].strip()), "", [], "")
    if not text.startswith("::"):
        raise Refused("no name")
    end = text.index("::", 2)
    name, text = _shown(text[2:end]), text[end + 2 :].strip()
    start, finish = text.find("{"), text.find("}")
    if start < 0 or finish < 0:
        raise Refused("braces")
    answer = text[start + 1 : finish].strip()
    asked = text[:start] + text[finish + 1 :] if text.endswith("}") else text[:start] + "_____" + text[finish + 1 :]
    told = ""
    if "####" in answer:
        place = answer.rindex("####")
        answer, told = answer[:place].strip(), answer[place + 4 :]
    asked, form = _with_format(asked, "moodle")
    told, _ = _with_format(told, form)
    if not answer:
        return Read("essay", name, asked, [], told)
    if answer[0] == "#":
        return Read("numerical", name, asked, _numerical(answer[1:], form), told)
    if "~" in answer:
        return Read("multichoice", name, asked, _choices(answer, form), told)
    if "=" in answer and "->" in answer:
        raise Refused("taken for a matching question")
    answers = [(text, share, "", feedback) for text, share, feedback in _each(_split(answer, "="), form, 1.0)]
    return Read("shortanswer", name, asked, answers, told)


def _with_format(text: str, default: str) -> tuple[str, str]:
    form = default
    if text.startswith("["):
        named = text[1 : text.find("]")]
        if named in ("moodle", "html", "plain", "markdown"):
            form, text = named, text[text.find("]") + 1 :]
    return _shown(text).strip(), form


def _split(answer: str, sign: str) -> list[str]:
    parts = answer.split(sign)
    parts[0] = parts[0].strip()
    if empty(parts[0]):  # an answer "0" without a sign in front is lost here
        parts.pop(0)
    return parts


def _each(parts: list[str], form: str, share: float) -> list[tuple[str, float, str]]:
    found = []
    for part in map(str.strip, parts):
        weight = re.match(r"%-*([0-9]{1,2})\.?([0-9]*)%", part)
        if weight:
            part, share = part[weight.end() :], float(part[1 : weight.end() - 1]) / 100
        text, _, feedback = part.partition("#")
        found.append((_with_format(text.strip(), form)[0], share, _with_format(feedback.strip(), form)[0]))
    return found


def _choices(answer: str, form: str) -> list[tuple[str, float, str, str]]:
    found = []
    for part in map(str.strip, _split(answer.replace("=", "~="), "~")):
        right = part.startswith("=")
        for text, share, feedback in _each([part[right:]], form, float(right)):
            found.append((text, share, "", feedback))
    return found


def _numerical(answer: str, form: str) -> list[tuple[str, float, str, str]]:
    if "~" in answer:
        answer = answer[: answer.index("~")]
    parts = _split(answer, "=")
    if not parts:
        raise Refused("no numerical answers")
    found = []
    for text, share, feedback in _each(parts, form, 1.0):
        number, tolerance = text, "0"
        if text.find(":") > 0:
            number, tolerance = (part.strip() for part in text.split(":", 1))
        float(number), float(tolerance)
        found.append((number, share, tolerance, feedback))
    return found


_CLOZE = re.compile(
    r"\{([0-9]*):(NUMERICAL|NM|SHORTANSWER|SA|MULTICHOICE_VS|MCVS|MULTICHOICE_V|MULTICHOICE|MC):((?:\\\}|[^}])*)\}"
)
_FIELD = re.compile(r"(=|%(-?[0-9]+(?:[.,][0-9]*)?)%)?(.+?(?<!\\|&))(?:#((?:\\[~}]|[^~}])*))?(?:(?<!\\)~|$)", re.DOTALL)


def cloze(text: str) -> list[tuple[int, str, list[tuple[str, float, str, str]]]]:
    """The fields that are embedded in a text: weight, kind, answers."""
    found = []
    for weight, kind, answers in _CLOZE.findall(text):
        fields = []
        for sign, percent, answer, feedback in _FIELD.findall(answers):
            share = 1.0 if sign == "=" else float(percent or 0) / 100
            plain, tolerance = html.unescape(_plain(answer)), ""
            if kind == "NUMERICAL":
                plain, tolerance = plain.split(":")
                float(plain), float(tolerance)
            fields.append((plain, share, tolerance, html.unescape(_plain(feedback))))
        found.append((int(weight) if weight and weight != "0" else 1, kind, fields))
    assert len(re.findall(r"\{[0-9]*:[A-Z]", text)) == len(found), "a field that is not read"
    return found


def _plain(text: str) -> str:
    return re.sub(r"\\([}#~/\"\\])", r"\1", text)


_COMMON = {"name", "questiontext", "generalfeedback", "defaultgrade", "penalty", "hidden", "idnumber"}
_TAGS = {
    "category": {"category"},
    "multichoice": _COMMON | {"single", "shuffleanswers", "answernumbering", "answer"},
    "numerical": _COMMON | {"answer"},
    "shortanswer": _COMMON | {"usecase", "answer"},
    "cloze": _COMMON,
}


def moodle(text: str) -> list[Read]:
    """The questions of a Moodle XML file; one that is not of the published form is refused."""
    assert text.startswith('<?xml version="1.0"')
    root = ElementTree.fromstring(text)
    assert root.tag == "quiz"
    return [_moodle(element) for element in root]


def _moodle(element: Element) -> Read:
    kind = element.attrib["type"]
    if element.tag != "question" or {child.tag for child in element} - _TAGS[kind]:
        raise Refused(ElementTree.tostring(element, encoding="unicode"))
    if kind == "category":
        return Read(kind, element.findtext("category/text") or "", "", [], "")
    for tag in ("questiontext", "generalfeedback"):
        assert element.find(tag).attrib["format"] == "html"
    asked, told = (element.findtext(f"{tag}/text") or "" for tag in ("questiontext", "generalfeedback"))
    fragment(asked), fragment(told)
    assert (element.find("defaultgrade") is None) == (kind == "cloze")
    answers = [_moodle_answer(kind, answer) for answer in element.iter("answer")]
    assert kind == "cloze" or max(share for _, share, _, _ in answers) == 1
    assert element.findtext("name/text")
    return Read(kind, element.findtext("name/text") or "", asked, answers, told)


def _moodle_answer(kind: str, answer: Element) -> tuple[str, float, str, str]:
    text, tolerance = answer.findtext("text") or "", answer.findtext("tolerance") or ""
    if kind == "numerical":
        float(text), float(tolerance)
    if kind == "multichoice":
        assert answer.attrib["format"] == "html"
        fragment(text)
        text = html.unescape(text)
    return (
        text,
        float(answer.attrib["fraction"]) / 100,
        tolerance,
        html.unescape(answer.findtext("feedback/text") or ""),
    )


def fragment(text: str) -> Element:
    """HTML that is well formed."""
    return ElementTree.fromstring(f"<div>{text}</div>".replace("<br>", "<br/>"))


_QTI = "{http://www.imsglobal.org/xsd/imsqti_v2p1}"
_CP = "{http://www.imsglobal.org/xsd/imscp_v1p1}"
_ORDER = ("responseDeclaration", "outcomeDeclaration", "itemBody", "responseProcessing", "modalFeedback")


class Scored(NamedTuple):
    """An item of QTI, which can be answered."""

    root: Element
    identifiers: list[str]

    def fields(self) -> list[tuple[str, str]]:
        """The names of its answers, and what is right."""
        return [
            (declared.attrib["identifier"], declared.findtext(f"{_QTI}correctResponse/{_QTI}value") or "")
            for declared in self.root.iter(f"{_QTI}responseDeclaration")
        ]

    def score(self, answers: dict[str, Any]) -> tuple[float, set[str]]:
        """The marks, and the feedback that is shown."""
        outcomes: dict[str, Any] = {"SCORE": 0.0}
        for rule in self.root.find(f"{_QTI}responseProcessing"):
            self._run(rule, answers, outcomes)
        shown = {
            told.attrib["identifier"]
            for told in self.root.iter(f"{_QTI}modalFeedback")
            if outcomes.get(told.attrib["outcomeIdentifier"]) == told.attrib["identifier"]
        }
        return outcomes["SCORE"], shown

    def _run(self, rule: Element, answers: dict[str, Any], outcomes: dict[str, Any]) -> None:
        tag = rule.tag.removeprefix(_QTI)
        if tag == "setOutcomeValue":
            outcomes[rule.attrib["identifier"]] = self._value(rule[0], answers, outcomes)
        elif tag == "responseCondition":
            condition, *then = rule[0]
            if self._value(condition, answers, outcomes):
                for one in then:
                    self._run(one, answers, outcomes)
        else:
            raise Refused(tag)

    def _value(self, node: Element, answers: dict[str, Any], outcomes: dict[str, Any]) -> Any:
        tag, given = node.tag.removeprefix(_QTI), node.attrib
        parts = [self._value(part, answers, outcomes) for part in node]
        if tag == "variable":
            return {**outcomes, **answers}.get(given["identifier"])
        if tag == "correct":
            return dict(self.fields())[given["identifier"]]
        if tag == "baseValue":
            return float(node.text) if given["baseType"] == "float" else node.text
        if tag == "sum":
            return sum(parts)
        if tag == "or":
            return any(parts)
        if None in parts:
            return False
        if tag == "match":
            return parts[0] == parts[1]
        if tag == "stringMatch":
            return parts[0].lower() == parts[1].lower()
        if tag == "equal":
            slack = float(given["tolerance"].split()[0]) if given["toleranceMode"] == "absolute" else 0.0
            return abs(float(parts[0]) - parts[1]) <= slack
        raise Refused(tag)


def qti(data: bytes) -> list[list[Scored]]:
    """The tests of a package, each with its items."""
    archive = zipfile.ZipFile(io.BytesIO(data))
    files = {name: ElementTree.fromstring(archive.read(name)) for name in archive.namelist()}
    manifest = files["imsmanifest.xml"]
    assert manifest.tag == f"{_CP}manifest"
    assert [child.tag for child in manifest] == [f"{_CP}metadata", f"{_CP}organizations", f"{_CP}resources"]
    resources = {one.attrib["identifier"]: one for one in manifest.iter(f"{_CP}resource")}
    assert {one.attrib["href"] for one in resources.values()} == set(files) - {"imsmanifest.xml"}
    tests = []
    for name, resource in resources.items():
        assert resource.find(f"{_CP}file").attrib["href"] == resource.attrib["href"]
        root = files[resource.attrib["href"]]
        assert root.attrib["identifier"] == name
        if resource.attrib["type"] == "imsqti_test_xmlv2p1":
            refs = [ref.attrib for ref in root.iter(f"{_QTI}assessmentItemRef")]
            needed = [one.attrib["identifierref"] for one in resource.iter(f"{_CP}dependency")]
            assert [ref["identifier"] for ref in refs] == needed
            tests.append([_item(files[ref["href"]]) for ref in refs])
        else:
            assert resource.attrib["type"] == "imsqti_item_xmlv2p1"
    return tests


def _item(root: Element) -> Scored:
    tags = [child.tag.removeprefix(_QTI) for child in root]
    assert tags == sorted(tags, key=_ORDER.index), tags
    declared = [one.attrib["identifier"] for one in root.iter(f"{_QTI}responseDeclaration")]
    body = root.find(f"{_QTI}itemBody")
    used = [one.attrib["responseIdentifier"] for one in body.iter() if "responseIdentifier" in one.attrib]
    assert used == declared
    assert root.attrib["title"]
    assert re.fullmatch(r"[A-Za-z_][\w.-]*", root.attrib["identifier"])
    return Scored(root, declared)
