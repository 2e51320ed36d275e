"""The application: its commands are the files of ``commands/``, each loaded when it is called."""

from __future__ import annotations

import errno
import os
from importlib import import_module
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from cnncalc import __version__
from cnncalc.cli import io
from cnncalc.errors import CnncalcError, LimitError, OutputError, Problem, UsageError, nearest
from cnncalc.spec import noted

COMMANDS = (
    "summary", "calc", "explain", "solve", "check", "paper", "run", "train", "export", "kinds", "examples", "guide",
    "schema",
)  # fmt: skip
INTERRUPTED = 130
FAULT = 70  # EX_SOFTWARE of sysexits.h: not one of the codes about the input
NO_MEMORY = Problem(
    "the system is out of memory", help="a smaller network or --batch, or a higher limit of the shell (ulimit -v)"
)
SETTINGS = {"help_option_names": ["-h", "--help"], "max_content_width": 100}

# what typer raises on bad usage; its own Click has no public name
_Usage: Any = typer.BadParameter.__mro__[2]


def _commands() -> list[str]:
    """All commands, in the order for a reader."""
    stems = {entry.partition(".")[0] for entry in os.listdir(os.path.join(os.path.dirname(__file__), "commands"))}
    found = [stem for stem in sorted(stems) if not stem.startswith("_")]
    return sorted(found, key=lambda name: COMMANDS.index(name) if name in COMMANDS else len(COMMANDS))


class _Commands(TyperGroup):
    """Loads a command when it is called, so that no command pays for the others."""

    def list_commands(self, ctx: Any) -> list[str]:
        return _commands()

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name not in _commands():
            return None
        module = import_module(f"cnncalc.cli.commands.{cmd_name}")
        single = typer.Typer(rich_markup_mode=None, add_completion=False, context_settings=SETTINGS)
        return typer.main.get_command(module.app if hasattr(module, "app") else _filled(single, cmd_name, module))

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        if args[0].startswith("@") or args[0].endswith((".yaml", ".yml", ".onnx", ".keras", ".json")) or args[0] == "-":
            args = ["summary", *args]
        elif args[0] not in _commands():
            raise _unknown(args[0])
        return super().resolve_command(ctx, args)


def _unknown(word: str) -> UsageError:
    """The hint for a word that is not a command."""
    from cnncalc import kinds
    from cnncalc.network.blocks import PLACERS

    if kinds.find(word) or word in PLACERS:
        what = "block" if word in PLACERS else "kind of layer"
        return UsageError(f"{word} is a {what}, not a command", help=f"cnncalc kinds {word}")
    return UsageError(f'there is no command "{word}"', help=nearest(word, _commands()) or "cnncalc --help")


def _filled(single: typer.Typer, name: str, module: Any) -> typer.Typer:
    single.command(name, epilog=module.EXAMPLE, context_settings=SETTINGS)(
        getattr(module, name, None) or module.command
    )
    return single


app = typer.Typer(
    cls=_Commands,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings=SETTINGS,
    epilog="Example: cnncalc calc 28x28x1 conv:10,kernel=5,padding=2 maxpool:2 dense:10",
)


def _version(wanted: bool) -> None:
    if wanted:
        io.emit(f"cnncalc {__version__}\n")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and exit.")
    ] = False,
    no_color: Annotated[bool, typer.Option("--no-color", help="No colours (as with NO_COLOR).")] = False,
) -> None:
    """Sizes, parameters, multiply-accumulates and receptive fields of networks, with the working."""
    if no_color:
        os.environ["NO_COLOR"] = "1"


def run(arguments: list[str]) -> int:
    """Run the command line; its exit code. No traceback reaches the user."""
    from cnncalc.render.messages import block

    try:
        with noted.noting():
            code = app(arguments, prog_name="cnncalc", standalone_mode=False)
        if code == INTERRUPTED:  # typer caught the KeyboardInterrupt
            raise KeyboardInterrupt
        return io.finish(code if isinstance(code, int) else 0)
    except SystemExit as stop:  # from completion, or typer caught the BrokenPipeError
        closed = isinstance(stop.__context__, BrokenPipeError)
        return io.silence() if closed else io.finish(stop.code if isinstance(stop.code, int) else 0)
    except CnncalcError as error:
        return io.complain("\n".join(block(problem) for problem in error.problems), error.exit_code)
    except _Usage as error:
        return _usage(error)
    except BrokenPipeError:
        return io.silence()
    except (KeyboardInterrupt, typer.Abort):
        return io.complain("interrupted", INTERRUPTED)
    except Exception as error:  # the last line of defence
        if isinstance(error, RecursionError):
            return io.complain("error: this is nested too deeply to compute", LimitError.exit_code)
        if isinstance(error, MemoryError) or getattr(error, "errno", None) == errno.ENOMEM:
            return io.complain(block(NO_MEMORY), LimitError.exit_code)
        if getattr(error, "errno", None) == errno.ENOSPC:  # under help, which typer writes itself
            return io.complain(f"error: standard output could not be written: {error}", OutputError.exit_code)
        return io.complain(_fault(error), FAULT)


def _fault(error: Exception) -> str:
    """A bug of ours as a block, with its place, so that it can be reported."""
    from traceback import extract_tb

    from cnncalc.render.messages import block

    place = extract_tb(error.__traceback__)[-1]
    where = f"{os.path.basename(place.filename)}:{place.lineno}"
    text = f"a fault in cnncalc {__version__}: {type(error).__name__}: {str(error)[:200]} ({where})"
    return block(Problem(text, help="please report it with the command and its input"))


def _usage(error: Any) -> int:
    """An error of typer's own parsing, in our form."""
    from cnncalc.render.messages import block

    context = getattr(error, "ctx", None)
    if type(error).__name__ == "NoArgsIsHelpError":
        return io.complain(error.format_message(), 2)
    help = f"{context.command_path} --help" if context else "cnncalc --help"
    message = error.format_message().rstrip(".")
    return io.complain(block(Problem(message[:1].lower() + message[1:], help=help)), error.exit_code)
