"""``cnncalc reconcile``."""

from __future__ import annotations

from typing import Annotated

import typer

from cnncalc import api
from cnncalc.cli import io, options
from cnncalc.errors import UsageError, nearest
from cnncalc.render import reconcile as render
from cnncalc.spec.demand import TOTALS

EXAMPLE = "Example: cnncalc reconcile specs/worked-example.yaml --quantity params --value 183136"


def reconcile(
    spec: options.Spec,
    value: Annotated[
        str, typer.Option("--value", metavar="N", help="The number of the other tool.", show_default=False)
    ],
    quantity: Annotated[str, typer.Option("--quantity", metavar="NAME", help="What it is a number of.")] = "params",
    layer: Annotated[
        str | None, typer.Option("--layer", metavar="NAME", help="Of this layer or block; else of the totals.")
    ] = None,
    tolerance: Annotated[str, typer.Option("--tolerance", metavar="T", help="Relative; for rounded numbers.")] = "0",
    format: Annotated[str, options.format_option(render.FORMATS)] = "text",
    output: options.Output = None,
    limit: options.Limit = None,
) -> int:
    """Which convention or slip gives another number than this one; 1 where none does."""
    from cnncalc.check.answer_key import Truth
    from cnncalc.check.slips.reconcile import reconcile as search
    from cnncalc.spec.demand import Key

    options.choose("--format", format, render.FORMATS)
    options.choose("--quantity", quantity, TOTALS)
    net = api.load(spec, options.limits(limit))
    known = [*net.summary().rows_by_name, *net.network.blocks]
    if layer is not None and layer not in known:
        raise UsageError(f'no layer is called "{layer}"', help=nearest(layer, known))
    found = search(Truth(net.network), Key(layer, quantity), value, _tolerance(tolerance))
    io.emit(render.render(found, format), output)
    return 0 if found.agrees or found.ways else 1


def _tolerance(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = -1.0
    if not 0 <= number < 1:
        raise UsageError(f'--tolerance "{text}" is not a number from 0 to 1', help="--tolerance 0.001")
    return number
