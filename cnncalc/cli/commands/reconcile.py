"""``cnncalc reconcile``."""

from __future__ import annotations

import re
from typing import Annotated

import typer

from cnncalc.cli import io, options
from cnncalc.errors import UsageError
from cnncalc.render import reconcile as render
from cnncalc.spec.demand import TOTALS

EXAMPLE = "Examples: cnncalc reconcile @worked-example --value 183136; cnncalc reconcile @resnet-18 --value 11.7M"


def reconcile(
    spec: options.SpecOrInput,
    value: Annotated[
        str,
        typer.Option(
            "--value",
            metavar="N",
            help="The number of the other tool, rounded or not (11.7M).",
            show_default=False,
        ),
    ],
    line: options.Line = None,
    quantity: Annotated[
        str,
        typer.Option(
            "--quantity", metavar="NAME", help="The quantity of that number.", autocompletion=options.complete(TOTALS)
        ),
    ] = "params",
    layer: Annotated[
        str | None,
        typer.Option(
            "--layer",
            metavar="NAME",
            help="The layer or block [default: the totals].",
            autocompletion=options.complete_layers,
        ),
    ] = None,
    tolerance: Annotated[
        str | None,
        typer.Option(
            "--tolerance", metavar="T", help="Relative, for rounded numbers [default: 0, or the rounding of 11.7M]."
        ),
    ] = None,
    format: Annotated[str | None, options.format_option(render.FORMATS)] = None,
    output: options.Output = None,
    limit: options.Limit = None,
) -> int:
    """Find the convention or slip that explains a different number. Exit code 1 if none does."""
    from cnncalc.check.answer_key import Truth
    from cnncalc.check.slips.reconcile import reconcile as search
    from cnncalc.spec.demand import Key

    format = options.form(format, output, render.FORMATS)
    options.choose("--quantity", quantity, TOTALS)
    with options.arguments(line):
        net = options.network(spec, line, options.limits(limit))
        summary = net.summary()
    if layer is not None and layer not in {*summary.rows_by_name, *net.network.blocks}:
        raise summary.unknown(layer)
    number, rounding = _in_full(value)
    allowed = rounding if tolerance is None else _tolerance(tolerance)
    found = search(Truth(net.network), Key(layer, quantity), number, allowed)
    io.emit(render.render(found, format), output)
    return 0 if found.agrees or found.ways else 1


_SHORT = re.compile(r"(\d{1,15})(?:[.](\d{1,6}))? ?([kKMGB])", re.ASCII)
_POWERS = {"k": 3, "K": 3, "M": 6, "G": 9, "B": 9}


def _in_full(text: str) -> tuple[str, float]:
    """A number such as 11.7M written out, and the relative tolerance for its rounding; other texts unchanged."""
    found = _SHORT.fullmatch(text.strip())
    if found is None:
        return text, 0.0
    whole, decimals, unit = found[1], found[2] or "", _POWERS[found[3]]
    number = int(whole + decimals) * 10**unit // 10 ** len(decimals)
    return str(number), 10**unit / 10 ** len(decimals) / 2 / number if number else 0.0


def _tolerance(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = -1.0
    if not 0 <= number < 1:
        raise UsageError(f'--tolerance "{text}" is not a number from 0 to 1', help="--tolerance 0.001")
    return number
