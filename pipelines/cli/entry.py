"""The command line. Light to import: what a command takes and needs is loaded when it is named."""

from __future__ import annotations

import argparse
import io
import os
import sys
from collections.abc import Sequence
from contextlib import ExitStack

from ...errors import InputError, SnnConvertError
from ...formatting import meant, printable
from ...version import __version__
from ..parallel.ranks import Ranks, find_ranks
from ..parallel.speech import one_speaks, refuse_several, speaker
from .commands import COMMANDS, GROUPS, HELP
from .failures import explained, is_too_long
from .parser import Parser


def top_parser() -> Parser:
    """The parser of the command line without a command: help and version."""
    top = Parser(
        prog="snnconvert",
        usage="snnconvert COMMAND [options]",
        description="Turn text CNNs into spiking CNNs; measure accuracy, spikes and robustness.",
        epilog="snnconvert COMMAND --help shows the options of a command.",
    )
    top.add_argument("--version", action="version", version=f"snnconvert {__version__}")
    _add_debug(top)
    commands = top.add_subparsers(help=argparse.SUPPRESS, parser_class=Parser)
    title, line = "commands", ""
    for name, text in HELP.items():
        commands.add_parser(name, help=text)
        title, line = GROUPS.get(name, (title, line))
        # argparse shows all commands under one heading; here each stands in its group
        top.group(title, line)._group_actions.append(commands._choices_actions[-1])
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
    with ExitStack() as around:
        return _main(words, around)


def _main(words: list[str], around: ExitStack) -> int:
    """Run the command line; ``around`` is what stays open until its last word is said."""
    ranks = Ranks()
    try:
        ranks = find_ranks()
        with one_speaks():
            code = _dispatch(words, around)
            sys.stdout.flush()
        return code
    except SystemExit as end:  # argparse ends so after --help and --version
        return int(end.code or 0)
    except KeyboardInterrupt:
        again = "the same command goes on from here"
        if not any(word in COMMANDS and COMMANDS[word].resumes for word in words):
            again = "the same command begins anew"
        elif "--force" in words:
            again = "the same command without --force goes on from here"
        start = "\n" if sys.stderr.isatty() else ""  # the terminal has shown ^C
        if ranks.first:
            print(f"{start}snnconvert: interrupted; {again}", file=sys.stderr)
        return 130
    except BrokenPipeError:
        _close_output()
        return 1
    except Exception as error:  # the last stop: no error may end in a traceback
        if "--debug" in words:
            raise
        if isinstance(error, OSError):
            _close_output()  # what could not be written is not tried again at the end
        _say(explained(error, lambda: _options(words)), speaker(error, ranks))
        if is_too_long(error):
            return InputError.exit_code
        return error.exit_code if isinstance(error, SnnConvertError) else 1


def _options(words: Sequence[str]) -> list[str]:
    """The names of the options of the command that was given; none where there is none."""
    name = next((word for word in words if word in COMMANDS), None)
    return [] if name is None else list(command_parser(name).option_names())


def _say(error: str, speaker: str) -> None:
    """Say what went wrong: in one line, but for a terminal that is narrower."""
    from ..display.screen import columns, fitted

    if speaker:
        print(fitted(printable(f"{speaker}: {error}"), columns(sys.stderr)), file=sys.stderr)


def _close_output() -> None:
    """Let standard output go nowhere, where it cannot be written any more."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _lenient_output() -> None:
    """Let a terminal that cannot show a character get an escape for it, not an error."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _dispatch(words: list[str], around: ExitStack) -> int:
    name = next((word for word in words if not word.startswith("-")), None)
    if name is not None and name in COMMANDS:
        rest = words[:]
        rest.remove(name)
        return _run(name, rest, around)
    if name is not None:
        raise InputError(
            f"unknown command {name!r}: expected one of {', '.join(COMMANDS)}"
            f"{meant(name, COMMANDS)}; see snnconvert --help"
        )
    top_parser().parse_args(words)  # --help and --version end here
    raise InputError(f"expected a command: {', '.join(COMMANDS)}; see snnconvert --help")


def _run(name: str, words: list[str], around: ExitStack) -> int:
    """Run the command ``name`` with the options in ``words``."""
    from ...progress import silenced
    from ..run_folder.run_folder import RunFolder
    from ..run_folder.seed_folders import runs_in
    from .config_file import parse

    parser = command_parser(name)
    if not COMMANDS[name].together:
        refuse_several(f"snnconvert {name}")
    given, first = parse(parser, words), find_ranks().first
    if given.get("print_config"):
        from .print_config import config_text

        print(config_text(parser, given), end="")
        return 0
    named = [folder for path in given.get("runs", ()) for folder in runs_in(path)]
    for path in named or [given[key] for key in ("run",) if given.get(key)]:
        RunFolder(path)  # before anything heavy is loaded
    if given.get("log_file") and first:
        import shlex

        from .log_file import logged

        around.enter_context(logged(given["log_file"], shlex.join(["snnconvert", name, *words])))
    if "run" in given and given.get("dataset") and first:
        from ..sources.place import place_data

        place_data(RunFolder(given["run"]), given["dataset"])
    with silenced(given.get("quiet", False)):
        return int(COMMANDS[name].run(given) or 0)
