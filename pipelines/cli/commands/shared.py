"""What every command takes and what it runs; each loads what it needs when it runs."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any, NamedTuple

from ....errors import InputError
from ...display.output import add_output, add_quiet, tell
from ...run_folder.run_folder import RunFolder
from ...run_folder.stages import MODELS
from ...settings.attack import AttackSettings, AttackSweepSettings
from ...settings.convert import ConvertSettings, SweepSettings
from ...settings.data import DataSettings
from ...settings.energy import EnergySettings
from ...settings.engine import DeviceSettings, EngineSettings
from ...settings.finetune import FinetuneSettings
from ...settings.run import RunSettings
from ...settings.train import TrainSettings
from ..arguments import add_settings, settings_from
from ..parser import Parser

Given = dict[str, Any]


def _train(given: Given) -> None:
    data, settings = settings_from(DataSettings, given), settings_from(TrainSettings, given)
    where = settings_from(DeviceSettings, given)
    from ...train import train

    run = train(given["out"], data, settings, given["seed"], given["force"], where)
    _say(given, run, "ann")


def _say(given: Given, run: RunFolder, *stages: str) -> None:
    """What a command has made of a run: its stages as JSON, or as a table."""
    from ...display.tables import stage_text
    from ...quality.chance import warn_after

    results = run.results()
    warn_after(results, *stages)
    figures = {stage: results[stage] for stage in stages if stage in results}
    tell(given, figures, lambda: stage_text(results, stages[0]))


def _convert(given: Given) -> None:
    settings = settings_from(ConvertSettings, given)
    _check_sweep(given)
    if given["sweep"]:
        from ...convert.sweep import sweep
        from ...quality.chance import warn_of

        choices = settings_from(SweepSettings, given, "sweep.")
        text = sweep(given["run"], settings, choices, given["seed"], given["force"], _engine(given))
        warn_of(given["run"], "sweep", ("ann",))
        tell(given, None, lambda: text)
        return
    from ...convert.convert import convert

    run = convert(given["run"], settings, given["seed"], given["force"], _engine(given))
    _say(given, run, "snn")


def _check_sweep(
    given: Given, grid: tuple[tuple[str, str], ...] = (("steps", "steps"), ("encoder", "encoders"))
) -> None:
    """Refuse options that would be ignored with ``--sweep``, or without it.

    ``grid``: options that a sweep does not read, and which of its own stands in their place.
    """
    if not given["sweep"]:
        only = [name for name in given if name.startswith("sweep.")]
        if only:
            raise InputError(
                f"expected --{only[0]} with --sweep only: add --sweep, or leave it out"
            )
        return
    if given["json"]:
        raise InputError(
            "expected no --json with --sweep, whose figures are in its JSON file in the run "
            "folder: leave it out"
        )
    for name, instead in grid:
        if name in given:
            raise InputError(
                f"expected no --{name} with --sweep, which tries a list of its own: give "
                f"--sweep.{instead}"
            )


def _finetune(given: Given) -> None:
    settings = settings_from(FinetuneSettings, given)
    stages: tuple[str, ...] = ("finetuned",)
    if settings.adversarial:
        from ...finetune.adversarial import finetune_adversarially as make

        stages = ("snn-adversarial", "ann-adversarial")
    else:
        from ...finetune.finetune import finetune as make
    run = make(given["run"], settings, given["seed"], given["force"], _engine(given))
    _say(given, run, *stages)


def _attack(given: Given) -> None:
    settings = settings_from(AttackSettings, given)
    _check_sweep(given, (("victims", "encoders"), ("controls", "encoders")))
    if given["sweep"]:
        from ...attack.sweep import attack_sweep
        from ...quality.chance import warn_of

        choices = settings_from(AttackSweepSettings, given, "sweep.")
        text = attack_sweep(given["run"], settings, choices, given["seed"], _engine(given))
        warn_of(given["run"], "attack", ("ann",))
        tell(given, None, lambda: text)
        return
    from ...attack.attack import attack

    run = attack(given["run"], settings, given["seed"], given["force"], _engine(given))
    _say(given, run, "attack")


def _energy(given: Given) -> None:
    settings, where = settings_from(EnergySettings, given), settings_from(DeviceSettings, given)
    from ...energy.energy import energy
    from ...energy.outputs import summary

    found = energy(given["run"], settings, given["seed"], given["force"], where).require("energy")
    tell(given, {"energy": found}, lambda: summary(found))


def _run(given: Given) -> None:
    settings = settings_from(RunSettings, given)
    from ...display.tables import run_text
    from ...run import make_run

    run, page = make_run(given["out"], settings, given["force"], _engine(given))
    figures = run.results() | {"report": str(page)}
    tell(given, figures, lambda: f"{run_text(run)}\nreport: {page}")


def _report(given: Given) -> None:
    runs, out = given["runs"], given["out"]
    if len(runs) == 1:
        from ...report.page import report

        page = report(runs[0], out)
    else:
        from ...report.compare.page import compare

        page = compare(runs, out)
    tell(given, {"report": str(page)}, lambda: str(page))


def _evaluate(given: Given) -> None:
    from ...evaluate import evaluate

    evaluate(
        given["run"], given["model"], given["split"], given["data"], given["json"], _engine(given)
    )


def _predict(given: Given) -> None:
    from ...predict import predict

    predict(given["run"], given["text"], given["model"], given["json"], _engine(given))


def _data(given: Given) -> None:
    from ...datasets import get_dataset, show_datasets

    if given["action"] == "list":
        show_datasets(given["data_dir"])
    else:
        get_dataset(given["name"], given["data_dir"])


def _doctor(given: Given) -> int:
    from ...doctor.doctor import doctor

    return doctor(given)


def _demo(given: Given) -> None:
    from ...demo import demo

    demo(given["out"])


def _engine(given: Given) -> EngineSettings:
    return settings_from(EngineSettings, given)


def _add_run(parser: Parser) -> None:
    parser.add_argument("run", metavar="RUN", help="run folder")


def _add_work(parser: Parser) -> None:
    """Options of every command that makes a stage of a run."""
    parser.add_argument("--config", metavar="FILE", help="YAML file of options of this command")
    parser.add_argument(
        "--force", action="store_true", help="do it again, and drop the stages that build on it"
    )
    add_output(parser)


def _add_seed(parser: Parser) -> None:
    parser.add_argument("--seed", type=_whole, default=0, help="seed of every draw (default: 0)")


def _add_model(parser: Parser) -> None:
    parser.add_argument(
        "--model",
        choices=MODELS,
        help="which model (default: the last of ann, snn, finetuned that is made)",
    )


def _add_data_dir(parser: Parser) -> None:
    parser.add_argument(
        "--data-dir", metavar="DIR", help="folder of the data sets (default: SNNCONVERT_DATA)"
    )


def _whole(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"expected a whole number, but got {text!r}") from None


def _run_options(run: Parser) -> None:
    run.add_argument("--out", required=True, metavar="RUN", help="run folder to make or resume")
    run.add_argument(
        "--steps",
        type=_whole,
        dest="convert.steps",
        metavar="T",
        default=argparse.SUPPRESS,
        help="time steps T, the same as --convert.steps (default: 4)",
    )
    _add_work(run)
    add_settings(run, RunSettings)
    add_settings(run, EngineSettings)


def _train_options(train: Parser) -> None:
    train.add_argument("--out", required=True, metavar="RUN", help="run folder to make or resume")
    _add_seed(train)
    _add_work(train)
    add_settings(train, DataSettings)
    add_settings(train, TrainSettings)
    add_settings(train, DeviceSettings)


def _stage_options(settings: type) -> Callable[[Parser], None]:
    """The options of a command that goes on with a run and has ``settings``."""

    def add(parser: Parser) -> None:
        _add_run(parser)
        _add_seed(parser)
        _add_work(parser)
        add_settings(parser, settings)
        add_settings(parser, EngineSettings)

    return add


def _convert_options(convert: Parser) -> None:
    _stage_options(ConvertSettings)(convert)
    convert.add_argument(
        "--sweep",
        action="store_true",
        help="try methods, encoders and T on dev, and write RUN/recipes/best.yaml",
    )
    add_settings(convert, SweepSettings, "sweep.")


class _ListAttacks(argparse.Action):
    """Prints the attacks and ends, as ``--help`` does: no run is needed for it."""

    def __call__(self, parser: argparse.ArgumentParser, *_: Any, **__: Any) -> None:
        from ...attack.listing import list_attacks

        print(list_attacks())
        parser.exit()


def _attack_options(attack: Parser) -> None:
    _stage_options(AttackSettings)(attack)
    attack.add_argument(
        "--sweep",
        action="store_true",
        help="attack the ANN's conversions by every code, T and threshold rule instead",
    )
    attack.add_argument(
        "--list",
        action=_ListAttacks,
        nargs=0,
        help="list the attacks, what they need and leave out, and what is missing here; then end",
    )
    add_settings(attack, AttackSweepSettings, "sweep.")


def _energy_options(energy: Parser) -> None:
    _add_run(energy)
    _add_seed(energy)
    _add_work(energy)
    add_settings(energy, EnergySettings)
    add_settings(energy, DeviceSettings)


def _report_options(report: Parser) -> None:
    report.add_argument(
        "runs", nargs="+", metavar="RUN", help="run folder; several are set side by side"
    )
    report.add_argument(
        "--out",
        metavar="FILE",
        help="the page (default: RUN/report.html, of several compare.html in the first)",
    )
    add_output(report)


def _evaluate_options(evaluate: Parser) -> None:
    _add_run(evaluate)
    add_quiet(evaluate)
    _add_model(evaluate)
    evaluate.add_argument(
        "--split",
        choices=("train", "dev", "test"),
        default="test",
        help="split of the run's own data (default: test)",
    )
    evaluate.add_argument(
        "--data", metavar="FILE", help="a labelled file (TSV, CSV, JSONL) instead"
    )
    evaluate.add_argument("--json", action="store_true", help="print JSON")
    add_settings(evaluate, EngineSettings)


def _predict_options(predict: Parser) -> None:
    _add_run(predict)
    add_quiet(predict)
    predict.add_argument("text", nargs="+", metavar="TEXT", help="texts to classify")
    _add_model(predict)
    predict.add_argument("--json", action="store_true", help="print one JSON object a line")
    add_settings(predict, EngineSettings)


def _data_options(data: Parser) -> None:
    data.add_argument("action", choices=("list", "get"), help="what to do")
    data.add_argument("name", nargs="?", metavar="NAME", help="data set to get")
    _add_data_dir(data)


def _doctor_options(doctor: Parser) -> None:
    _add_data_dir(doctor)
    add_output(doctor)


def _demo_options(demo: Parser) -> None:
    demo.add_argument(
        "--out",
        default="demo-runs",
        metavar="DIR",
        help="folder of the two runs (default: demo-runs)",
    )


class Command(NamedTuple):
    """What a command runs with the given options, and the function that adds them."""

    run: Callable[[Given], int | None]
    options: Callable[[Parser], None]


COMMANDS: dict[str, Command] = {
    "run": Command(_run, _run_options),
    "train": Command(_train, _train_options),
    "convert": Command(_convert, _convert_options),
    "finetune": Command(_finetune, _stage_options(FinetuneSettings)),
    "attack": Command(_attack, _attack_options),
    "energy": Command(_energy, _energy_options),
    "report": Command(_report, _report_options),
    "evaluate": Command(_evaluate, _evaluate_options),
    "predict": Command(_predict, _predict_options),
    "data": Command(_data, _data_options),
    "doctor": Command(_doctor, _doctor_options),
    "demo": Command(_demo, _demo_options),
}
