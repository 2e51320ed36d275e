"""Papers as GIFT, the text format of Moodle and others: a question for each answer.

A number is ``{#=0:0}``: the form ``{#0}`` cannot be imported where the number is 0.
The form is that of https://docs.moodle.org/en/GIFT_format.
"""

from __future__ import annotations

import html
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from cnncalc.render.forms.text import printable
from cnncalc.render.papers import fields, prose

if TYPE_CHECKING:
    from cnncalc.check.papers.paper import Item, Paper, Part

_SPECIAL = "\\~=#{}:"


def write(papers: Sequence[Paper]) -> str:
    """The questions, one block each, in categories by topic, or of several copies by problem."""
    return "\n\n".join(_blocks(papers)) + "\n"


def _blocks(papers: Sequence[Paper]) -> Iterator[str]:
    category = ""
    for name, item in fields.by_category(papers):
        if name != category:
            yield f"$CATEGORY: $course$/top/{_escaped(printable(name))}"
            category = name
        yield from (_block(item, part) for part in item.parts)


def _block(item: Item, part: Part) -> str:
    several = len(item.parts) > 1
    name = f"{item.id} {part.key}" if several else item.id
    lines = [prose.statement(item), *prose.network(item), *[f"{prose.asks(item, part)}:"] * several]
    text = "<br>".join(_html(line) for line in lines)
    answers = "\n".join(f"  {answer}" for answer in _answers(item, part))
    told = "<br>".join(map(_html, prose.told(item, part)))
    return f"::{_escaped(printable(name))}::[html]{text} {{{answers.lstrip()}\n  ####{told}\n}}"


def _answers(item: Item, part: Part) -> list[str]:
    if part.options:
        return [
            f"{'=' if option.right else '~'}{_html(prose.option(part, option))}#{_html(prose.feedback(option))}"
            for option in part.options
        ]
    numbers = fields.numbers(item, part)
    if len(numbers) == 1:
        first, *others = [f"={number.value}:{number.tolerance}" for number in numbers[0]]
        return [f"#{first}", *others]
    return [f"={_escaped(text.replace('*', chr(92) + '*'))}" for text in fields.spellings(part)]


def _html(text: str) -> str:
    """Text as HTML, escaped; a percent sign by its number, as a leading one would be a weight."""
    return _escaped(html.escape(text, quote=False).replace("%", "&#37;"))


def _escaped(text: str) -> str:
    return "".join(f"\\{c}" if c in _SPECIAL else c for c in text)
