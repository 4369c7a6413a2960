"""What fine-tuning takes from its run: teacher and word dropout, as recorded and as used."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from snnconvert.__main__ import main
from snnconvert.errors import InputError
from snnconvert.pipelines.finetune.by_run import by_run
from snnconvert.pipelines.run_folder.run_folder import RunFolder
from snnconvert.pipelines.settings.finetune import FinetuneSettings

NAMES = {"teacher", "teacher_share", "temperature", "lessons", "word_dropout"}


@pytest.fixture
def run(tiny_run: Path, tmp_path: Path) -> Path:
    """A run of its own."""
    shutil.copytree(tiny_run, tmp_path / "run")
    return tmp_path / "run"


def tuned(run: Path, *words: str) -> dict[str, object]:
    """Fine-tune by the command line; the settings that are written down."""
    short = ["--epochs", "1", "--tensorboard", "false", "--quiet"]
    assert main(["finetune", str(run), *short, *words]) == 0
    return dict(RunFolder(run).config()["finetuned"])


def weights(run: Path) -> bytes:
    return (run / "finetuned" / "weights.safetensors").read_bytes()


def test_the_ann_teaches_by_default_and_words_are_hidden(run: Path) -> None:
    made = tuned(run, "--force")
    assert (made["teacher"], made["lessons"], made["word_dropout"]) == ("ann", "ann", 0.25)


def test_a_stage_of_before_either_is_done(run: Path) -> None:
    made = tuned(run, "--force", "--teacher", "labels", "--word-dropout", "0")
    assert not NAMES & made.keys()
    before = weights(run)
    assert tuned(run) == made and weights(run) == before
    again = tuned(run, "--force")
    assert again["teacher"] == "ann"


def test_labels_do_not_count_at_a_share_of_one(run: Path) -> None:
    """The same bits from a loss of other labels: with weights for classes, which labels choose."""
    tuned(run, "--force", "--teacher", "ann", "--teacher-share", "1", "--dropout", "0")
    before = weights(run)
    tuned(run, "--force", "--teacher-share", "1", "--dropout", "0", "--class-weights", "true")
    assert weights(run) == before


def test_how_much_a_teacher_counts_is_taken_over_where_it_is_left_open(run: Path) -> None:
    """Also beside the teacher of the ANN, whose own share and temperature are others."""
    folder = RunFolder(run)
    taught = {"teacher": "/somewhere", "teacher_share": 0.4, "temperature": 3.0}
    config = folder.config()
    config["ann"] |= taught
    folder.config = lambda: config  # type: ignore[method-assign]
    for given, share, temperature in (
        (FinetuneSettings(), 0.4, 3.0),
        (FinetuneSettings(teacher_share=0.7), 0.7, 3.0),
        (FinetuneSettings(temperature=9.0), 0.4, 9.0),
        (FinetuneSettings(teacher="ann"), 0.7, 2.0),
    ):
        found = by_run(folder, "finetuned", given, force=True)
        assert (found.teacher_share, found.temperature) == (share, temperature)
        assert found.teacher == (given.teacher or "/somewhere")


def test_a_stage_that_is_done_is_not_taken_for_one_with_another_share(run: Path, capsys) -> None:
    tuned(run, "--force", "--teacher-share", "0.4")
    assert tuned(run)["teacher_share"] == 0.4  # left open: as it was
    capsys.readouterr()
    assert main(["finetune", str(run), "--epochs", "1", "--teacher-share", "0.9", "--quiet"]) == 2
    assert "teacher_share was 0.4, now 0.9" in capsys.readouterr().err


def test_spike_counts_have_no_teacher(run: Path) -> None:
    assert by_run(RunFolder(run), "finetuned", FinetuneSettings(loss="spike_counts"), True) == (
        FinetuneSettings(loss="spike_counts", word_dropout=0.25)
    )


def test_no_words_are_hidden_where_there_are_none(run: Path) -> None:
    config = run / "config.yaml"
    config.write_text(config.read_text("utf-8").replace("data:\n", "data:\n  stage: mean\n", 1))
    folder = RunFolder(run)
    assert by_run(folder, "finetuned", FinetuneSettings(), True).word_dropout == 0
    with pytest.raises(InputError, match="leave --word-dropout out"):
        by_run(folder, "finetuned", FinetuneSettings(word_dropout=0.1), True)


@pytest.mark.parametrize(
    "words, said",
    [
        (["--loss", "spike_counts", "--teacher", "ann"], "give --loss mean_logits"),
        (["--teacher", "nowhere"], "expected a run folder at"),
        (["--teacher-share", "0"], "above 0 and at most 1 for --teacher-share"),
        (["--temperature", "0"], "above 0 for --temperature"),
        (["--temperature", "3", "--teacher", "labels"], "temperature only with a teacher"),
        (["--teacher-share", "0.2", "--loss", "spike_counts"], "teacher_share only with a teacher"),
        (["--adversarial", "deepwordbug", "--teacher", "ann"], "leave --teacher out"),
    ],
)
def test_bad_input_is_one_line(run: Path, capsys, words: list[str], said: str) -> None:
    before = weights(run)
    assert main(["finetune", str(run), "--force", "--quiet", *words]) == 2
    shown = capsys.readouterr().err.strip()
    assert said in shown and "\n" not in shown and weights(run) == before
