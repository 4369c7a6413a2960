"""What several commands share: common options, and what is said at the end."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from ...errors import InputError
from ...files import read_json
from ..display.output import gap, tell
from ..run_folder.run_folder import RunFolder
from ..run_folder.stages import MODELS, OF_CONVERSION, is_model
from ..settings.engine import EngineSettings
from .arguments import add_settings, settings_from
from .next_step import say_saved
from .parser import Parser
from .values import whole

Given = dict[str, Any]
OUTPUT = ("output", "What is shown, and how.")
SETTINGS_FILE = ("how it is done", "The same settings, seed and data give the same figures.")


class Command(NamedTuple):
    """What adds the options of a command, and what runs it with those that were given.

    ``resumes``: whether the command, given again after an interrupt, goes on where it was.
    ``together``: whether several processes (of `torchrun`) share its work.
    """

    options: Callable[[Parser], None]
    run: Callable[[Given], int | None]
    resumes: bool = True
    together: bool = False


def add_run(parser: Parser) -> None:
    """The run folder that a command goes on with."""
    parser.add_argument("run", metavar="RUN", help="run folder")


def add_place(parser: Parser) -> None:
    """Where the data set of a run lies now."""
    parser.add_argument(
        "--dataset",
        metavar="PATH",
        help="where the run's data set lies now, checked by its hash and remembered (default: "
        "where it was, or found near the run, here or in SNNCONVERT_DATA)",
    )


def add_out(parser: Parser) -> None:
    """The run folder that a command makes."""
    parser.add_argument("--out", required=True, metavar="RUN", help="run folder to make or resume")


def add_work(parser: Parser) -> None:
    """Options of every command that makes a stage of a run."""
    add_config(parser)
    parser.group(*SETTINGS_FILE).add_argument(
        "--force", action="store_true", help="do it again, and drop the stages that build on it"
    )
    add_output(parser)


def add_config(parser: Parser) -> None:
    """Options of every command that has settings: a file of them."""
    group = parser.group(*SETTINGS_FILE)
    group.add_argument("--config", metavar="FILE", help="YAML file of options of this command")
    group.add_argument(
        "--print-config",
        action="store_true",
        help="print all settings as YAML, as --config takes them, and do nothing else",
    )


def add_quiet(parser: Parser, json: str = "print the figures as JSON, no table") -> None:
    """Options of commands whose answer is what they are for."""
    group = parser.group(*OUTPUT)
    group.add_argument("--quiet", action="store_true", help="show no progress bars")
    group.add_argument("--json", action="store_true", help=json)
    _add_log(parser)


def _add_log(parser: Parser) -> None:
    parser.group(*OUTPUT).add_argument(
        "--log-file",
        metavar="FILE",
        help="append all that is said to this file too, with the time (default: none)",
    )


def add_output(parser: Parser) -> None:
    """Options of commands that write what they find to files."""
    group = parser.group(*OUTPUT)
    group.add_argument(
        "--quiet",
        action="store_true",
        help="show no progress bars and no tables; warnings and errors remain",
    )
    group.add_argument(
        "--json",
        action="store_true",
        help="print the figures as one JSON document, no tables",
    )
    _add_log(parser)


def add_seed(parser: Parser) -> None:
    """The seed of a command."""
    parser.group(*SETTINGS_FILE).add_argument(
        "--seed", type=whole, default=0, metavar="N", help="seed of every draw (default: 0)"
    )


def add_model(parser: Parser) -> None:
    """Which model of a run a command is about."""
    parser.add_argument(
        "--model",
        type=model_name,
        metavar="{" + ",".join(MODELS) + "}",
        help="which model (default: the last of ann, snn, finetuned that is made); of a conversion "
        "called NAME with @NAME after it, as in snn@t4",
    )


def model_name(text: str) -> str:
    """The name of a model as a run has them.

    Raises:
        argparse.ArgumentTypeError: it is none.
    """
    if not is_model(text):
        named = ", ".join(f"{kind}@NAME" for kind in OF_CONVERSION[:2])
        raise argparse.ArgumentTypeError(
            f"expected one of {', '.join(MODELS)}, or {named} of a conversion with a name, but got "
            f"{text!r}"
        )
    return text


def add_name(parser: Parser, help: str) -> None:
    """Which of several conversions of a run a command is about."""
    parser.add_argument(
        "--name", default="", metavar="NAME", help=f"name of {help} (default: none)"
    )


def refuse_name(given: Given) -> None:
    """Refuse the name of a conversion with a sweep, which keeps none.

    Raises:
        InputError: there is a name.
    """
    if given["name"]:
        raise InputError(
            "expected no --name with --sweep, which keeps no conversion: leave it out, and convert "
            "with --recipe best --name NAME afterwards"
        )


def add_data_dir(parser: Parser) -> None:
    """Where named data sets lie."""
    parser.add_argument(
        "--data-dir", metavar="DIR", help="folder of the data sets (default: SNNCONVERT_DATA)"
    )


def add_stage(parser: Parser, *settings: type) -> None:
    """The options of a command that goes on with a run and has ``settings``."""
    add_run(parser)
    add_place(parser)
    for cls in settings:
        add_settings(parser, cls)
    add_seed(parser)
    add_work(parser)


def engine_of(given: Given) -> EngineSettings:
    """The engine that was asked for."""
    return settings_from(EngineSettings, given)


def say_stages(given: Given, run: RunFolder, *stages: str) -> None:
    """Print what a command has made of a run: its stages as JSON, or the first as a table."""
    from ..display.tables import stage_text
    from ..quality.chance import warn_after

    results = run.results()
    warn_after(results, *stages)
    figures = {stage: results[stage] for stage in stages if stage in results}
    gap()
    tell(given, figures, lambda: stage_text(results, stages[0]))
    say_saved(run, *figures)


def say_sweep(given: Given, stage: str, text: str, path: Path) -> None:
    """Print what a sweep has found, which goes by the run's ANN.

    Args:
        given: the parsed options
        stage: for the warning
        text: for people
        path: of the file that holds its figures
    """
    from ..quality.chance import warn_of

    warn_of(given["run"], stage, ("ann",))
    tell(given, {"sweep": read_json(path)}, lambda: text)


def check_sweep(given: Given, grid: dict[str, str]) -> None:
    """Refuse options that would be ignored with ``--sweep``, or without it.

    Args:
        given: the parsed options
        grid: options that a sweep does not read, and which of its own stands in their place

    Raises:
        InputError: there is such an option.
    """
    if not given["sweep"]:
        only = [name for name in given if name.startswith("sweep.")]
        if only:
            raise InputError(
                f"expected --{only[0]} with --sweep only: add --sweep, or leave it out"
            )
        return
    for name, instead in grid.items():
        if name in given:
            raise InputError(
                f"expected no --{name} with --sweep, which tries a list of its own: give "
                f"--sweep.{instead}"
            )
