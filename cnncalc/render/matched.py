"""How the columns of an answer sheet were understood, line by line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnncalc.render.forms.text import printable

if TYPE_CHECKING:
    from cnncalc.check.marking.sheets import Sheet

_HEADING = 60  # characters of a heading that are shown
_LISTED = 30  # columns that are not used


def matched(sheet: Sheet, asked: list[tuple[str, str]]) -> list[str]:
    """Lines with the meaning of each column; none for a sheet whose heading uses our own words.

    ``asked`` are all expected answers, each a problem and a key.
    """
    columns, lines = sheet.columns, []
    if sheet.encoding:
        lines.append(f"{printable(sheet.name)}: not UTF-8; it was read as {sheet.encoding}")
    if columns.plain:
        return lines
    named = [f"  student: {' and '.join(_column(columns.heading[place]) for place in columns.student)}"]
    if columns.wide:
        answers = {place: column for column, places in columns.answers.items() for place in places}
        named += [f"  {printable(' '.join(p))}: {_column(columns.heading[answers[p]])}" for p in asked if p in answers]
        missing = [printable(" ".join(place)) for place in asked if place not in answers]
        used = {*columns.answers, *columns.student}
    else:
        roles = {
            role: column for role, column in columns.roles.items() if role in ("problem", "key", "answer", "layout")
        }
        named += [f"  {role}: {_column(columns.heading[column])}" for role, column in roles.items()]
        missing, used = [], {*roles.values(), *columns.student}
    spare = [_column(name) for place, name in enumerate(columns.heading) if place not in used and name.strip()]
    form = "a row for each student" if columns.wide else "a row for each answer"
    lines += [f"{printable(sheet.name)}: {form}", *named]
    lines += [f"  no column for: {_some(missing)}"] if missing else []
    lines += [f"  not used: {_some(spare)}"] if spare else []
    return lines


def _some(names: list[str]) -> str:
    more = f" and {len(names) - _LISTED} more" if len(names) > _LISTED else ""
    return ", ".join(names[:_LISTED]) + more


def _column(heading: str) -> str:
    text = " ".join(heading.split())
    return f'"{printable(text if len(text) <= _HEADING else text[:_HEADING] + "...")}"'
