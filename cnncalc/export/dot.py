"""A graph for Graphviz. Source: graphviz.org/doc/info/lang.html."""

from __future__ import annotations

from cnncalc.export.diagram import Language, indented, lines
from cnncalc.summary.rows import Summary


def write(summary: Summary) -> str:
    """The graph. A network's name is its label."""
    title = [f"label={_quoted(summary.name)}", "labelloc=t"] if summary.name else []
    head = [*title, "node [shape=box, fontname=Helvetica]", "graph [fontname=Helvetica]"]
    body = lines(summary, Language(_input, _layer, _frame, "{} -> {}".format))
    return "\n".join(["digraph {", *indented(head + body), "}"]) + "\n"


def _text(text: str) -> str:
    r"""``text`` inside quotes: ``\`` would begin an escape of Graphviz, and ``&`` an HTML entity."""
    escaped = text.replace("&", "&amp;").replace("\\", "\\\\").replace('"', '\\"')
    return "".join(c if c.isprintable() else f"&#{ord(c)};" for c in escaped)


def _quoted(text: str) -> str:
    return f'"{_text(text)}"'


def _input(name: str, texts: list[str]) -> str:
    return _layer(name, texts)[:-1] + ", style=rounded]"


def _layer(name: str, texts: list[str]) -> str:
    label = "\\n".join(map(_text, texts))
    return f'{name} [label="{label}"]'


def _frame(name: str, title: str, inside: list[str]) -> list[str]:
    return [f"subgraph cluster_{name} {{", *indented([f"label={_quoted(title)}", *inside]), "}"]
