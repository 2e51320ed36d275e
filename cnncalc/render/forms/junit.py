"""JUnit's XML, as a program that runs tests reads it: suites of cases, each passed, failed or in error."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from cnncalc.render.forms.text import printable


class Case(NamedTuple):
    """One answer. ``outcome`` is "passed", "failure" or "error"; ``message`` is the short form of ``why``."""

    group: str
    name: str
    outcome: str = "passed"
    message: str = ""
    why: str = ""


def write(title: str, suites: Iterable[tuple[str, list[Case]]]) -> Iterator[str]:
    """The lines of a file: ``suites`` gives the name and the cases of one suite at a time."""
    from xml.sax.saxutils import escape, quoteattr

    def quoted(text: str) -> str:
        return quoteattr(printable(text))

    yield f'<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name={quoted(title)}>\n'
    for name, cases in suites:
        failures, errors = (sum(case.outcome == outcome for case in cases) for outcome in ("failure", "error"))
        yield f'  <testsuite name={quoted(name)} tests="{len(cases)}" failures="{failures}" errors="{errors}">\n'
        for case in cases:
            opening = f"    <testcase classname={quoted(case.group)} name={quoted(case.name)}"
            if case.outcome == "passed":
                yield f"{opening}/>\n"
            else:
                why = f"<{case.outcome} message={quoted(case.message)}>{escape(printable(case.why))}</{case.outcome}>"
                yield f"{opening}>{why}</testcase>\n"
        yield "  </testsuite>\n"
    yield "</testsuites>\n"
