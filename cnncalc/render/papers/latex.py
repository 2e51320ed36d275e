"""Papers and their key as a LaTeX document."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from cnncalc.render.forms.document import document
from cnncalc.render.forms.markup import latex
from cnncalc.render.forms.text import printable
from cnncalc.render.papers import prose

if TYPE_CHECKING:
    from cnncalc.check.papers.paper import Item, Paper


def write(papers: Sequence[Paper]) -> str:
    """The problems, each copy on pages of its own."""
    return document(_pages(papers, _paper))


def key(papers: Sequence[Paper]) -> str:
    """The answers with their working."""
    return document(_pages(papers, _key))


def _pages(papers: Sequence[Paper], lines: Callable[[Paper], Iterator[str]]) -> Iterator[str]:
    yield r"\sloppy"  # break long formulas; do not let them run into the margin
    for number, paper in enumerate(papers):
        if number:
            yield r"\clearpage"
        yield from lines(paper)


def _title(paper: Paper, kind: str = "") -> str:
    copy = "" if paper.copy is None else f", copy {paper.copy}"
    return rf"\section*{{{latex(printable(paper.title + copy))}{kind}}}"


def _items(lines: Sequence[str]) -> list[str]:
    """A list, or nothing."""
    return [r"\begin{itemize}", *lines, r"\end{itemize}"] if lines else []


def _paper(paper: Paper) -> Iterator[str]:
    yield _title(paper)
    if paper.copy is not None:
        yield r"\noindent Name: \hrulefill\bigskip"
    for item in paper.items:
        yield rf"\par\bigskip\noindent\textbf{{{latex(prose.heading(item))}}}\quad {latex(prose.statement(item))}"
        yield from _items([rf"\item {latex(line)}" for line in prose.network(item)])
        yield from _asked(item)


def _asked(item: Item) -> Iterator[str]:
    """The questions that the text alone does not ask, with room for the answer or its options."""
    if len(item.parts) == 1 and item.text:
        if item.parts[0].options:
            yield rf"\par\smallskip\noindent {_options(prose.lettered(item.parts[0]))}"
        return
    yield from _items(
        [
            rf"\item {latex(prose.asks(item, part))}:"
            + (rf"\par {_options(prose.lettered(part))}" if part.options else r" \dotfill")
            for part in item.parts
        ]
    )


def _options(options: list[str]) -> str:
    return r" \quad ".join(rf"\mbox{{{latex(option)}}}" if len(option) < 60 else latex(option) for option in options)


def _key(paper: Paper) -> Iterator[str]:
    yield _title(paper, ": key")
    for item in paper.items:
        answers = latex(prose.solution(item))
        yield rf"\par\bigskip\noindent\textbf{{{latex(prose.heading(item))}}}\quad {answers}"
        lines = prose.worked(item, style="latex", formula=lambda text: f"${text}$", sentence=latex)
        yield from _items([rf"\item {layer}: {line}" if layer else rf"\item {line}" for layer, line in lines])
