"""Options made from settings: choices that grow at run time, and old names of renamed options."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from snnconvert.errors import InputError
from snnconvert.options import Choices, option
from snnconvert.pipelines.cli import main
from snnconvert.pipelines.cli.arguments import add_settings, settings_from
from snnconvert.pipelines.cli.config_file import parse
from snnconvert.pipelines.cli.parser import Parser
from snnconvert.pipelines.settings.fields import Settings
from snnconvert.registry import Registry

CODES: Registry[object] = Registry("code", "no.such.package", "CODE", ("saf", "direct"))


@dataclass(frozen=True)
class Coding(Settings):
    """How values are coded."""

    code: str = option("saf", "input code", CODES)
    soft_threshold: float = option(0.0, "of words", old_names=("tau", "shrinking"), least=0)
    rules: tuple[str, ...] = option(("auto",), "rules", Choices("auto", CODES))


@dataclass(frozen=True)
class Job(Settings):
    """Everything."""

    coding: Coding = field(default_factory=Coding)
    flat: Coding = field(default_factory=Coding, metadata={"prefix": ""})


def parser(settings: type) -> Parser:
    made = Parser(prog="snnconvert job")
    made.add_argument("--config")
    made.add_argument("texts", nargs="*")
    add_settings(made, settings)
    return made


def read(*words: str) -> Coding:
    return settings_from(Coding, parse(parser(Coding), words))


def test_choices_are_those_of_the_registry_and_load_nothing() -> None:
    text = parser(Coding).format_help()
    assert "--code {saf,direct}" in text
    assert read("--code", "direct", "--rules", "auto,direct").rules == ("auto", "direct")
    with pytest.raises(InputError, match="expected one of saf, direct, but got 'mine'"):
        read("--code", "mine")
    with pytest.raises(InputError, match="expected rules to be of auto, saf, direct, but got 'm"):
        Coding(rules=("mine",))
    assert "no.such.package" not in sys.modules


def test_a_name_added_at_run_time_is_a_choice() -> None:
    CODES.add("mine", object())
    try:
        assert "--code {saf,direct,mine}" in parser(Coding).format_help()
        assert read("--code", "mine", "--rules", "mine").rules == ("mine",)
        assert Coding(code="mine").code == "mine"
    finally:
        CODES.remove("mine")
    with pytest.raises(InputError, match="expected code to be of saf, direct, but got 'mine'"):
        Coding(code="mine")


def test_choices_of_several_parts() -> None:
    choices = Choices("auto", ("saf", "auto"), CODES)
    assert list(choices) == ["auto", "saf", "direct"] and len(choices) == 3
    assert "direct" in choices and "a" not in choices and not Choices()


@pytest.mark.parametrize("words", [["--tau", "0.5"], ["--tau=0.5"], ["--shrinking", "0.5"]])
def test_an_old_name_goes_on_working_and_says_the_new_one(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert read(*words).soft_threshold == 0.5
    old = words[0].partition("=")[0]
    said = f"snnconvert: {old} is called --soft-threshold now; the old name still works\n"
    assert capsys.readouterr().err == said
    assert read("--soft-threshold", "0.25").soft_threshold == 0.25
    assert capsys.readouterr().err == ""


def test_old_names_are_in_no_help_and_no_suggestion() -> None:
    made = parser(Coding)
    assert "tau" not in made.format_help() and "--tau" not in made.option_names()
    with pytest.raises(InputError, match="expected a number, but got 'much'") as caught:
        parse(made, ["--tau", "much"])
    assert "argument --soft-threshold" in str(caught.value)
    with pytest.raises(InputError, match="of at least 0 for --soft-threshold, but got -1"):
        read("--tau", "-1")


def test_words_after_two_dashes_are_no_options() -> None:
    assert parse(parser(Coding), ["--", "--tau"])["texts"] == ["--tau"]


def test_old_names_with_a_prefix_and_in_a_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "job.yaml"
    path.write_text("coding: {tau: 0.5}\nshrinking: 2\n", "utf-8")
    given = parse(parser(Job), ["--config", str(path), "--coding.tau", "0.75"])
    job = settings_from(Job, given)
    assert (job.coding.soft_threshold, job.flat.soft_threshold) == (0.75, 2.0)
    assert capsys.readouterr().err.splitlines() == [
        f"snnconvert: coding.tau in {path} is called coding.soft_threshold now; the old name still "
        "works",
        f"snnconvert: shrinking in {path} is called soft_threshold now; the old name still works",
        "snnconvert: --coding.tau is called --coding.soft-threshold now; the old name still works",
    ]


@pytest.mark.parametrize("number", [2**53 + 1, -(2**53) - 1, 10**30])
@pytest.mark.parametrize("option", ["--seed", "--max-length", "--epochs"])
def test_a_number_that_no_file_of_a_run_can_hold_makes_no_run(
    option: str, number: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It stood in config.yaml, which the same command then took for damaged, again and again."""
    out = tmp_path / "run"
    words = ["--dataset", "builtin-en", "--dim", "4", "--out", str(out), "--quiet"]
    assert main(["train", *words, option, str(number)]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1 and f"{option}: expected a whole number from -" in error
    assert not out.exists()


def test_nor_does_a_seed_from_python(tmp_path: Path) -> None:
    from snnconvert.pipelines.settings import DataSettings, TrainSettings
    from snnconvert.pipelines.train import train

    out, data = tmp_path / "run", DataSettings(dataset="builtin-en", dim=4)
    with pytest.raises(InputError, match=f"to {2**53} for seed, but got {2**60}"):
        train(out, data, TrainSettings(epochs=1), seed=2**60)
    assert not (out / "config.yaml").exists()
