"""Text to nodes: values, places, and every problem with its words."""

from __future__ import annotations

import pytest
import yaml

from cnncalc.errors import Source, SpecError
from cnncalc.limits import Limits
from cnncalc.spec import reader
from cnncalc.spec.node import Mapping, Node, Scalar, Sequence
from cnncalc.spec.reader import SMALLEST, read

FAR = Limits(nesting=10**9, values=10**9)


def parse(text: str, limits: Limits | None = None) -> Node:
    return read(Source("net.yaml", text), limits or Limits())


def plain(node: Node):
    """The node as Python's own values; a quoted text is a tuple."""
    match node:
        case Scalar(text=text):
            return text if node.plain else (text,)
        case Sequence(items=items):
            return [plain(item) for item in items]
        case Mapping(items=items):
            return {key: plain(item) for key, item in items.items()}


def refused(text: str, limits: Limits | None = None) -> SpecError:
    with pytest.raises(SpecError) as caught:
        parse(text, limits)
    assert caught.value.exit_code == 3
    return caught.value


def only(text: str):
    """The one problem of ``text``."""
    (problem,) = refused(text).problems
    return problem


def span(mark) -> tuple[int, int, int]:
    return mark.line, mark.column, mark.width


def place_of(mark) -> str | None:
    return mark and f"{mark.line}:{mark.column}"


# What is read


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a: 1\nb: [x, 'y', \"z\"]\n", {"a": "1", "b": ["x", ("y",), ("z",)]}),
        ("- conv: {filters: 64, kernel: 3}\n- relu", [{"conv": {"filters": "64", "kernel": "3"}}, "relu"]),
        ("a:\nb: ~\nc: []\nd: {}", {"a": "", "b": "~", "c": [], "d": {}}),
        ("no: no\n010: 1e3\n3:3: 0x1", {"no": "no", "010": "1e3", "3:3": "0x1"}),
        ("a: |\n  x\n  y\nb: >-\n  x\n  y", {"a": ("x\ny\n",), "b": ("x y",)}),
        ("a: x\n  y", {"a": "x y"}),
        ("a: &p [1, 2]\nb: *p\nc: [*p, *p]", {"a": ["1", "2"], "b": ["1", "2"], "c": [["1", "2"], ["1", "2"]]}),
        ("a: &p 1\nb: &p 2\nc: *p", {"a": "1", "b": "2", "c": "2"}),
        ("a: &p [&p 1, *p]\nb: *p", {"a": ["1", "1"], "b": "1"}),
        ("%YAML 1.2\n---\na: 1\n...\n", {"a": "1"}),
        ('"<<": 1\n\'~\': 2\n"": 3', {"<<": "1", "~": "2", "": "3"}),
        ("{a, b: [c: d]}", {"a": "", "b": [{"c": "d"}]}),
        ("# c\r\na: 1 # d\r\nb: 2", {"a": "1", "b": "2"}),
        ("7", "7"),
        ('""', ("",)),
    ],
)
def test_values(parser, text, value):
    assert plain(parse(text)) == value


def test_aliases_share_their_node():
    node = parse("a: &p [1]\nb: *p")
    assert node.items["a"] is node.items["b"]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_places(parser, end):
    text = end.join(
        ["é: ‘×’", 'b:   "q r"', "c: [28×28, 3, {k: [", "  2]}]", "d: {e: &x 1}", "f:", "g: x", "  y z", ""]
    )
    root = parse(text)
    assert root.mark.source.name == "net.yaml"
    assert [span(mark) for mark in root.keys.values()] == [(n, 1, 1) for n in (1, 2, 3, 5, 6, 7)]
    items = root.items
    assert span(items["é"].mark) == (1, 4, 3)
    assert span(items["b"].mark) == (2, 6, 5)
    assert [span(node.mark)[:2] for node in items["c"].items] == [(3, 5), (3, 12), (3, 15)]
    assert span(items["c"].items[0].mark) == (3, 5, 5)
    assert span(items["d"].mark) == (5, 4, 9)
    assert span(items["d"].items["e"].mark) == (5, 8, 4)
    assert items["f"].text == ""
    assert items["f"].mark.line == 6
    assert span(items["g"].mark) == (7, 4, 1)


def test_a_collection_in_brackets_is_marked_whole():
    node = parse("a: [3, 3]\nb: [3,\n  3]\nc:\n  - x")
    assert [span(node.items[key].mark) for key in "abc"] == [(1, 4, 6), (2, 4, 1), (5, 3, 1)]


# What is refused: the words and both places


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", "is empty"),
        (" \n\n", "is empty"),
        ("# x\n  # y\n", "nothing but comments"),
        ("---\n", "nothing but comments"),
        ("---\n# x\n...\n", "nothing but comments"),
    ],
)
def test_nothing(parser, text, found):
    problem = only(text)
    assert found in problem.text
    assert "a mapping is expected" in problem.text
    assert problem.help == f"the smallest valid file is\n{SMALLEST}"
    assert str(problem.mark) == "net.yaml:1:1"


def test_nothing_shows_the_example_of_the_caller():
    with pytest.raises(SpecError, match="problems: x"):
        read(Source("quiz.yaml", ""), Limits(), smallest="problems: x")


def test_two_documents(parser):
    problem = only("a: 1\n---\nb: 2\n---\nc: 3\n")
    assert "second document" in problem.text
    assert (problem.mark.line, problem.also.line) == (2, 1)
    assert SMALLEST in problem.help


REFUSED = [
    ("a: 1\nb: 2\n'a': 3\n", "3:1", "1:1", 'the key "a" appears twice'),
    ("- {x: 1, y: 2, x: 3}\n", "1:16", "1:4", 'the key "x" appears twice'),
    ("a: !!python/object/apply:os.system [x]\n", "1:4", None, "tags are not allowed; found !!python/object/apply:os.s"),
    ("a: !x 1\n", "1:4", None, "tags are not allowed; found !x"),
    ("a: ! 1\n", "1:4", None, "tags are not allowed; found !"),
    ('a: !!int ""\n', "1:4", None, "tags are not allowed; found !!int"),
    ("!<tag:x> {}\n", "1:1", None, "tags are not allowed; found tag:x"),
    ("!!str a: 1\n", "1:1", None, "tags are not allowed; found !!str"),
    ("a: !e!x 3\n", "1:4", None, "tags are not allowed"),
    ("%TAG !e! tag:x\n---\na: 1\n", "1:1", None, "tags are not allowed, nor is a %TAG line"),
    ("a: &p {x: 1}\nb:\n  <<: *p\n", "3:3", None, '"<<" (a merge key) is not allowed'),
    ("? [a, b]\n: 1\n", "1:3", None, "a list cannot be a key"),
    ("{a: 1}: 2\n", "1:1", None, "a mapping cannot be a key"),
    ("? |\n  x\n: 1\n", "1:3", None, "a text over several lines cannot be a key"),
    ("a: &p x\n*p : 1\n", "2:1", None, "an alias cannot be a key"),
    ("~: 1\n", "1:1", None, "a key is null"),
    ("a:\n  null: 1\n", "2:3", None, "a key is null"),
    ("{~: 1}\n", "1:2", None, "a key is null"),
    ("a: *nope\n", "1:4", None, '"*nope" means nothing'),
    ("a: [*p, &p 1]\n", "1:5", None, '"*p" means nothing'),
    ("a: &p [1, *p]\n", "1:11", "1:4", '"*p" is inside the value that it names'),
    ("a: &p\n  b: {c: *p}\n", "2:10", "1:4", '"*p" is inside the value that it names'),
]


@pytest.mark.parametrize(("text", "place", "also", "words"), REFUSED)
def test_refused(parser, text, place, also, words):
    problem = only(text)
    assert words in problem.text
    assert place_of(problem.mark) == place
    assert place_of(problem.also) == also
    assert problem.help


SYNTAX = [
    # text, the place shown, the second one, words, words of the help
    ("a:\n\t- b\n", "2:1", None, "there is a tab where YAML allows only spaces", "spaces"),
    ("a: |\n\t b\n", "2:1", "1:4", "there is a tab", "spaces"),
    ("a: [1, 2\nb: 3\n", "1:4", "2:2", '"[" that opens here is not closed before ":" at line 2, column 2', 'put "]"'),
    ("a:\n  b: {c: 1\n\n", "2:6", "4:1", 'the "{" that opens here is not closed before the end of the file', 'put "}"'),
    ("a: {", "1:4", "1:5", 'the "{" that opens here is not closed before the end of the file at line 1', 'put "}"'),
    ("a: [1, {b: 2]\n", "1:8", "1:13", 'the "{" that opens here is not closed before "]"', 'put "}"'),
    ("a: &x [1\n---\n", "1:7", "2:1", 'the "[" that opens here is not closed before "---"', 'put "]"'),
    ("a: [b,, c]\n", "1:7", "1:4", 'a key or a value is missing before ","', '","'),
    ("a: [1]]\n", "1:7", "1:1", '"]" closes nothing that is open', "leave it out"),
    ("a: 'b\nc: 1\n", "1:4", "3:1", "the quote ' that opens here is not closed before the end of the file", "put '"),
    ('a: "b', "1:4", "1:6", 'the quote " that opens here is not closed before the end of the file', 'put "'),
    ("a: 'b\n---\n", "1:4", "2:1", 'the quote \' that opens here is not closed before "---"', "put '"),
    ("a: 'b\nc: 'd'\n", "1:4", "2:4", "' that opens here closes only at line 2, column 4, before", "put '"),
    ("a:\n  b: 1\n c: 2\n", "3:2", "1:1", 'there is "c" where the next key of the mapping', "column"),
    ("a:\n   - b\n  - c\n", "3:3", "1:1", 'a list entry ("- ") where the mapping', "indent"),
    ("- a\nversion: 1\n", "2:1", "1:1", 'at line 1, column 1 cannot go on with "version"', "column"),
    ("a: 1\n  b: 2\n", "2:4", None, 'this ":" is in the middle of a value', "indent"),
    ("a: 1\nb\nc: 2\n", "2:1", "3:1", 'a ":" is missing after "b"', "key: value"),
    ("a: - b\n", "1:4", None, "a list cannot begin here", "next line"),
    ("a: ? b\n", "1:4", None, '"?" cannot be used here', "quotes"),
    ("a: @b\n", "1:4", None, '"@" cannot begin a value', "quotes"),
    ("a: ]\n", "1:4", None, '"]" cannot begin a value', "quotes"),
    ("a: * b\n", "1:5", "1:4", '"*" needs a name', "quotes"),
    ("a: |x\n b\n", "1:5", "1:4", '"x" cannot follow here', "quotes"),
    ("%YAML 3.0\n---\na: 1\n", "1:1", None, '"%" line', "leave it out"),
    ("[1]\nversion\n", "2:1", None, 'there is "version" after the end of the file', "one mapping"),
]


@pytest.mark.parametrize(("text", "place", "also", "words", "help"), SYNTAX)
def test_syntax(parser, text, place, also, words, help):
    problem = only(text)
    assert words in problem.text
    assert help in problem.help
    if reader._Parser is not yaml.SafeLoader:  # the other parser names the place of a few a character later
        assert place_of(problem.mark) == place
        assert place_of(problem.also) == also


@pytest.mark.parametrize("escape", [r"\q", r"\xZZ", r"\ud800", r"\U00110000", r"\u12"])
def test_escapes(parser, escape):
    problem = only(f'a: "{escape}"\n')
    assert problem.mark.line == 1
    assert problem.help


@pytest.mark.parametrize("text", ["\x1b[31m", "a: \x00", "a: \ud800", "\ufffe"])
def test_characters_are_refused_also_in_a_source_made_by_hand(parser, text):
    assert "is not allowed" in only(text).text


def test_what_cannot_be_printed_is_quoted_as_an_escape():
    assert r'the key "\x1b]52;" appears twice' in only('"\\e]52;": 1\n"\\e]52;": 2\n').text
    assert "a" * 37 + '..." appears twice' in only(f'? "{"a" * 5000}"\n: 1\n' * 2).text


def test_every_problem_is_told_in_order():
    text = "a: 1\na: 2\nb: !!int 3\n<<: 1\n~: 2\nc: {d: *x, d: 1}\n? [!y e]\n: 1\n? *c\n: &c 1\nf: [1\n"
    problems = refused(text).problems
    words = ["twice", "!!int", "merge", "null", "nothing", "twice", "a list", "!y", "an alias", "nothing", "not closed"]
    assert [word in problem.text for word, problem in zip(words, problems, strict=True)] == [True] * len(words)
    assert [problem.mark.line for problem in problems] == [2, 3, 4, 5, 6, 6, 7, 7, 9, 9, 11]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("Sequential(\n  (0): Conv2d(3, 64, kernel_size=(3, 3))\n  (1): ReLU()\n)\n", "a printed PyTorch model"),
        ("ResNet(\n  (conv1): Conv2d(3, 64)\n)\n", "a printed PyTorch model"),
        ('Model: "sequential"\n____\n Layer (type)    Output Shape    Param #\n', "the summary of a Keras model"),
        ("=====\nLayer (type:depth-idx)   Output Shape   Param #\n=====\n", "the table of torchinfo"),
        ("----------\n        Layer (type)      Output Shape   Param #\n======\n", "the table of torchinfo"),
    ],
)
def test_a_model_as_a_framework_prints_it_is_named(text: str, says: str) -> None:
    with pytest.raises(SpecError, match=f"this is {says}") as caught:
        read(Source("model.txt", text), Limits())
    assert caught.value.problems[0].help
