"""Text to nodes: limits at once, work in proportion to the text, and any text at all."""

from __future__ import annotations

import time
from types import SimpleNamespace

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from cnncalc.errors import CnncalcError, LimitError, Source
from cnncalc.limits import Limits
from cnncalc.spec import reader
from cnncalc.spec.node import Mapping, Node, Sequence
from cnncalc.spec.reader import read

FAR = Limits(nesting=10**9, values=10**9)


def parse(text: str, limits: Limits | None = None) -> Node:
    return read(Source("net.yaml", text), limits or Limits())


# Limits


def over(text: str, name: str, limits: Limits | None = None) -> LimitError:
    with pytest.raises(LimitError) as caught:
        parse(text, limits)
    (problem,) = caught.value.problems
    assert caught.value.exit_code == 4
    assert f"is over the limit {name} = " in problem.text
    assert f"Limits({name}=" in str(caught.value)
    assert problem.mark is not None
    return caught.value


@pytest.mark.parametrize(
    "unit", ["[", "{", "[{", "- ", "? ", "- ? ", "{a: ", "[a: ", "[? ", "? [", "[\n", "[a, ", "&a ["]
)
def test_a_megabyte_of_nesting_stops_at_once(unit, monkeypatch):
    events = []

    def counting(parser_class):
        def parse_text(text):
            parser = parser_class(text)
            return SimpleNamespace(get_event=lambda: events.append(1) or parser.get_event())

        return parse_text

    for of, name in ((reader, "_Parser"), (yaml, "SafeLoader")):  # the second where the first goes no deeper
        monkeypatch.setattr(of, name, counting(getattr(of, name)))
    assert "33 is over the limit nesting = 32" in str(over(unit * (2**20 // len(unit)), "nesting"))
    assert len(events) < 200


def test_nesting_counts_levels(parser):
    assert parse("[[a]]", Limits(nesting=2))
    assert str(over("x: {y:\n  [a]}", "nesting", Limits(nesting=2)).problems[0].mark) == "net.yaml:2:3"
    assert parse("a:\n  b: 1", Limits(nesting=2))


def test_nesting_counts_what_an_alias_stands_for(parser):
    text = "- &a [[1]]\n- [*a]\n- &b [*a]\n- *b\n"
    assert parse(text, Limits(nesting=4))
    assert str(over(text, "nesting", Limits(nesting=3)).problems[0].mark) == "net.yaml:2:4"
    chain = "- &a0 [1]\n" + "".join(f"- &a{n} [*a{n - 1}]\n" for n in range(1, 2000))
    assert "33 is over the limit nesting = 32" in str(over(chain, "nesting"))


def test_deep_nesting_that_was_allowed_needs_no_recursion(parser):
    node, depth = parse("- " * 3000 + "x", FAR), 0
    while isinstance(node, Sequence):
        node, depth = node.items[0], depth + 1
    assert depth == 3000


def test_values_are_counted(parser):
    assert parse("[1, 2, 3]", Limits(values=4))
    assert str(over("[1, 2, 3, 4]", "values", Limits(values=4)).problems[0].mark) == "net.yaml:1:1"
    assert parse("{a: 1, b: 2, c: 3}", Limits(values=4))
    assert over("{a: 1, b: 2, c: 3, d: 4}", "values", Limits(values=4))


def test_values_of_aliases_are_counted_as_if_written_out(parser):
    text = "- &a [1, 2]\n- *a\n- *a\n"  # 6 values as written, 10 with aliases written out
    assert parse(text, Limits(values=6))
    assert parse(text.replace("- *a\n", "", 1), Limits(values=5))
    raised = over("- &a [1, 2, 3, 4]\n- *a\n- *a\n- *a\n", "values", Limits(values=9))
    assert "20 is over the limit values = 18" in str(raised)
    assert raised.problems[0].mark.line == 4


def test_bombs_end_at_once():
    laughs = "a0: &a0 [1]\n" + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 27))
    assert over(laughs, "values").problems[0].mark.line == 7
    doubled = "a0: &a0 1\n" + "".join(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]\n" for n in range(1, 5000))
    assert over(doubled, "values").problems[0].mark.line == 17
    assert over("- 1\n" * 262_144, "values").problems[0].mark.line == 100_001
    assert len(parse("".join(f"k{n}: 1\n" for n in range(40_000))).items) == 40_000


# Work in proportion to the text

TEXTS = {
    "list": lambda n: "- 1\n" * n,
    "flow list": lambda n: "[" + "1, " * n + "]",
    "flow keys": lambda n: "{" + "".join(f"k{i}, " for i in range(n)) + "}",
    "keys": lambda n: "".join(f"k{i}: 1\n" for i in range(n)),
    "long keys": lambda n: "".join(f"{'k' * 200}{i}: 1\n" for i in range(n)),
    "layers": lambda n: "- conv: {filters: 64}\n" * n,
    "duplicates": lambda n: "a: 1\n" * n,
    "tags": lambda n: "- !a 1\n" * n,
    "undefined aliases": lambda n: "".join(f"- *a{i}\n" for i in range(n)),
    "anchors": lambda n: "".join(f"- &a{i} 1\n" for i in range(n)),
    "aliases": lambda n: "- &a [1]\n" + "- *a\n" * n,
    "anchors again": lambda n: "- &a [1]\n- *a\n" * n,
    "plain": lambda n: "a " * n * 5,
    "plain lines": lambda n: "a\n" * n * 5,
    "one line": lambda n: "a" * n * 20,
    "quoted lines": lambda n: "'" + "a\n" * n * 5 + "'",
    "quoted texts over lines": lambda n: "- 'a\n  b'\n" * n,
    "plain texts over lines": lambda n: "- a\n  b\n" * n,
    "escapes": lambda n: '"' + "\\x41" * n * 3 + '"',
    "block lines": lambda n: "|\n" + " a\n" * n * 5,
    "blank block lines": lambda n: "|\n" + "\n" * n * 10,
    "comments": lambda n: "#\n" * n * 10,
    "comments between": lambda n: "- 1 # x\n#\n" * n,
    "tag lines": lambda n: "".join(f"%TAG !a{i}! b\n" for i in range(n)) + "--- a",
    "tag lines of a second document": lambda n: "a\n...\n" + "".join(f"%TAG !a{i}! b\n" for i in range(n)) + "--- a",
    "documents": lambda n: "---\n" * n,
    "unclosed bracket": lambda n: "[" + "1,\n" * n,
    "unclosed quote": lambda n: "'" + "a\n" * n * 5,
    "closing brackets": lambda n: "[" + "[]," * n,
    "nested": lambda n: ("[" * 30 + "]" * 30 + ",\n").join(["- [", *[""] * (n // 30), "]"]),
}


def seconds(text: str) -> float:
    """The least time of three in which ``text`` is read or refused, and its error shown."""
    best = float("inf")
    for _ in range(3):
        started = time.process_time()
        try:
            parse(text, FAR)
        except CnncalcError as raised:
            for problem in raised.problems:
                problem.mark.source.line(problem.mark.line)
        best = min(best, time.process_time() - started)
    return best


@pytest.mark.parametrize("name", TEXTS)
def test_twice_the_text_takes_twice_the_time(name):
    n = 2500
    ratios = []
    for _ in range(4):  # a noisy machine is given more than one chance, quadratic work fails them all
        ratios.append(seconds(TEXTS[name](2 * n)) / max(seconds(TEXTS[name](n)), 2e-4))
        if ratios[-1] < 3.5:
            return
    pytest.fail(f"{ratios}")


# Any text

# fmt: off
TOKENS = [
    "[", "]", "{", "}", "-", "?", ":", ",", "- ", "? ", ": ", "&a", "*a", "&a ", "*a ", "!", "!!", "!x", "!!int ", "<<",
    "<<: *a", "|", ">", "|2", ">-", "'", '"', "''", "\\", "\\x41", "\\ud800", "\\U00110000", "%", "%YAML 1.2\n",
    "%TAG ! x\n", "---", "---\n", "...", "#", " #c\n", "@", "`", "~", "null", "true", "a", "b", "key: ", "layers:",
    "conv", "a: 1\n", "010", "0x1", "1e3", "3:3", ".inf", "9" * 400, "=", "é", "😀", "１", "“", "\n",
    "\n  ", "\n    ", " ", "\t", "\r", "\r\n", "\x85", "\u2028", "\u2029", "\ufeff", "\0", "\x1b", "\ud800",
]
# fmt: on


@settings(max_examples=2000, deadline=None)
@given(
    text=st.lists(st.sampled_from(TOKENS), max_size=40).map("".join) | st.text(max_size=40),
    limits=st.sampled_from([Limits(), Limits(nesting=3), Limits(values=6)]),
    python=st.booleans(),
)
@example(text='a: "\\U00110000"', limits=Limits(), python=True)
@example(text="%YAML 1." + "1" * 6000 + "\n--- a", limits=Limits(), python=True)
def test_any_text(text, limits, python):
    """A node with places inside the text, or an error of our own with places inside the text."""
    source = Source("x", text)
    with pytest.MonkeyPatch.context() as patch:
        if python:
            patch.setattr(reader, "_Parser", yaml.SafeLoader)
        try:
            marks, problems, code = places(read(source, limits)), [], 0
        except CnncalcError as raised:
            marks, problems, code = [], raised.problems, raised.exit_code
    assert code in ((3, 4) if problems else (0,))
    assert all(problem.text and (problem.help or problem.limit) and problem.mark for problem in problems)
    marks += [mark for problem in problems for mark in (problem.mark, problem.also) if mark]
    for mark in marks:
        assert mark.source is source
        assert mark.width >= 1
        assert 0 <= mark.column - 1 <= len(source.line(mark.line))


def places(node: Node):
    """The marks of ``node`` and of everything in it."""
    found, rest = [], [node]
    while rest:
        node = rest.pop()
        found.append(node.mark)
        if isinstance(node, Sequence):
            rest += node.items
        elif isinstance(node, Mapping):
            assert list(node.items) == list(node.keys)
            found += node.keys.values()
            rest += node.items.values()
    return found
