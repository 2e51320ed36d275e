"""Questions about one window from texts: along one axis, or along each of several."""

from __future__ import annotations

from typing import Any

from cnncalc.errors import Problem, Source, SpecError, UsageError
from cnncalc.kinds.base.padding import CAUSAL
from cnncalc.limits import Limits
from cnncalc.shape import SPATIAL
from cnncalc.solve.unsolved import Unsolved
from cnncalc.solve.window_solution import WindowSolution, window
from cnncalc.spec import values
from cnncalc.spec.node import Scalar
from cnncalc.spec.values import Context
from cnncalc.symbolic.expr import Expr

_LEAST = {"padding": 0, "output_padding": 0}


def solve(
    unknown: str, texts: dict[str, str | None], limits: Limits, kind: str = "conv", *, ceil: bool = False
) -> tuple[dict[str, WindowSolution], list[Problem]]:
    """The answers along each axis, by its name (``""`` where all axes are alike), and why there are none.

    ``texts`` has None for what is not given. Raises UsageError with the argument and the form expected, or LimitError.
    """
    given = {name: _read(name, text, Context(limits)) for name, text in texts.items() if text is not None}
    if unknown in given:
        raise UsageError(f"{unknown} is what is asked for, and it is given", help=f"leave --{unknown} out")
    if unknown != "output" and any(isinstance(number, Expr) for sizes in given.values() for number in sizes):
        raise UsageError("letters may only be carried into the output", help="cnncalc solve output --input m ...")
    counts = {name: len(sizes) for name, sizes in given.items() if len(sizes) > 1}
    if len(set(counts.values())) > 1:
        listed = ", ".join(f"--{name} has {count}" for name, count in counts.items())
        raise UsageError(f"different numbers of axes: {listed}", help="sizes are spatial only, as in 28x20, or one")
    _need_spatial(texts["input"], given, counts)
    axes = max(counts.values(), default=1)
    asked = [{name: sizes[axis % len(sizes)] for name, sizes in given.items()} for axis in range(axes)]
    alike = all(one == asked[0] for one in asked)
    found: dict[str, WindowSolution] = {}
    problems: list[Problem] = []
    for name, one in [("", asked[0])] if alike else zip(SPATIAL[axes], asked, strict=True):
        try:
            found[name] = window(unknown, kind=kind, ceil=ceil, **one)
        except Unsolved as error:
            found[name] = error.answer
            along = f"along the {name}: " if name else ""
            problems += [problem._replace(text=along + problem.text) for problem in error.problems]
    return found, problems


def _need_spatial(text: str | None, given: dict[str, list[Any]], counts: dict[str, int]) -> None:
    """Raise UsageError for the input 28x28x3 beside one number for all axes: an image with its channels is meant."""
    if counts == {"input": 3} and len(given["input"]) == 3:
        height, width, _ = given["input"]
        each = "x".join([str(given["kernel"][0])] * 3) if given.get("kernel") else "3x3x3"
        raise UsageError(
            f"--input {text} could be an image with its channels, or the three axes of a volume",
            help=f"--input {height}x{width} for an image, whose channels are left out; --kernel {each} for a volume",
        )


def _read(name: str, text: str, context: Context) -> list[Any]:
    """One number for each axis, or a word for the padding."""
    if name == "padding" and text.strip().lower() in CAUSAL:
        return [text.strip().lower()]
    source = Source(f"--{name.replace('_', '-')}", text)
    node = Scalar(text.strip(), source.at(0, max(1, len(text))))
    try:
        return values.sizes(node, context, source.name, _LEAST.get(name, 1), most=3)
    except SpecError as error:
        raise UsageError(error.problems) from None
