"""``cnncalc generate``."""

from __future__ import annotations

from typing import Annotated

import typer

from cnncalc.check.papers.topics import LEVELS, MOST_CHOICES, TOPICS
from cnncalc.cli import io, options
from cnncalc.cli.files import Files
from cnncalc.errors import UsageError
from cnncalc.render import papers as render

EXAMPLE = "Example: cnncalc generate --topic window,parameters --level medium --number 10 --seed 7 --format markdown"


def generate(
    topic: Annotated[
        str,
        typer.Option(
            "--topic",
            "-t",
            metavar="NAMES",
            help=f"Some of {', '.join(TOPICS)}.",
            autocompletion=options.complete(TOPICS, several=True),
            show_default="all of them",
        ),
    ] = ",".join(TOPICS),
    level: Annotated[
        str,
        typer.Option(
            "--level", metavar="LEVEL", help=f"One of {', '.join(LEVELS)}.", autocompletion=options.complete(LEVELS)
        ),
    ] = "easy",
    number: Annotated[str, typer.Option("--number", "-n", metavar="N", help="How many problems.")] = "10",
    seed: Annotated[str, typer.Option("--seed", metavar="N", help="The same seed gives the same paper.")] = "0",
    choices: Annotated[
        str, typer.Option("--choices", metavar="N", help="Answers to choose from, 2 to 8; 0: open questions.")
    ] = "0",
    format: Annotated[str | None, options.format_option(render.FORMATS)] = None,
    solution: Annotated[
        str | None, typer.Option("--solution", metavar="FILE", help="Write the key to a file of its own.")
    ] = None,
    output: options.Output = None,
) -> int:
    """Generate worked exam problems from a seed. They come as a problem file, a paper, or for a learning platform."""
    from cnncalc.check.papers import generate as maker

    format = options.form(format, output, render.FORMATS)
    if solution is not None and format not in render.APART:
        raise UsageError(f"--solution: a {format} file holds its key", help=f"--format {', '.join(render.APART)}")
    if solution == "-":
        raise UsageError("--solution needs a file of its own", help="--solution FILE")
    options.apart(("--output", output), ("--solution", solution))
    topics = [options.choose("--topic", name.strip(), TOPICS) for name in topic.split(",")]
    many = options.whole("--choices", choices, 0, MOST_CHOICES)
    if many == 1:
        raise UsageError("--choices 1 leaves nothing to choose", help="--choices 4, or 0 for open questions")
    count = options.whole("--number", number, 1, maker.MOST)
    drawn = options.choose("--level", level, LEVELS)
    papers = [maker.generate(topics, drawn, count, options.whole("--seed", seed, 0), many)]
    holds_key = format == "yaml" and solution is None
    result = render.key(papers, format) if holds_key else render.render(papers, format)
    with Files() as files:
        if solution is not None:
            files.write(solution, render.key(papers, format).encode("utf-8"))
        io.emit_result(result, output, files)
    return 0
