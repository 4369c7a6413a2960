"""The command line. Light to import: what a command takes and needs is loaded when it is named."""

from __future__ import annotations

import errno
import io
import os
import sys
from collections.abc import Sequence

from ...errors import InputError, SnnConvertError, one_line
from ...version import __version__
from .commands import COMMANDS, HELP
from .parser import Parser


def top_parser() -> Parser:
    """The parser of the command line without a command: help and version."""
    top = Parser(
        prog="snnconvert",
        description="Turn text CNNs into spiking CNNs; measure accuracy, spikes and robustness.",
    )
    top.add_argument("--version", action="version", version=f"snnconvert {__version__}")
    _add_debug(top)
    commands = top.add_subparsers(title="commands", metavar="COMMAND", parser_class=Parser)
    for name, text in HELP.items():
        commands.add_parser(name, help=text)
    return top


def command_parser(name: str) -> Parser:
    """The parser of the command ``name``, with its options."""
    text = HELP[name]
    parser = Parser(prog=f"snnconvert {name}", description=text[0].upper() + text[1:] + ".")
    _add_debug(parser)
    COMMANDS[name].options(parser)
    return parser


def _add_debug(parser: Parser) -> None:
    parser.add_argument("--debug", action="store_true", help="show the traceback of an error")


def main(words: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit code (0, 1 failure, 2 bad input, 130 interrupt)."""
    words = list(sys.argv[1:] if words is None else words)
    _lenient_output()
    try:
        code = _dispatch(words)
        sys.stdout.flush()
        return code
    except SystemExit as end:  # argparse ends so after --help and --version
        return int(end.code or 0)
    except KeyboardInterrupt:
        again = "the same command goes on from here"
        if "--force" in words:
            again = "the same command without --force goes on from here"
        start = "\n" if sys.stderr.isatty() else ""  # the terminal has shown ^C
        print(f"{start}snnconvert: interrupted; {again}", file=sys.stderr)
        return 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except Exception as error:  # the last stop: no error may end in a traceback
        if "--debug" in words:
            raise
        print(f"snnconvert: {_explained(error)}", file=sys.stderr)
        return error.exit_code if isinstance(error, SnnConvertError) else 1


def _explained(error: Exception) -> str:
    """One line for the user about ``error``."""
    if isinstance(error, SnnConvertError):
        return one_line(error)
    if isinstance(error, OSError) and error.errno == errno.ENOSPC:
        return f"no space left on the disk ({one_line(error)}); free some and run it again"
    kind = type(error).__name__
    return f"failed with {kind}: {one_line(error)}; run again with --debug for the traceback"


def _lenient_output() -> None:
    """Let a terminal that cannot show a character get an escape for it, not an error."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _dispatch(words: list[str]) -> int:
    name = next((word for word in words if not word.startswith("-")), None)
    if name is not None and name in COMMANDS:
        rest = words[:]
        rest.remove(name)
        return _run(name, rest)
    if name is not None:
        import difflib

        near = difflib.get_close_matches(name, COMMANDS, n=1)
        hint = f"did you mean {near[0]}? " if near else ""
        raise InputError(
            f"unknown command {name!r}: {hint}expected one of {', '.join(COMMANDS)}; "
            "see snnconvert --help"
        )
    top_parser().parse_args(words)  # --help and --version end here
    raise InputError(f"expected a command: {', '.join(COMMANDS)}; see snnconvert --help")


def _run(name: str, words: list[str]) -> int:
    """Run the command ``name`` with the options in ``words``."""
    from ...progress import silenced
    from ..run_folder.run_folder import RunFolder
    from .config_file import parse

    given = parse(command_parser(name), words)
    for path in given.get("runs") or [given[key] for key in ("run",) if key in given]:
        RunFolder(path)  # before anything heavy is loaded
    if "run" in given and given.get("dataset"):
        from ..data_place import place_data

        place_data(RunFolder(given["run"]), given["dataset"])
    with silenced(given.get("quiet", False)):
        return int(COMMANDS[name].run(given) or 0)
