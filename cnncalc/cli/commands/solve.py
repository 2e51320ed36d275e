"""``cnncalc solve``."""

from __future__ import annotations

from typing import Annotated

import typer

from cnncalc.cli import io, options
from cnncalc.errors import NoSolution, UsageError, nearest
from cnncalc.limits import Limits
from cnncalc.render import solution as render

EXAMPLE = (
    "Examples: cnncalc solve padding --input 28 --kernel 5 --stride 1 --output 28; "
    "cnncalc solve network @quiz-3-padding; "
    "cnncalc solve network 28x28x1 conv:10,k=5,p=p --given conv1.output=28x28"
)

_UNKNOWNS = ("padding", "kernel", "stride", "dilation", "input", "output", "network")


def _number(name: str, help: str) -> object:
    return typer.Option(name, metavar="N", help=help, show_default=False)


def solve(
    unknown: Annotated[
        str,
        typer.Argument(
            metavar="UNKNOWN", help=f"One of {', '.join(_UNKNOWNS)}.", autocompletion=options.complete(_UNKNOWNS)
        ),
    ],
    spec: Annotated[
        str | None,
        typer.Argument(
            metavar="[SPEC]",
            help="With network: a YAML layer spec, - for standard input; or sizes that LAYERs follow.",
            autocompletion=options.complete_files,
        ),
    ] = None,
    line: options.Line = None,
    input: Annotated[str | None, _number("--input", "Size of the input; 28x20 for two axes.")] = None,
    output: Annotated[
        str | None,
        typer.Option("--output", "-o", metavar="N", help="Size of the output. With network: the FILE to write."),
    ] = None,
    kernel: Annotated[str | None, _number("--kernel", "Size of the window.")] = None,
    stride: Annotated[str | None, _number("--stride", "Step of the window [default: 1, for a pool its size].")] = None,
    padding: Annotated[str | None, _number("--padding", "Padding of each side, or same [default: 0].")] = None,
    dilation: Annotated[str | None, _number("--dilation", "Distance of the window's elements [default: 1].")] = None,
    output_padding: Annotated[str | None, _number("--output-padding", "For a transposed_conv [default: 0].")] = None,
    kind: Annotated[
        str,
        typer.Option(
            "--kind", metavar="KIND", help="Such as transposed_conv or maxpool.", autocompletion=options.complete_kinds
        ),
    ] = "conv",
    ceil: Annotated[bool, typer.Option("--ceil", help="For a pool: round sizes up.")] = False,
    given: Annotated[
        list[str] | None,
        typer.Option(
            "--given",
            metavar="QUANTITY=VALUE",
            help="With layers on the line: a required result, such as conv1.output=28x28 or 'params<=1000'.",
            show_default=False,
        ),
    ] = None,
    format: Annotated[str | None, options.format_option(render.FORMATS)] = None,
    limit: options.Limit = None,
) -> int:
    """Find a number of a window, or the unknown letters of a spec. The algebra is shown.

    If axes differ (--input 28x20 --kernel 5x3) there is one result for each; JSON has them in a list "axes",
    each with its "axis". Exit code 1 if there is no solution.
    """
    format = options.form(format, output, render.FORMATS)
    bounds = options.limits(limit)
    texts = {"input": input, "kernel": kernel, "stride": stride, "padding": padding, "dilation": dilation,
             "output_padding": output_padding}  # fmt: skip
    if unknown == "network":
        meaningless = [name for name, text in texts.items() if text is not None] + ["ceil"] * ceil
        if meaningless:
            option = f"--{meaningless[0].replace('_', '-')}"
            raise UsageError(f"{option} does not apply to a network", help="write it in the spec")
        return _network(spec, line, given, format, output, bounds)
    if unknown not in _UNKNOWNS:
        raise UsageError(f'"{unknown}" cannot be solved for', help=nearest(unknown, _UNKNOWNS) or ", ".join(_UNKNOWNS))
    if spec is not None:
        raise UsageError(f'"{spec}" is not expected here', help=f"cnncalc solve network {spec}")
    from cnncalc.solve import axes

    found, problems = axes.solve(unknown, {**texts, "output": output}, bounds, kind, ceil=ceil)
    if format == "json" or not problems:
        io.emit(render.windows(found, format))
    if problems:
        raise NoSolution(problems)
    return 0


def _network(
    spec: str | None, line: list[str] | None, given: list[str] | None, format: str, output: str | None, bounds: Limits
) -> int:
    if spec is None:
        raise UsageError("network needs a SPEC", help="cnncalc solve network @quiz-3-padding")
    if given and not line:
        raise UsageError("--given is for layers on the line", help=f"write given: {{...}} into {spec}")
    from cnncalc.solve.unsolved import Unsolved

    with options.arguments(line):
        net = options.network(spec, line, bounds, given)
        try:
            io.emit(render.network(net.solve(), format), output)
        except Unsolved as error:
            if format == "json":
                io.emit(render.network(error.answer, format), output)
            raise
    return 0
