"""Verdicts as a table, JSON, CSV, Markdown or JUnit XML; all but the table are written as they arrive."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from cnncalc.render.forms import json, junit
from cnncalc.render.forms.answer import as_data, written
from cnncalc.render.forms.markup import markdown
from cnncalc.render.forms.sheet import Column, Sheet
from cnncalc.render.forms.text import number, printable
from cnncalc.render.forms.write import csv_line, write
from cnncalc.render.working import equation

if TYPE_CHECKING:
    from cnncalc.check.slips.found import Explanation
    from cnncalc.check.verdicts import Verdict

FORMATS = ("table", "json", "csv", "markdown", "junit")
LISTED = 100  # most verdicts that a table lists in full; of more, only the wrong ones
KEYS = ("file", "id", "key", "expected", "got", "ok", "message")
_COLUMNS = [
    Column("verdict", "Verdict"), Column("file", "File"), Column("problem", "Problem"), Column("key", "Question"),
    Column("expected", "Expected"), Column("got", "Got"), Column("message", "Why"),
]  # fmt: skip


def message(verdict: Verdict) -> str:
    """Why an answer is wrong: the working of the right answer, and the slip that leads to the wrong one."""
    parts = [verdict.text, *map(equation, verdict.steps)]
    if verdict.slip:
        parts.append(slip(verdict.slip))
    parts = [part for part in parts if part]
    return "; ".join(parts) if parts or verdict.ok else f"it is {written(verdict.got, verdict.key)}"


def slip(found: Explanation) -> str:
    """A slip in words, with its working: ``896 without the biases: params = F·F·C·K = 3·3·3·32 = 864``."""
    ways = [f"{way.said}{': ' if way.steps else ''}{', '.join(map(equation, way.steps))}" for way in found.ways]
    return f"{written(found.right, found.key)} {' or '.join(ways)}"


def data(verdict: Verdict) -> dict[str, Any]:
    """A verdict as in the JSON."""
    values = (*verdict[:3], as_data(verdict.expected), as_data(verdict.got), verdict.ok, message(verdict))
    return dict(zip(KEYS, values, strict=True))


def render(verdicts: Iterable[list[Verdict]], format: str, *, to_file: bool = False) -> Iterator[str]:
    """The verdicts, file by file, as pieces of text in one of FORMATS."""
    form = {"json": _json, "csv": _csv, "markdown": _markdown, "junit": _junit}.get(format)
    if form:
        yield from form(verdicts)
    else:
        yield _table(verdicts, to_file=to_file)


class _Tally:
    """Counts verdicts as they pass."""

    def __init__(self) -> None:
        self.passed = self.failed = 0

    def of(self, verdicts: Iterable[list[Verdict]]) -> Iterator[Verdict]:
        for file in verdicts:
            for verdict in file:
                self.passed += verdict.ok
                self.failed += not verdict.ok
                yield verdict

    def __str__(self) -> str:
        return f"{number(self.passed)} passed, {number(self.failed)} failed"


def _json(verdicts: Iterable[list[Verdict]]) -> Iterator[str]:
    return json.pieces(_fields(verdicts))


def _fields(verdicts: Iterable[list[Verdict]]) -> Iterator[tuple[str, Any]]:
    tally = _Tally()
    yield "problems", map(data, tally.of(verdicts))
    yield "passed", tally.passed
    yield "failed", tally.failed


def _csv(verdicts: Iterable[list[Verdict]]) -> Iterator[str]:
    yield ",".join(KEYS) + "\n"
    for verdict in _Tally().of(verdicts):
        values = [written(v, verdict.key, "x", separators=False) for v in (verdict.expected, verdict.got)]
        yield csv_line([verdict.file, verdict.id, verdict.key, *values, str(verdict.ok).lower(), message(verdict)])


def _both(verdict: Verdict) -> tuple[str, str]:
    return written(verdict.expected, verdict.key), written(verdict.got, verdict.key)


def _row(verdict: Verdict) -> dict[str, str]:
    kind = "right" if verdict.ok else "ERROR" if verdict.key is None else "wrong"
    values = (kind, verdict.file, verdict.id or "", verdict.key or "", *_both(verdict), message(verdict))
    return {column.key: value for column, value in zip(_COLUMNS, values, strict=True)}


def _table(verdicts: Iterable[list[Verdict]], *, to_file: bool) -> str:
    tally, rows, left_out = _Tally(), [], 0
    for verdict in tally.of(verdicts):
        if left_out and verdict.ok:
            left_out += 1
            continue
        rows.append(_row(verdict))
        if len(rows) == LISTED + 1 and not left_out:
            wrong = [row for row in rows if row["verdict"] != "right"]
            left_out, rows = len(rows) - len(wrong), wrong
    footer = [f"{number(left_out)} right answers are not listed"] if left_out else []
    files = {row["file"] for row in rows}
    columns = [column for column in _COLUMNS if column.key != "file" or len(files) > 1]
    sheet = Sheet(files.pop() if len(files) == 1 else "", columns, rows, [*footer, str(tally)])
    return write(sheet, "table", to_file=to_file) if rows else "\n".join(sheet.footer) + "\n"


def _markdown(verdicts: Iterable[list[Verdict]]) -> Iterator[str]:
    tally = _Tally()
    yield "| " + " | ".join(column.heading for column in _COLUMNS) + " |\n|" + " --- |" * len(_COLUMNS) + "\n"
    for verdict in tally.of(verdicts):
        yield "| " + " | ".join(markdown(printable(cell)) for cell in _row(verdict).values()) + " |\n"
    yield f"\n{tally}\n"


def _junit(verdicts: Iterable[list[Verdict]]) -> Iterator[str]:
    """A suite for each file, a case for each answer."""
    return junit.write("cnncalc check", ((file[0].file, list(map(_case, file))) for file in verdicts if file))


def _case(verdict: Verdict) -> junit.Case:
    group, name = verdict.id or verdict.file, verdict.key or "problem"
    if verdict.ok:
        return junit.Case(group, name)
    outcome = "error" if verdict.key is None else "failure"
    return junit.Case(group, name, outcome, "expected {}, got {}".format(*_both(verdict)), message(verdict))
