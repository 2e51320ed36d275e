"""YAML text to nodes, over the parser's events: no composer, no constructor, no recursion.

The parser names types and builds nothing. What a text may hold is decided here: no tags, no merge keys, keys that are
words, each once, and an alias that stands for what it names without a copy, but counted as if copied.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import yaml

from cnncalc.errors import Mark, Problem, Source, SpecError
from cnncalc.limits import Limits
from cnncalc.spec.node import NO_TAGS, Mapping, Node, Scalar, Sequence, is_null, shown
from cnncalc.spec.source import check_characters

_Parser: Any  # of either class only the event part is used
try:
    from yaml.cyaml import CParser as _Parser  # type: ignore[attr-defined]
except ImportError:  # PyYAML built without libyaml
    from yaml import SafeLoader as _Parser

#: What libyaml says at 1,000 levels, far ahead of the event that is read; the parser in Python has no limit.
_DEEP = "exceeded maximum nesting depth"


#: The smallest valid spec, for the message that a text is not one.
SMALLEST = "input: 28x28x1\nlayers:\n  - dense: 10"

# What the next node of a mapping is, where it is not the value of a key:
_KEY = object()  # a key
_REFUSED = object()  # a key that was refused
_SKIP = object()  # the value of a key that was refused


def read(source: Source, limits: Limits, smallest: str = SMALLEST) -> Node:
    """The one value that ``source`` holds.

    Raises SpecError with every problem that can be found (after a syntax error nothing can), and LimitError at once
    above the limits ``nesting`` and ``values``. ``smallest`` is the valid text shown where there is nothing.
    """
    check_characters(source)
    if "%TAG" in source.text:
        from cnncalc.spec.syntax import refuse_tag_lines

        refuse_tag_lines(source)
    head = source.text[:_HEAD]
    if "(\n" in head or "Layer (type" in head:
        from cnncalc.spec.syntax import refuse_printed

        refuse_printed(source)
    try:
        return _Reader(source, limits, smallest).read(_Parser)
    except _TooDeep:
        return _Reader(source, limits, smallest).read(yaml.SafeLoader)


_LONGEST = 200  # characters of a text that is put together again
_HEAD = 500  # characters in which a printed model shows itself


class _TooDeep(Exception):
    """The text is nested deeper than the parser goes, whatever the limit is."""


class _Part:
    """A value that is being read, with its content so far. An anchor keeps it for its aliases."""

    __slots__ = ("before", "event", "height", "key", "node", "size")

    def __init__(self, node: Node, event: Any = None, before: int = 0) -> None:
        self.node: Any = node
        self.event = event
        self.key: Any = _KEY if type(node) is Mapping else None  # of a mapping: the key of the next node
        self.before = before  # values in the text before this one
        self.size = 0  # values in it with its aliases written out; 0 until its end is read
        self.height = 0  # levels of collections inside it, and with its end also its own


class _Reader:
    """Takes the events of one text, with one method for each kind of event."""

    def __init__(self, source: Source, limits: Limits, smallest: str) -> None:
        self.source, self.limits, self.smallest = source, limits, smallest
        self.most_nesting, self.most_values = limits.nesting, limits.values
        self.written = self.total = 0  # values as written, and with aliases written out
        self.document: Mark | None = None
        self.root = Sequence([], Mark(source, 1, 1))
        self.stack = [_Part(self.root)]
        self.anchors: dict[str, _Part] = {}
        self.problems: list[Problem] = []
        self.torn: Scalar | None = (
            None  # the last text with a bracket that it does not close: the begin of (5, 5) in { }
        )
        self.quoted: Any = None  # the last quoted text of several lines; a forgotten quote makes one

    def read(self, parser_class: Any) -> Node:
        """The node of the whole text, by a parser of that class. Raises _TooDeep."""
        handlers: dict[type, Callable[[Any], None]] = {
            yaml.ScalarEvent: self.on_scalar,
            yaml.AliasEvent: self.on_alias,
            yaml.SequenceStartEvent: self.on_sequence,
            yaml.MappingStartEvent: self.on_mapping,
            yaml.SequenceEndEvent: self.on_end,
            yaml.MappingEndEvent: self.on_end,
            yaml.DocumentStartEvent: self.on_document,
        }
        parser = parser_class(self.source.text)
        try:
            for event in iter(parser.get_event, None):
                if handler := handlers.get(type(event)):
                    handler(event)
        except yaml.MarkedYAMLError as error:
            if error.problem == _DEEP:
                raise _TooDeep from None
            from cnncalc.spec.syntax import explain

            raise self.failure(explain(self.source, error, self.bracket(), self.quoted)) from None
        except ValueError:  # only the pure parser: chr() of an escape and int() of a version
            text, help = "the number written here is far too large", "write the character itself"
            raise self.failure(Problem(text, self.source.at(parser.index), help=help)) from None
        return self.result()

    def result(self) -> Node:
        """The value that was read. Raises SpecError with all that is wrong with it."""
        items = self.root.items
        if not items or (isinstance(items[0], Scalar) and items[0].plain and not items[0].text):
            found = "holds nothing but comments" if self.source.text.strip() else "is empty"
            self.problem(f"the file {found}, where a mapping is expected", self.root.mark, self.example())
        if self.problems:
            raise self.failure()
        return items[0]

    def on_document(self, event: Any) -> None:
        """The text of one value begins; a second one is the end of reading."""
        mark = self.mark(event)
        if self.document:
            text = "a second document begins here, where one mapping is expected"
            raise self.failure(Problem(text, mark, help=self.example(), also=self.document))
        self.document = mark

    def on_scalar(self, event: Any) -> None:
        """A word, a number or a text."""
        start, end, style, text = event.start_mark, event.end_mark, event.style, event.value
        line, column = start.line, start.column
        if end.line == line:
            mark = Mark(self.source, line + 1, column + 1, end.column - column or 1)
        else:
            mark = self.mark(event)
            if style == "'" or style == '"':
                self.quoted = event
        if event.tag is not None:
            self.refuse_tag(event.tag, mark)
        # The pure parser lets "\ud800" pass.
        if style == '"' and any("\ud800" <= c <= "\udfff" for c in text):
            self.problem("half of a surrogate pair is not a character", mark, "write the character itself")
        node = Scalar(text, mark, plain=not style)
        if event.anchor is not None:
            part = self.anchors[event.anchor] = _Part(node)
            part.size = 1
        if style == "|" or style == ">":
            self.refuse_key("a text over several lines", mark)
        self.add(node, mark)
        if "(" in text and not style and text.count("(") > text.count(")"):
            self.opened(node)

    def on_alias(self, event: Any) -> None:
        """The value of an anchor is used here again; it is not copied, but counted."""
        mark, name = self.mark(event), event.anchor
        part = self.anchors.get(name)
        self.refuse_key("an alias", mark)
        if part is None:
            help = f'name a value above with "&{shown(name)}", or put the text in quotes'
            self.problem(f'"*{shown(name)}" means nothing: no value above has that name', mark, help)
        elif not part.size:
            help = "write out what is meant, or name another value"
            self.problem(f'"*{shown(name)}" is inside the value that it names', mark, help, part.node.mark)
        else:
            self.limits.check("nesting", len(self.stack) - 1 + part.height, mark)
            self.deepen(part.height)
            self.add(part.node, mark, part.size)
            return
        self.add(Scalar("", mark), mark)

    def on_sequence(self, event: Any) -> None:
        """A list begins."""
        mark = self.mark(event)
        self.refuse_key("a list", mark)
        self.open(event, Sequence([], mark), mark)

    def on_mapping(self, event: Any) -> None:
        """A mapping begins."""
        mark = self.mark(event)
        self.refuse_key("a mapping", mark)
        self.open(event, Mapping({}, {}, mark), mark)

    def on_end(self, event: Any) -> None:
        """The innermost collection ends; one in brackets on one line is marked from bracket to bracket."""
        part = self.stack.pop()
        mark, end = part.node.mark, event.end_mark
        if end.index > event.start_mark.index and end.line == mark.line - 1:
            mark = part.node.mark = Mark(self.source, mark.line, mark.column, end.column + 1 - mark.column)
        part.size = self.total - part.before + 1
        part.height += 1
        self.deepen(part.height)
        self.add(part.node, mark)

    def open(self, event: Any, node: Node, mark: Mark) -> None:
        """What follows belongs to ``node``, until its end."""
        depth = len(self.stack)
        if depth > self.most_nesting:
            self.limits.check("nesting", depth, mark)
        if event.tag is not None:
            self.refuse_tag(event.tag, mark)
        part = _Part(node, event, self.total)
        self.stack.append(part)
        if event.anchor is not None:
            self.anchors[event.anchor] = part

    def deepen(self, levels: int) -> None:
        """What is added next to the innermost collection has ``levels``."""
        part = self.stack[-1]
        part.height = max(part.height, levels)

    def add(self, node: Node, mark: Mark, size: int = 1) -> None:
        """``node`` is complete: it is a key or a value of the collection around it."""
        part = self.stack[-1]
        key, items = part.key, part.node.items
        if key is None:
            if self.torn is not None and items and items[-1] is self.torn and isinstance(node, Scalar):
                items[-1] = self.rejoined(node)
            else:
                items.append(node)
        elif key is _KEY:
            torn = self.torn is not None and items and next(reversed(items.values())) is self.torn
            part.key = node if torn and isinstance(node, Scalar) else self.key(node, mark, part.node)
            return
        elif type(key) is Scalar:  # what a comma parted from the value before, or a key after all
            part.key = _KEY
            if isinstance(node, Scalar) and node.plain and not node.text:
                items[next(reversed(items))] = self.rejoined(key)
            else:
                self.torn = None
                known = self.key(key, key.mark, part.node)
                if known is not _SKIP:
                    items[known] = node
        elif key is _REFUSED:
            part.key = _SKIP
            return
        else:
            part.key = _KEY
            if key is not _SKIP:
                items[key] = node
        self.written += 1
        self.total += size
        if self.written > self.most_values:
            self.limits.check("values", self.written, mark)
        if self.total > 2 * self.most_values:
            self.limits.check("values", self.total, mark, times=2)

    def opened(self, node: Scalar) -> None:
        """A value has a bracket that it does not close; it may be a key as well, or the rest of such a value."""
        items = self.stack[-1].node.items
        last = items[-1:] if isinstance(items, list) else [next(reversed(items.values()), None)]
        if last and last[0] is node:
            self.torn = node

    def rejoined(self, rest: Scalar) -> Scalar:
        """The text that was torn at a comma, as in ``{kernel: (5, 5)}``, with what comes after the comma."""
        assert self.torn is not None
        begin, text = self.torn.mark, f"{self.torn.text}, {rest.text}"
        end = rest.mark.column + rest.mark.width if rest.mark.line == begin.line else begin.column + begin.width
        joined = Scalar(text, begin._replace(width=end - begin.column))
        self.torn = joined if len(text) < _LONGEST and text.count("(") > text.count(")") else None
        return joined

    def key(self, node: Any, mark: Mark, into: Mapping) -> object:
        """The key of the value that follows, or _SKIP where it is refused."""
        text = node.text
        if node.plain and is_null(node):
            self.problem("a key is null, where a word is expected", mark, 'write a word before the ":"')
        elif node.plain and text == "<<":
            self.problem('"<<" (a merge key) is not allowed', mark, "write the fields out, or use define: and use:")
        elif text in into.keys:
            self.problem(f'the key "{shown(text)}" appears twice in one mapping', mark, "keep one", into.keys[text])
        else:
            into.keys[text] = mark
            return text
        return _SKIP

    def refuse_key(self, what: str, mark: Mark) -> None:
        """Where a key is expected, ``what`` is found: that is a problem."""
        part = self.stack[-1]
        if part.key is _KEY:
            part.key = _REFUSED
            self.problem(f"{what} cannot be a key", mark, 'a key is one word: write "key: value"')

    def refuse_tag(self, tag: str, mark: Mark) -> None:
        """``!!python/object`` and its like are never followed."""
        name = shown(tag.replace("tag:yaml.org,2002:", "!!"))
        self.problem(f"tags are not allowed; found {name}", mark, NO_TAGS)

    def problem(self, text: str, mark: Mark, help: str, also: Mark | None = None) -> None:
        """One more thing is wrong; reading goes on."""
        self.problems.append(Problem(text, mark, help=help, also=also))

    def failure(self, *more: Problem) -> SpecError:
        """The error for all problems, in the order of their places."""
        return SpecError(sorted([*self.problems, *more], key=lambda problem: (problem.mark or self.root.mark)[1:3]))

    def example(self) -> str:
        """What to try where there is nothing to read."""
        return f"the smallest valid file is\n{self.smallest}"

    def mark(self, event: Any) -> Mark:
        """The place of an event; what goes on over several lines is marked to the end of its first."""
        start, end = event.start_mark, event.end_mark
        line, column = start.line, start.column
        last = end.column if end.line == line else len(self.source.line(line + 1))
        return Mark(self.source, line + 1, column + 1, max(1, last - column))

    def bracket(self) -> int | None:
        """The place of the innermost open bracket."""
        for part in reversed(self.stack):
            if part.event is not None and part.event.flow_style:
                offset: int = part.event.end_mark.index - 1  # an anchor may stand before the bracket
                if self.source.text[offset] in "[{":
                    return offset
        return None
