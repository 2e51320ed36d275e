"""Papers and their key in Markdown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from cnncalc.render.forms.markup import markdown
from cnncalc.render.forms.text import printable
from cnncalc.render.papers import prose

if TYPE_CHECKING:
    from cnncalc.check.papers.paper import Item, Paper


def write(papers: Sequence[Paper]) -> str:
    """The problems, each copy under its own title."""
    return "\n".join(line for paper in papers for line in _paper(paper)) + "\n"


def _title(paper: Paper, kind: str = "") -> str:
    copy = "" if paper.copy is None else f", copy {paper.copy}"
    return f"# {markdown(printable(paper.title))}{markdown(copy)}{kind}"


def _paper(paper: Paper) -> Iterator[str]:
    yield from (_title(paper), "")
    if paper.copy is not None:
        yield from ("Name:", "")
    for item in paper.items:
        yield from (f"**{markdown(prose.heading(item))}** {markdown(prose.statement(item))}", "")
        shown = [f"- {markdown(line)}" for line in prose.network(item)]
        yield from [*shown, ""] if shown else []
        yield from _asked(item)


def _asked(item: Item) -> Iterator[str]:
    """The questions that the text alone does not ask, and their options."""
    listed = len(item.parts) > 1 or not item.text
    for part in item.parts:
        if listed:
            yield f"- {markdown(prose.asks(item, part))}:"
        if part.options:
            indent = "  " * listed
            yield from (f"{indent}- {markdown(option)}" for option in prose.lettered(part))
    if listed or item.parts[0].options:
        yield ""


def key(papers: Sequence[Paper]) -> str:
    """The answers with their working."""
    return "\n".join(line for paper in papers for line in _key(paper)) + "\n"


def _key(paper: Paper) -> Iterator[str]:
    yield from (_title(paper, ": key"), "")
    for item in paper.items:
        answers = markdown(prose.solution(item))
        yield from (f"**{markdown(prose.heading(item))}** {answers}", "")
        for layer, line in prose.worked(item, style="latex", formula=lambda text: f"${text}$", sentence=markdown):
            yield f"- {layer}: {line}" if layer else f"- {line}"
        yield ""
