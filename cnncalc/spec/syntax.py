"""What the parser found wrong with a text, in words: where a construct opened, where it ended, and what to try."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from cnncalc.errors import Mark, Problem, Source, SpecError
from cnncalc.spec.node import NO_TAGS, shown


def refuse_tag_lines(source: Source) -> None:
    """Raise SpecError for a ``%TAG`` line: libyaml compares each with all above it, which is quadratic."""
    if directive := re.search("(?:^|(?<=[\n\r\x85\u2028\u2029]))%TAG", source.text):
        raise SpecError("tags are not allowed, nor is a %TAG line", mark=source.at(directive.start(), 4), help=NO_TAGS)


#: How a model looks that a framework has printed, and what to do with it.
_PRINTED = (
    (r"\A\s*[A-Z]\w*\(\n\s+\(\w+\): ", "a printed PyTorch model",
     "cnncalc.from_torch(module, example) in Python reads the model itself, or write its layers: - Conv2d: {...}"),
    (r"\A\s*Model: \"|\ALayer \(type\)\s+Output Shape", "the summary of a Keras model, which lacks kernels and strides",
     "write its layers in Keras's words: - Conv2D: {filters: 32, kernel_size: 3}"),
    (r"\A[=\s-]*Layer \(type", "the table of torchinfo or torchsummary, which lacks kernels and strides",
     "cnncalc.from_torch(module, example) in Python reads the model itself"),
)  # fmt: skip


def refuse_printed(source: Source) -> None:
    """Raise SpecError if the text is a model as a framework prints it, which is not a spec."""
    for pattern, what, help in _PRINTED:
        if re.search(pattern, source.text[:500]):
            raise SpecError(f"this is {what}, not a spec", mark=source.at(0), help=help)


class _Rule(NamedTuple):
    """Words for a syntax error, where ``pattern`` fits what was found and the parser's context and problem."""

    pattern: str
    text: str
    help: str
    opening: bool = False  # the place to show is where the construct opened, not where the parser gave up


_QUOTE_IT = "put a text that begins with it in quotes"
_RULES = (
    _Rule(r"^a tab .*token|a tab character", "there is a tab where YAML allows only spaces", "indent with spaces"),
    _Rule(
        r"quoted scalar \| .*(end of stream|document)",
        "the quote {opener} that opens here is not closed before {found} at {place}",
        "put {opener} where the text ends",
        opening=True,
    ),
    _Rule(
        r"flow (sequence|mapping)|^the end of the file .*flow node",
        'the "{opener}" that opens here is not closed before {found} at {place}',
        'put "{closer}" where it ends, and "," between its values',
        opening=True,
    ),
    _Rule(
        r"flow node",
        "a key or a value is missing before {found}",
        'leave out a "," too many, or put the value in quotes',
    ),
    _Rule(r"block node|cannot start any token", "{found} cannot begin a value", _QUOTE_IT),
    _Rule(
        r"simple key",
        'a ":" is missing after {word}',
        'write "key: value"; the further lines of a text are indented deeper than its key',
        opening=True,
    ),
    _Rule(
        r"mapping values|unexpected ':'",
        'this ":" is in the middle of a value, where no mapping can begin',
        'indent the keys of one mapping alike, put a space after each ":", and a text that holds ": " in quotes',
    ),
    _Rule(r"sequence entries", "a list cannot begin here", "begin it on the next line, or write it in [ ]"),
    _Rule(r"mapping keys", '"?" cannot be used here', 'write "key: value", or put the text in quotes'),
    _Rule(r'^"[\]}]" .*block', "{found} closes nothing that is open", "leave it out, or open it before"),
    _Rule(
        r'^"-" .*block mapping',
        'there is a list entry ("- ") where the mapping that begins at {opened} continues',
        "indent it like the other entries of its list",
    ),
    _Rule(
        r"block mapping",
        "there is {found} where the next key of the mapping that begins at {opened} is expected",
        "begin the keys of one mapping in the same column; nothing follows a closing quote or bracket",
    ),
    _Rule(
        r"block collection",
        "the list that begins at {opened} cannot go on with {found} here",
        'begin the "-" of one list in the same column, and indent what belongs to an entry deeper',
    ),
    _Rule(r"unknown escape", "YAML knows no escape that begins so", r"write \\ for a backslash, or use single quotes"),
    _Rule(r"hexa?decimal|Unicode char", "this escape is not the number of a character", "write the character itself"),
    _Rule(r"an (anchor|alias)", '"{opener}" needs a name right after it', _QUOTE_IT),
    _Rule(r"\btag\b|TAG", "tags are not allowed", NO_TAGS, opening=True),
    _Rule(r"directive|version|incompatible", 'this "%" line is not one that YAML knows', "leave it out"),
    _Rule(
        r"document start",
        "there is {found} after the end of the file's value",
        "indent what belongs to it; only one mapping is expected",
    ),
    _Rule(
        r"block scalar",
        "{found} cannot follow here",
        'after "|" or ">" only "+" or "-" and a comment are allowed; put other text in quotes',
    ),
    _Rule(r"", "this is not valid YAML: {problem}", "put texts in quotes, and indent with spaces"),
)


def explain(source: Source, error: Any, bracket: int | None, quoted: Any) -> Problem:
    """The problem that a syntax error of the parser is, with the places where its construct opened and ended.

    ``bracket`` is the place in the text of the innermost open one, ``quoted`` the event of the last quoted text over
    several lines.
    """
    text, offset = source.text, error.problem_mark.index
    place, found = source.at(offset), _found(text, offset)
    if quoted is not None and not text[quoted.end_mark.index : offset].strip():
        return _closed_late(source, quoted, found)
    kind = "word" if found[0] == '"' and len(found) > 3 else found  # a word of the text must not match a pattern
    subject = f"{kind} | {error.context} | {error.problem}"
    rule = next(rule for rule in _RULES if re.search(rule.pattern, subject))
    begin = error.context_mark.index if error.context_mark else offset
    if bracket is not None and " flow " in subject:
        begin = bracket
    opened = source.at(begin)
    names = {
        "found": found,
        "place": _words(place),
        "opened": _words(opened),
        "opener": text[begin : begin + 1],
        "closer": "]" if text[begin : begin + 1] == "[" else "}",
        "word": _found(text, begin),
        "problem": error.problem,
    }
    mark, other = (opened, place) if rule.opening else (place, opened)
    also = other if other != mark else None
    return Problem(rule.text.format(**names), mark, help=rule.help.format(**names), also=also)


def _closed_late(source: Source, quoted: Any, found: str) -> Problem:
    """The problem of a quoted text over several lines that is followed by more: it was to end before."""
    end = quoted.end_mark.index - 1
    also, quote = source.at(end), source.text[end]
    start = source.text.index(quote, quoted.start_mark.index)  # an anchor may stand before it
    text = f"the quote {quote} that opens here closes only at {_words(also)}, before {found}"
    help = f"put {quote} where the text ends"
    return Problem(text, source.at(start), help=help, also=also)


def _words(mark: Mark) -> str:
    return f"line {mark.line}, column {mark.column}"


def _found(text: str, offset: int) -> str:
    """What is at ``offset``, in words."""
    found = re.compile(r"[\w.-]+|[^\n\r\x85\u2028\u2029]").match(text, offset)
    if found:
        return {"\t": "a tab", " ": "a space"}.get(found[0], f'"{shown(found[0])}"')
    return "the end of the line" if text[offset:].strip() else "the end of the file"
