"""A text stage of a user's own: characters in place of words, through every command."""

from __future__ import annotations

from pathlib import Path

import pytest

from snnconvert import TextClassifier
from snnconvert.pipelines.cli import main
from snnconvert.tests.helpers.journey import command, journey, results
from snnconvert.text.stages import STAGES
from snnconvert.text.stages.fitting import Cutter
from snnconvert.text.stages.load import load_stage
from snnconvert.text.stages.words import TextStage


class Characters(TextStage):
    """Every character that is no blank has an id."""

    kind = "characters"

    @classmethod
    def cutter(cls, language: str) -> Cutter:
        return lambda text: [character for character in text.lower() if not character.isspace()]


@pytest.fixture
def stage():
    yield STAGES.add("characters", Characters)
    STAGES.remove("characters")


@pytest.mark.long
def test_characters_through_every_command(stage: type[TextStage], tmp_path: Path) -> None:
    run = tmp_path / "run"
    found = journey(run, train=("--stage", "characters", "--max-length", "60"))
    assert found["data"]["vocabulary"] < 80  # letters, digits and marks
    assert "characters" in (run / "config.yaml").read_text("utf-8")
    few = ("--examples", "2", "--query-budget", "20", "--controls", "none")
    command("attack", str(run), "--presets", "deepwordbug", *few)
    assert results(run)["attack"]["rows"]
    classifier = TextClassifier.load(run)
    assert isinstance(classifier.stage, Characters)
    assert classifier.segment("A b!") == ["a", "b", "!"]
    assert [len(ids) for ids in classifier.stage.encode(["ab c", "x" * 90])] == [3, 60]
    assert load_stage(run / "text") == classifier.stage


def test_without_it_its_runs_say_what_is_missing(
    stage: type[TextStage], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = str(tmp_path / "run")
    small = ("--limit", "40", "--dim", "4", "--epochs", "1", "--channels", "2", "--widths", "2")
    command("train", "--out", run, "--stage", "characters", *small)
    member = STAGES["characters"]
    STAGES.remove("characters")
    capsys.readouterr()
    try:
        assert main(["predict", run, "good"]) == 2
    finally:
        STAGES.add("characters", member)
    said = capsys.readouterr().err
    assert said.count("\n") == 1 and "expected the text stage to be of words" in said
    assert "where it is of your own, import what adds it first" in said


def test_runs_of_words_say_nothing_of_it(tiny_run: Path) -> None:
    assert "stage: words" not in (tiny_run / "config.yaml").read_text("utf-8")
    assert "kind" not in (tiny_run / "text" / "stage.json").read_text("utf-8")
