"""Arguments and options that commands share. They are taken as text and parsed here, so that messages are ours."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from cnncalc.errors import SpecError, UsageError, nearest
from cnncalc.limits import LIMITS, Limits
from cnncalc.shape import LAYOUTS, WITH_BATCH, layout_word
from cnncalc.units import BINARY, DECIMAL

if TYPE_CHECKING:
    from cnncalc.api import Net


def complete_files(incomplete: str) -> list[str]:
    """The packaged examples for a word that begins with @; for others the shell completes file names."""
    if not incomplete.startswith("@"):
        return []
    from cnncalc.spec import packaged

    return [f"@{name}" for name in packaged.specs() if f"@{name}".startswith(incomplete)]


def complete_examples(incomplete: str) -> list[str]:
    """The packaged examples by name."""
    from cnncalc.spec import packaged

    return [name for name in packaged.specs() if name.startswith(incomplete)]


def complete_kinds(incomplete: str) -> list[str]:
    """The kinds of layers."""
    from cnncalc import kinds

    return [word for word in kinds.every() if word.startswith(incomplete)]


def complete_layers(ctx: typer.Context, incomplete: str) -> list[str]:
    """The layers and blocks of the network named earlier on the line."""
    from cnncalc.errors import CnncalcError

    spec, *line = ctx.args or [ctx.params.get("spec") or "", *(ctx.params.get("line") or ())]
    try:
        net = network(spec, line, Limits())
    except CnncalcError:
        return []
    names = [*(layer.name for layer in net.network.layers), *net.network.blocks]
    return [name for name in dict.fromkeys(names) if name.startswith(incomplete)]


def complete(choices: Iterable[str], *, several: bool = False) -> Callable[[str], list[str]]:
    """A completion to one of ``choices``, or with ``several`` of the last of words separated by commas."""

    def completed(incomplete: str) -> list[str]:
        before, comma, last = incomplete.rpartition(",") if several else ("", "", incomplete)
        return [before + comma + choice for choice in choices if choice.startswith(last)]

    return completed


Spec = Annotated[
    str,
    typer.Argument(
        metavar="SPEC", help="A YAML layer spec, or @NAME of cnncalc examples; - reads standard input.",
        show_default=False, autocompletion=complete_files,
    ),
]  # fmt: skip
SpecOrInput = Annotated[
    str,
    typer.Argument(
        metavar="SPEC", help="A YAML layer spec, @NAME of cnncalc examples or - for standard input; or sizes, as in "
        "28x28x1, that LAYERs follow.", show_default=False, autocompletion=complete_files,
    ),
]  # fmt: skip
Line = Annotated[
    list[str] | None,
    typer.Argument(metavar="[LAYER...]", help="Layers as calc takes them, after sizes.", show_default=False),
]
Output = Annotated[
    str | None, typer.Option("--output", "-o", metavar="FILE", help="Write to FILE, whole or not at all.")
]
Networks = Annotated[
    str | None,
    typer.Option(
        "--networks", metavar="DIR",
        help="Allow problems to use networks below DIR [default: below each problem file's folder].",
    ),
]  # fmt: skip
Limit = Annotated[
    list[str] | None,
    typer.Option("--limit", metavar="NAME=VALUE", help="Raise a limit, such as layers=20000.", show_default=False),
]
MaxMemory = Annotated[
    str | None, typer.Option("--max-memory", metavar="SIZE", help="Such as 8GiB [default: half of the free memory].")
]
Depth = Annotated[
    str | None,
    typer.Option(
        "--depth", metavar="N",
        help="Show blocks down to level N as single rows; 0: every layer [default: what fits on a page].",
        show_default=False,
    ),
]  # fmt: skip
Layout = Annotated[
    str | None,
    typer.Option(
        "--layout",
        metavar="LAYOUT",
        help="Order in which sizes are shown, such as channels_first or NCHW; the file itself says how it is written.",
        show_default=False,
        autocompletion=complete((*LAYOUTS, *WITH_BATCH)),
    ),
]
LineLayout = Annotated[
    str | None,
    typer.Option(
        "--layout",
        metavar="LAYOUT",
        help="Order in which sizes are read and shown, such as channels_first or NCHW.",
        show_default=False,
        autocompletion=complete((*LAYOUTS, *WITH_BATCH)),
    ),
]
Strict = Annotated[bool, typer.Option("--strict", help="Exit code 1 for any finding; a rounded size is a finding too.")]
Check = Annotated[bool, typer.Option("--check", help="Exit with code 1 only for errors, such as a failed expect.")]


_UNITS = {**BINARY, **DECIMAL, "B": 1}


def limits(settings: list[str] | None, max_memory: str | None = None) -> Limits:
    """The limits that ``--limit`` and ``--max-memory`` set. Raises UsageError."""
    raised = {}
    for setting in settings or []:
        name, _, text = setting.partition("=")
        if name not in LIMITS:
            raise UsageError(
                f'--limit {setting}: no limit is called "{name}"', help=nearest(name, LIMITS) or ", ".join(LIMITS)
            )
        if not (text.isascii() and text.isdigit() and len(text) <= 19):
            raise UsageError(f'--limit {setting}: "{text}" is not a whole number', help=f"--limit {name}=1000")
        raised[name] = int(text)
    return Limits(**raised if max_memory is None else {**raised, "memory": _memory(max_memory)})


def _memory(value: str) -> int:
    """The bytes of a ``--max-memory``. Raises UsageError."""
    found = re.fullmatch(rf"(\d{{1,6}}(?:\.\d{{1,3}})?) ?({'|'.join(_UNITS)})?", value, re.ASCII)
    if not found or not (size := int(float(found[1]) * _UNITS[found[2] or "B"])):
        raise UsageError(f'--max-memory "{value}" is not a size', help=f"--max-memory 8GiB; units: {', '.join(_UNITS)}")
    return size


def format_option(formats: Iterable[str]) -> object:
    """A ``--format`` that takes ``formats``."""
    known = tuple(formats)
    return typer.Option(
        "--format", "-f", metavar="FORMAT", show_default=False, autocompletion=complete(known),
        help=f"One of {', '.join(known)} [default: by the ending of --output, or {known[0]}].",
    )  # fmt: skip


_ENDINGS = {
    ".csv": ("csv",), ".json": ("json",), ".md": ("markdown",), ".tex": ("latex",), ".xml": ("junit", "moodle"),
    ".gift": ("gift",), ".zip": ("qti",), ".yaml": ("yaml",), ".yml": ("yaml",),
}  # fmt: skip


def form(given: str | None, output: str | None, formats: Iterable[str]) -> str:
    """The format ``given``; else the one of ``formats`` for the ending of ``output``, else the first of them.

    Raises UsageError.
    """
    known = tuple(formats)
    if given is not None:
        return choose("--format", given, known)
    meant = _ENDINGS.get(os.path.splitext(output or "")[1].lower(), ())
    return next((format for format in meant if format in known), known[0])


def network(spec: str, line: list[str] | None, bounds: Limits, given: list[str] | None = None) -> Net:
    """The network in the file ``spec``, or of sizes ``spec`` and the layers of a line; ``given``: demands to solve for.

    Raises as the library does.
    """
    from cnncalc import api

    if not line:
        if _are_sizes(spec) and not os.path.exists(spec):
            raise UsageError(f"{spec} gives only sizes; layers should follow", help=f"{spec} conv:10,kernel=5 dense:10")
        return api.load(spec, bounds)
    if spec == "-" or spec.startswith("@") or (not _are_sizes(spec) and os.path.exists(spec)):
        raise UsageError(f'"{line[0]}" is not expected after {spec}: a file has its own layers')
    return api.calc(spec, *line, limits=bounds, given=given)


def _are_sizes(text: str) -> bool:
    parts = text.lower().replace("×", "x").split("x")
    return len(parts) > 1 and all(part.strip().isalnum() and len(part) < 20 for part in parts) and parts[0].isdigit()


@contextmanager
def arguments(line: list[str] | None) -> Iterator[None]:
    """Turn errors in the layers of a line into usage errors: they are not about a file."""
    try:
        yield
    except SpecError as error:
        if line:
            raise UsageError(error.problems) from None
        raise


def choose(option: str, value: str, choices: Iterable[str]) -> str:
    """``value`` if it is one of ``choices``. Raises UsageError."""
    known = list(choices)
    if value not in known:
        hint = nearest(value, known)
        listed = f"one of {', '.join(known)}"
        raise UsageError(f'{option} "{value}" is not known', help=f"{hint} {listed}" if hint else listed)
    return value


def layout(value: str | None) -> str | None:
    """A word for a layout, or None. Raises UsageError."""
    return None if value is None else layout_word(value) or choose("--layout", value, [*LAYOUTS, *WITH_BATCH])


def level(value: str | None) -> int | None:
    """A ``--depth``, or None. Raises UsageError."""
    return None if value is None else whole("--depth", value, 0)


def apart(*outputs: tuple[str, str | None]) -> None:
    """Raises UsageError if two results, each an option and its path, would be written to the same file."""
    known: dict[str, tuple[str, str]] = {}
    for option, path in outputs:
        if path:
            other, written = known.setdefault(_real(path), (option, path))
            if other != option:
                raise UsageError(f"{other} and {option} are both {written}", help="two files with different names")


def _real(path: str) -> str:
    try:
        return os.path.realpath(path)
    except ValueError:  # a NUL: writing will refuse it
        return path


def off_terminal(*paths: str | None) -> None:
    """Raises UsageError if one of the ``paths`` for arrays is standard output on a terminal."""
    if "-" in paths and sys.stdout.isatty():
        raise UsageError("arrays are bytes, which a terminal cannot show", help="name a file, or use | or >")


def folder(option: str, path: str | None) -> None:
    """Raises UsageError if the ``path`` given for ``option`` is not a folder."""
    if path is not None and not os.path.isdir(path):
        raise UsageError(f"{option} {path} is not a folder", help=f"{option} DIR")


def whole(option: str, value: str, least: int, most: int | None = None) -> int:
    """A whole number from ``least`` to ``most``. Raises UsageError."""
    whole = value.isascii() and value.isdigit() and len(value) <= 18
    if whole and least <= int(value) <= (most or int(value)):
        return int(value)
    bounds = f"of {least} or more" if most is None else f"from {least} to {most}"
    raise UsageError(f'{option} "{value}" is not a whole number {bounds}', help=f"{option} {least}")


def real(option: str, value: str, above: float | None = None) -> float:
    """A number of 0 or more, or greater than ``above``. Raises UsageError."""
    try:
        number = float(value) if len(value) <= 40 and value.isascii() else -1.0
    except ValueError:
        number = -1.0
    if not (0 <= number < float("inf")) or (above is not None and number <= above):
        wanted = "of 0 or more" if above is None else f"greater than {above:g}"
        raise UsageError(f'{option} "{value}" is not a number {wanted}', help=f"{option} 0.1")
    return number
