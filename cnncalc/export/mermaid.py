"""A Mermaid flowchart: GitHub, GitLab and many editors draw it. Source: mermaid.js.org/syntax/flowchart.html."""

from __future__ import annotations

from cnncalc.export.diagram import Language, indented, lines
from cnncalc.summary.rows import Summary

PLAIN = frozenset(" _-.,×:()/+")  # signs that mean nothing inside the quotes of a label


def write(summary: Summary) -> str:
    """The diagram. A network's name is its title."""
    title = ["---", f'title: "{_text(summary.name)}"', "---"] if summary.name else []
    body = indented(lines(summary, Language(_input, _layer, _frame, "{} --> {}".format)))
    return "\n".join([*title, "flowchart TD", *body]) + "\n"


def _text(text: str) -> str:
    """``text`` with every character that is special in Mermaid, HTML or YAML replaced by its number."""
    return "".join(c if c.isalnum() or c in PLAIN else f"#{ord(c)};" for c in text)


def _input(name: str, texts: list[str]) -> str:
    return f'{name}(["{"<br>".join(map(_text, texts))}"])'


def _layer(name: str, texts: list[str]) -> str:
    return f'{name}["{"<br>".join(map(_text, texts))}"]'


def _frame(name: str, title: str, inside: list[str]) -> list[str]:
    return [f'subgraph {name}["{_text(title)}"]', *indented(inside), "end"]
