"""The command line. Light to import: each command loads what it needs when it runs."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from typing import Any

from .. import __version__
from ..errors import InputError, SnnConvertError, one_line
from .arguments import Parser, add_settings, parse, settings_from
from .settings import (
    AttackSettings,
    ConvertSettings,
    DataSettings,
    FinetuneSettings,
    RunSettings,
    TrainSettings,
)

Given = dict[str, Any]
MODELS = ("ann", "snn", "finetuned")


def _train(given: Given) -> None:
    from .summary import print_stage
    from .train import train

    data, settings = settings_from(DataSettings, given), settings_from(TrainSettings, given)
    print_stage(train(given["out"], data, settings, given["seed"], given["force"]), "ann")


def _convert(given: Given) -> None:
    from .convert import convert
    from .summary import print_stage

    settings = settings_from(ConvertSettings, given)
    print_stage(convert(given["run"], settings, given["seed"], given["force"]), "snn")


def _finetune(given: Given) -> None:
    from .finetune import finetune
    from .summary import print_stage

    settings = settings_from(FinetuneSettings, given)
    print_stage(finetune(given["run"], settings, given["seed"], given["force"]), "finetuned")


def _attack(given: Given) -> None:
    from .attack import attack
    from .summary import print_stage

    settings = settings_from(AttackSettings, given)
    print_stage(attack(given["run"], settings, given["seed"], given["force"]), "attack")


def _run(given: Given) -> None:
    from .run import run_all

    run_all(given["out"], settings_from(RunSettings, given), given["force"])


def _report(given: Given) -> None:
    from .report import report

    print(report(given["run"]))


def _evaluate(given: Given) -> None:
    from .evaluate import evaluate

    evaluate(given["run"], given["model"], given["split"], given["data"], given["json"])


def _predict(given: Given) -> None:
    from .predict import predict

    predict(given["run"], given["text"], given["model"], given["json"])


def _data(given: Given) -> None:
    from .datasets import get_dataset, show_datasets

    if given["action"] == "list":
        show_datasets(given["data_dir"])
    else:
        get_dataset(given["name"], given["data_dir"])


def _doctor(given: Given) -> int:
    from .doctor import doctor

    return doctor(given["data_dir"])


def _demo(given: Given) -> None:
    from .demo import demo

    demo(given["out"])


def _add_run(parser: Parser) -> None:
    parser.add_argument("run", metavar="RUN", help="run folder")


def _add_work(parser: Parser) -> None:
    """Options of every command that makes a stage of a run."""
    parser.add_argument("--config", metavar="FILE", help="YAML file of options of this command")
    parser.add_argument(
        "--force", action="store_true", help="do it again, and drop the stages that build on it"
    )


def _add_seed(parser: Parser) -> None:
    parser.add_argument("--seed", type=_whole, default=0, help="seed of every draw (default: 0)")


def _whole(text: str) -> int:
    import argparse

    try:
        return int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"expected a whole number, but got {text!r}") from None


def build_parser() -> tuple[Parser, dict[str, Parser]]:
    """The parser of the whole command line, and that of each command."""
    top = Parser(
        prog="snnconvert",
        description="Turn text CNNs into spiking CNNs; measure accuracy, spikes and robustness.",
    )
    top.add_argument("--version", action="version", version=f"snnconvert {__version__}")
    top.add_argument("--debug", action="store_true", help="show the traceback of an error")
    commands = top.add_subparsers(title="commands", metavar="COMMAND", parser_class=Parser)

    made: dict[str, Parser] = {}

    def command(name: str, function: Callable[[Given], int | None], text: str) -> Parser:
        parser = commands.add_parser(name, help=text, description=text[0].upper() + text[1:] + ".")
        parser.set_defaults(function=function, command=name)
        parser.add_argument("--debug", action="store_true", default=False, help="show tracebacks")
        made[name] = parser
        return parser

    run = command("run", _run, "train, convert, fine-tune, attack and report, in one run folder")
    run.add_argument("--out", required=True, metavar="RUN", help="run folder to make or resume")
    run.add_argument(
        "--steps",
        type=_whole,
        dest="convert.steps",
        metavar="T",
        default=_absent(),
        help="time steps T, the same as --convert.steps",
    )
    _add_work(run)
    add_settings(run, RunSettings)

    train = command("train", _train, "train a TextCNN on an English or Chinese data set")
    train.add_argument("--out", required=True, metavar="RUN", help="run folder to make or resume")
    _add_seed(train)
    _add_work(train)
    add_settings(train, DataSettings)
    add_settings(train, TrainSettings)

    stages: list[tuple[str, Callable[[Given], None], type, str]] = [
        ("convert", _convert, ConvertSettings, "convert the TextCNN to a spiking CNN"),
        ("finetune", _finetune, FinetuneSettings, "fine-tune the SNN with surrogate gradients"),
        ("attack", _attack, AttackSettings, "attack ANN and SNN with TextAttack on the same texts"),
    ]
    for name, function, settings, text in stages:
        parser = command(name, function, text)
        _add_run(parser)
        _add_seed(parser)
        _add_work(parser)
        add_settings(parser, settings)

    _add_run(command("report", _report, "write RUN/report.html from the run's results"))
    _build_queries(command)
    return top, made


def _build_queries(command: Callable[[str, Callable[[Given], int | None], str], Parser]) -> None:
    """The commands that only look: evaluate, predict, data, doctor, demo."""
    evaluate = command("evaluate", _evaluate, "measure a model of a run on a split or a file")
    _add_run(evaluate)
    evaluate.add_argument("--model", choices=MODELS, default="finetuned", help="which model")
    evaluate.add_argument("--split", choices=("train", "dev", "test"), default="test", help="split")
    evaluate.add_argument("--data", metavar="FILE", help="a TSV, CSV or JSONL file instead")
    evaluate.add_argument("--json", action="store_true", help="print JSON")

    predict = command("predict", _predict, "classify texts with a model of a run")
    _add_run(predict)
    predict.add_argument("text", nargs="+", metavar="TEXT", help="texts to classify")
    predict.add_argument(
        "--model", choices=MODELS, default=None, help="which model (the last made)"
    )
    predict.add_argument("--json", action="store_true", help="print JSON")

    data = command("data", _data, "list the named data sets, or download one from its source")
    data.add_argument("action", choices=("list", "get"), help="what to do")
    data.add_argument("name", nargs="?", metavar="NAME", help="data set to get")
    data.add_argument("--data-dir", metavar="DIR", help="folder of the data sets")

    doctor = command("doctor", _doctor, "check versions, libraries, data folders and NLTK data")
    doctor.add_argument("--data-dir", metavar="DIR", help="folder of the data sets")

    demo = command("demo", _demo, "run the whole job on the built-in English and Chinese reviews")
    demo.add_argument("--out", default="demo-runs", metavar="DIR", help="folder of the two runs")


def _absent() -> Any:
    import argparse

    return argparse.SUPPRESS


def main(words: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit code (0, 1 failure, 2 bad input, 130 interrupt)."""
    words = list(sys.argv[1:] if words is None else words)
    debug = "--debug" in words
    try:
        return _dispatch(words)
    except SnnConvertError as error:
        if debug:
            raise
        print(f"snnconvert: {one_line(error)}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print("\nsnnconvert: interrupted; the same command goes on from here", file=sys.stderr)
        return 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except (OSError, MemoryError, RuntimeError, ImportError) as error:
        if debug:
            raise
        kind = type(error).__name__
        print(
            f"snnconvert: failed with {kind}: {one_line(error)}; run again with --debug for the "
            "traceback",
            file=sys.stderr,
        )
        return 1


def _dispatch(words: list[str]) -> int:
    top, commands = build_parser()
    if not words:
        top.print_help()
        return 2
    name = next((word for word in words if not word.startswith("-")), None)
    if name in commands:
        rest = words[:]
        rest.remove(name)
        given = parse(commands[name], rest)
    else:
        given = vars(top.parse_args(words))
    if "function" not in given:
        raise InputError("expected a command; see snnconvert --help")
    code = given["function"](given)
    return int(code or 0)
