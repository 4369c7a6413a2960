"""The command line is light: help, versions and bad options need none of the heavy libraries."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from dataclasses import fields, is_dataclass
from pathlib import Path

import pytest

from snnconvert import __version__
from snnconvert.attacks.presets import PRESETS
from snnconvert.pipelines import settings
from snnconvert.pipelines.cli import COMMANDS as NAMES
from snnconvert.pipelines.cli import command_parser, main
from snnconvert.pipelines.cli.parser import Parser
from snnconvert.pipelines.settings.sizes import train_defaults
from snnconvert.text.datasets.named import dataset_names

HEAVY = {"torch", "textattack", "numpy", "gensim", "jieba", "sklearn", "matplotlib", "scipy"}
HEAVY |= {"spikingjelly", "transformers", "nltk", "datasets", "jinja2", "tensorboard", "pandas"}
COMMANDS = {name: command_parser(name) for name in NAMES}

LOADED = """
import contextlib, io, json, sys
{code}
print(json.dumps(sorted(sys.modules)), file=sys.__stdout__)
"""
MAIN = """
from snnconvert.pipelines.cli import main
with contextlib.redirect_stdout(io.StringIO()):
    code = main({words!r})
assert code == {code}, code
"""


@pytest.mark.parametrize(
    "code",
    [
        "import snnconvert",
        "import snnconvert.convert.recipes.published as p; assert p.PUBLISHED['lv2023'].options",
        MAIN.format(words=["--help"], code=0),
        *(MAIN.format(words=[name, "--help"], code=0) for name in NAMES),
        MAIN.format(words=["--version"], code=0),
        MAIN.format(words=["train", "--epochs", "0", "--out", "none"], code=2),
    ],
    ids=["import", "recipes", "help", *(f"{n} help" for n in NAMES), "version", "bad option"],
)
def test_loads_nothing_heavy(code: str, tmp_path: Path) -> None:
    command = [sys.executable, "-c", LOADED.format(code=code)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=True)
    assert not HEAVY & set(json.loads(done.stdout))


def test_help_loads_few_modules(tmp_path: Path) -> None:
    """Beyond what argparse needs; how long it takes is measured in `benchmarks`."""

    def loaded(code: str) -> set[str]:
        command = [sys.executable, "-c", LOADED.format(code=code)]
        done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=True)
        return set(json.loads(done.stdout))

    more = loaded(MAIN.format(words=["--help"], code=0)) - loaded("import argparse")
    assert "snnconvert.pipelines.cli.parser" in more and len(more) < 50, sorted(more)


def test_python_m(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "snnconvert", "--version"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=True)
    assert done.stdout == f"snnconvert {__version__}\n" and done.stderr == ""


@pytest.mark.parametrize("name", COMMANDS)
def test_help_of_every_command(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([name, "--help"]) == 0
    printed, said = capsys.readouterr()
    assert printed.startswith(f"usage: snnconvert {name}") and said == ""
    for action in COMMANDS[name]._actions:
        for option in action.option_strings:
            assert option in printed


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_has_help_and_says_its_default(name: str) -> None:
    parser: Parser = COMMANDS[name]
    switches = (argparse._StoreTrueAction, argparse._HelpAction)  # and any other without a value
    for action in parser._actions:
        assert action.help, action
        without = {"--out", "--config", "--data"} if name != "demo" else {"--config"}
        if not action.option_strings or isinstance(action, switches) or action.nargs == 0:
            continue
        if not without & set(action.option_strings):
            assert "(default: " in action.help, action.option_strings


def test_defaults_in_the_help_are_those_of_the_settings() -> None:
    shown = {a.dest: a.help for a in COMMANDS["run"]._actions}
    assert "(default: 3,4,5)" in str(shown["train.widths"])
    assert "(default: true)" in str(shown["train.tensorboard"])
    assert f"(default: {settings.FinetuneSettings().lr})" in str(shown["finetune.lr"])
    assert "(default: all)" in str(shown["limit"])
    assert "(default: none)" in str(shown["finetune.adversarial"])
    # what training fills in by itself
    filled = train_defaults(settings.TrainSettings(), 480, own_vectors=True)
    assert f"(default: {filled.lr})" in str(shown["train.lr"])
    assert f"(default: {filled.word_dropout} where" in str(shown["train.word_dropout"])
    assert "(default: up to 10 times --lr for few" in str(shown["train.vector_lr"])
    assert "(default: the recipe's)" in str(shown["convert.steps"])


@pytest.mark.parametrize("name", ["epochs", "patience", "batch-size", "lr", "vector-lr", "dim"])
def test_none_is_the_default_of_what_is_chosen_by_the_data(name: str) -> None:
    words = vars(COMMANDS["train"].parse_args(["--out", "x", f"--{name}", "none"]))
    assert words[name.replace("-", "_")] is None


def test_choices_are_those_of_the_rooms_below() -> None:
    """Settings name choices in words, to be light; they must be the ones that are there."""
    from snnconvert.convert.thresholds import RULES
    from snnconvert.convert.thresholds.spec import GRANULARITIES, LOCATIONS, SOURCES
    from snnconvert.models.encoders import CODES, MAPPINGS
    from snnconvert.models.encoders.books import BOOKS
    from snnconvert.models.spikes import POOLING_RULES
    from snnconvert.pipelines.run_folder.stages import MODELS

    def choices(owner: type, name: str) -> set[str]:
        return set(next(f for f in fields(owner) if f.name == name).metadata["choices"])

    assert choices(settings.ConvertSettings, "encoder") == {*CODES, *BOOKS}
    assert choices(settings.ConvertSettings, "mapping") == {"auto", *MAPPINGS}
    assert choices(settings.ConvertSettings, "threshold") == set(RULES)
    assert choices(settings.ConvertSettings, "granularity") == set(GRANULARITIES)
    assert choices(settings.ConvertSettings, "source") == set(SOURCES)
    assert choices(settings.ConvertSettings, "location") == set(LOCATIONS)
    assert choices(settings.ConvertSettings, "pooling") == {"auto", *POOLING_RULES}
    assert choices(settings.AttackSettings, "presets") == {"auto", *PRESETS}
    assert set(settings.AttackSettings().victims) == set(MODELS) - {"spiking"}
    text = next(f for f in fields(settings.DataSettings) if f.name == "dataset").metadata["help"]
    assert all(name in text for name in dataset_names())


def test_every_setting_is_an_option_of_run_and_of_its_own_command() -> None:
    run = {a.dest for a in COMMANDS["run"]._actions}
    for part in fields(settings.RunSettings):
        value = getattr(settings.RunSettings(), part.name)
        if not is_dataclass(value):
            continue
        own = {"data": "train", "adversarial": "finetune"}.get(part.name, part.name)
        prefix = part.metadata.get("prefix", f"{part.name}.")
        there = {a.dest for a in COMMANDS[own]._actions}
        for item in fields(value):
            assert f"{prefix}{item.name}" in run and item.name in there


def test_a_settings_file_and_options_over_it(tmp_path: Path) -> None:
    from snnconvert.pipelines.cli.arguments import settings_from
    from snnconvert.pipelines.cli.config_file import parse

    path = tmp_path / "run.yaml"
    path.write_text(
        "dataset: mr\nsteps: 7\ntrain: {lr: 1e-2, widths: [2, 3], train_vectors: yes}\n"
        "finetune.epochs: 2\nlimit: null\n"
    )
    words = ["--config", str(path), "--out", "x", "--train.lr", "0.5"]
    given = settings.RunSettings(
        data=settings.DataSettings(dataset="mr"),
        train=settings.TrainSettings(lr=0.5, widths=(2, 3), train_vectors=True),
        convert=settings.ConvertSettings(steps=7),
        finetune=settings.FinetuneSettings(epochs=2),
    )
    assert settings_from(settings.RunSettings, parse(COMMANDS["run"], words)) == given


def test_the_folder_may_be_named_in_the_settings_file(tmp_path: Path) -> None:
    from snnconvert.pipelines.cli.config_file import parse

    path = tmp_path / "train.yaml"
    path.write_text("out: somewhere\nepochs: 2\n")
    given = parse(COMMANDS["train"], ["--config", str(path)])
    assert (given["out"], given["epochs"]) == ("somewhere", 2)


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: settings.TrainSettings(epochs=0), "epochs"),
        (lambda: settings.TrainSettings(widths=()), "widths"),
        (lambda: settings.ConvertSettings(encoder="morse"), "encoder"),
        (lambda: settings.FinetuneSettings(lr=float("inf")), "lr"),
        (lambda: settings.DataSettings(limit=1), "limit"),
    ],
)
def test_settings_check_themselves(make: object, says: str) -> None:
    from snnconvert.errors import InputError

    assert callable(make)
    with pytest.raises(InputError, match=says):
        make()


def test_output_that_cannot_show_a_character(tmp_path: Path) -> None:
    """A terminal without Unicode gets an escape, not an error."""
    code = "from snnconvert.pipelines.cli import main; import sys; sys.exit(main(sys.argv[1:]))"
    words = ["convert", "无此目录"]
    done = subprocess.run(
        [sys.executable, "-c", code, *words],
        capture_output=True,
        cwd=tmp_path,
        env={"PYTHONIOENCODING": "ascii", "PATH": "", "LC_ALL": "C.UTF-8"},
        check=False,
    )
    assert done.returncode == 2 and b"\\u65e0" in done.stderr and b"Traceback" not in done.stderr
