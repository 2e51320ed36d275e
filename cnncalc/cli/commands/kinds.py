"""``cnncalc kinds``."""

from __future__ import annotations

from typing import Annotated

import typer

from cnncalc import kinds as registry
from cnncalc.cli import io, options
from cnncalc.errors import UsageError
from cnncalc.explain import blocks
from cnncalc.explain.kind import Description, describe
from cnncalc.kinds.base.kind import Kind
from cnncalc.network.foreign import suggestion
from cnncalc.render import kinds as render
from cnncalc.spec import vocabulary

EXAMPLE = "Example: cnncalc kinds conv"


def _described(word: str, every: dict[str, type[Kind]]) -> Description:
    """The page of a kind or a block, by our name or another framework's. Raises UsageError."""
    meaning = None if word in every or word in blocks.PAGES else vocabulary.kind(word)
    ours = meaning.kind if meaning else word
    if ours in blocks.PAGES:  # the kind moe is only the row of its sum
        return blocks.describe(ours)
    if ours in every:
        return describe(every[ours])
    several = vocabulary.several(word)
    if several:
        raise UsageError(f'"{word}" could mean {" or ".join(several)}', help=f"cnncalc kinds {several[0]}")
    hint = vocabulary.unsaid(word) or suggestion(word, blocks.PAGES)
    raise UsageError(f'no kind of layer is called "{word}"', help=hint)


def kinds(
    kind: Annotated[
        str | None,
        typer.Argument(
            metavar="KIND",
            help="Show this kind with its rules; any framework's name for it will do.",
            autocompletion=options.complete_kinds,
        ),
    ] = None,
    format: Annotated[str | None, options.format_option(render.FORMATS)] = None,
    output: options.Output = None,
) -> int:
    """List the kinds of layers and blocks, or show one in full."""
    format = options.form(format, output, render.FORMATS)
    every = registry.every()
    if kind is None:
        text = render.as_list(
            [describe(found) for word, found in every.items() if word not in blocks.PAGES], format, to_file=bool(output)
        )
    else:
        text = render.one(_described(kind, every), format, to_file=bool(output))
    io.emit(text, output)
    return 0
