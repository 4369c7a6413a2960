"""Runs with a writing of their own: every command, moved folders, old runs, bad dictionaries."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import yaml

from snnconvert import TextClassifier
from snnconvert.interop.npz import read_npz
from snnconvert.pipelines.cli import main
from snnconvert.pipelines.data import load_run_stage
from snnconvert.pipelines.run_folder.again import command_for
from snnconvert.pipelines.run_folder.run_folder import RunFolder
from snnconvert.tests.helpers.golden import GOLDEN
from snnconvert.tests.helpers.journey import command, results
from snnconvert.text.datasets.dataset import load_dataset
from snnconvert.text.writing.script import to_script

SMALL = (
    "--dim",
    "4",
    "--epochs",
    "1",
    "--channels",
    "2",
    "--widths",
    "2",
    "--tensorboard",
    "false",
)
SIMPLIFIED, TRADITIONAL = "这个酒店的麻辣香锅很好吃１０分", "這個酒店的麻辣香鍋很好吃10分"


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Reviews in traditional characters, some with invisible and full-width ones; a dictionary."""
    folder = tmp_path_factory.mktemp("tables")
    train = load_dataset("builtin-zh", limit=60).train
    rows = []
    for k, (label, text) in enumerate(zip(train.labels, train.texts, strict=True)):
        more = ("\u200b", "ＯＫ", "")[min(k, 2)]
        rows.append(f"{label}\t{to_script(text, 'traditional')[:-1]}{more}麻辣香鍋{text[-1]}\n")
    (folder / "reviews.tsv").write_text("".join(rows), "utf-8")
    (folder / "words.txt").write_text("麻辣香鍋 1000 n\n史蒂夫·乔布斯\n", "utf-8")
    return folder


@pytest.fixture(scope="module")
def made(tables: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    run = tmp_path_factory.mktemp("runs") / "run"
    words = ("--script", "simplified", "--user-dict", str(tables / "words.txt"))
    command("train", "--out", str(run), "--dataset", str(tables / "reviews.tsv"), *words, *SMALL)
    command("convert", str(run), "--steps", "2")
    return run


def test_the_results_say_what_was_done(made: Path) -> None:
    found = results(made)["data"]["writing"]
    assert (found["clean"], found["script"]) == ("all", "simplified")
    changed = found["changed"]
    # the reader of files has left the zero width space out already
    assert changed["wide"] == 1 and changed["invisible"] == 0
    assert changed["texts"] == changed["script"] == 60
    assert "user_dict.txt" in results(made)["data"]["files"]


def test_both_scripts_are_one_at_every_command(
    made: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    assert main(["predict", str(made), SIMPLIFIED, TRADITIONAL, "--json"]) == 0
    one, other = map(json.loads, capsys.readouterr().out.splitlines())
    assert one["probabilities"] == other["probabilities"]
    classifier = TextClassifier.load(made)
    assert "麻辣香锅" in classifier.stage.segment(TRADITIONAL)
    assert "麻辣香鍋" in classifier.segment(TRADITIONAL)  # as an attack finds it in the text
    command("evaluate", str(made))
    command("export", str(made), "--format", "npz", "--out", str(tmp_path / "m.npz"))
    spec, _ = read_npz(tmp_path / "m.npz")
    assert spec["texts"]["script"] == "simplified" and spec["texts"]["language"] == "zh"


@pytest.mark.long
def test_attacks_change_the_text_as_it_stands(made: Path, tmp_path: Path, textattack) -> None:
    run = tmp_path / "run"
    shutil.copytree(made, run)
    few = ("--examples", "3", "--query-budget", "30", "--controls", "none", "--workers", "2")
    command("attack", str(run), "--presets", "zh-glyph", "--victims", "ann", *few)
    lines = (run / "attack" / "ann.zh-glyph.jsonl").read_text("utf-8").splitlines()[1:]
    records = [json.loads(line) for line in lines]
    assert len(records) == 3
    for record in records:
        assert record["status"] in ("success", "failed", "skipped") and "鍋" in record["text"]
        assert record["words"] > 3
        for before, _ in record["changed_words"]:
            assert before in record["text"]


def test_a_moved_run_works_without_the_file(made: Path, tables: Path, tmp_path: Path) -> None:
    run = tmp_path / "elsewhere"
    shutil.copytree(made, run)
    classifier, before = TextClassifier.load(run), TextClassifier.load(made)
    assert classifier.stage == before.stage and len(classifier.stage.writing.dictionary) == 2
    moved = tmp_path / "other-name.txt"
    shutil.copy(tables / "words.txt", moved)
    same = ("--dataset", str(tables / "reviews.tsv"), "--script", "simplified", *SMALL)
    command("train", "--out", str(run), *same, "--user-dict", str(moved))  # already done
    again = command_for("ann", run, RunFolder(run).config())
    assert f"--user-dict {run}/text/user_dict.txt" in again and "--script simplified" in again
    moved.write_text("别的\n", "utf-8")
    assert main(["train", "--out", str(run), *same, "--user-dict", str(moved)]) == 2


def test_a_changed_copy_is_refused(
    made: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = tmp_path / "run"
    shutil.copytree(made, run)
    (run / "text" / "user_dict.txt").write_text("别的\n", "utf-8")
    capsys.readouterr()
    assert main(["predict", str(run), "好吃"]) == 2
    said = capsys.readouterr().err
    assert (
        "expected the words that the text stage was fitted with" in said and said.count("\n") == 1
    )


def test_the_terminal_says_it(
    tables: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("--user-dict", str(tables / "words.txt"), "--script", "simplified")
    run = str(tmp_path / "run")
    data = ("--dataset", str(tables / "reviews.tsv"))
    assert main(["train", "--out", run, *data, *words, *SMALL]) == 0
    said = capsys.readouterr().err
    assert "60 of 60 texts made alike: full-width letters and digits made narrow in 1" in said
    assert "simplified characters written in 60" in said
    assert "1 of the 2 words of --user-dict are never found" in said and "史蒂夫·乔布斯" in said


def test_predict_and_evaluate_say_what_was_made_alike(
    made: Path, tables: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Once, with the number, on the error stream, and nothing where nothing was."""
    texts = ["好吃１０分", "好\u200b吃", "好吃10分"]  # the first two are changed
    narrow, unseen = (
        "full-width letters and digits made narrow in",
        "invisible characters left out of",
    )
    wanted = f"2 of 3 texts made alike: {unseen} 1, {narrow} 1\n"
    lines = tmp_path / "texts.txt"
    lines.write_text("\n".join(texts), "utf-8")
    for words in (texts, ["--input", str(lines)], ["--input", str(lines), "--json"]):
        assert main(["predict", str(made), *words]) == 0
        printed, said = capsys.readouterr()
        assert said == wanted and len(printed.splitlines()) == 3
    assert main(["predict", str(made), texts[2]]) == 0 and capsys.readouterr().err == ""

    labels = RunFolder(made).results()["data"]["classes"]
    table = tmp_path / "labelled.tsv"
    rows = [f"{label}\t{text}\n" for label, text in zip([*labels, labels[0]], texts, strict=True)]
    table.write_text("".join(rows), "utf-8")
    for more in ([], ["--json"]):
        assert main(["evaluate", str(made), "--data", str(table), *more]) == 0
        said = capsys.readouterr().err
        # the reader of labelled files takes out what cuts words in two, and says so itself
        assert f"{table}: 3 texts; left out invisible characters in 0 labels and 1 texts" in said
        assert said.count("made alike") == 1 and f"1 of 3 texts made alike: {narrow} 1\n" in said
    assert main(["evaluate", str(made), "--split", "train"]) == 0
    train = results(made)["data"]["sizes"]["train"]
    assert f" of {train} texts made alike" in capsys.readouterr().err


def test_vectors_of_the_other_script_are_told(
    tables: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["这个", "服务", "味道", "，", "好", "的", "很", "锅", "员", "没", "说", "菜"]
    vectors = tmp_path / "simplified.txt"
    vectors.write_text("".join(f"{w} {i}.5 -1 0.2\n" for i, w in enumerate(words)), "utf-8")
    data = ("--dataset", str(tables / "reviews.tsv"), "--vectors", str(vectors), *SMALL[2:])
    for script, told in (("keep", 1), ("simplified", 0)):
        out = str(tmp_path / script)
        assert main(["train", "--out", out, *data, "--script", script]) == 0
        said = capsys.readouterr().err
        assert said.count("are in traditional characters, the word vectors of simp") == told, said
        assert said.count("--script simplified converts the texts") == told


def test_runs_of_before_stay_as_they_are(tmp_path: Path) -> None:
    run = RunFolder(GOLDEN / "run")
    assert load_run_stage(run).writing.to_dict() == {}
    assert "--clean none" in command_for("ann", run.path, run.config())
    copy = tmp_path / "run"
    shutil.copytree(GOLDEN / "run", copy)
    config = yaml.safe_load((copy / "config.yaml").read_text("utf-8"))
    data = ("--dataset", "builtin-en", "--limit", "120", "--dim", "8", "--max-length", "20")
    network = ("--widths", "2,3", "--channels", "6", "--epochs", "40", "--lr", "0.01")
    before = (copy / "results.json").read_bytes()
    assert "clean" not in config["data"]
    for more in ((), ("--clean", "none")):  # neither makes it anew
        command("train", "--out", str(copy), *data, *network, "--tensorboard", "false", *more)
        assert (copy / "results.json").read_bytes() == before
    assert main(["train", "--out", str(copy), *data, *network, "--clean", "all"]) == 2


@pytest.mark.parametrize(
    ("content", "words", "says"),
    [
        ("好吃 3\n难吃 x 3\n", (), ("words.txt", "line 2")),
        ("", (), ("it has none",)),
        (None, (), ("cannot be read",)),
        ("好吃 0\n", (), ("line 1", "frequency 0")),
        ("好吃\n", ("--dataset", "builtin-en"), ("expected Chinese texts for --user-dict",)),
        (b"\xff\xfe\xff", (), ("words.txt",)),
    ],
)
def test_bad_dictionaries(
    content: str | bytes | None,
    words: tuple[str, ...],
    says: tuple[str, ...],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    path, out = tmp_path / "words.txt", tmp_path / "out"
    if content is not None:
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    data = ("--dataset", "builtin-zh", "--limit", "40", *words)
    assert main(["train", "--out", str(out), *data, "--user-dict", str(path), *SMALL]) == 2
    said = capsys.readouterr().err
    assert all(part in said for part in says) and said.count("\n") == 1, said
    assert not (out / "results.json").exists() and not (out / "text").exists()


def test_script_is_for_chinese(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = str(tmp_path / "out")
    words = ("--script", "simplified", "--limit", "40")
    assert main(["train", "--out", out, "--dataset", "builtin-en", *words, *SMALL]) == 2
    assert "expected Chinese texts for --script" in capsys.readouterr().err


@pytest.mark.slow
def test_real_reviews_in_traditional_characters(shared: Path) -> None:
    """Coverage by vectors of simplified words, as they are, traditional, and converted back."""
    from snnconvert.text.stages.words import TextStage
    from snnconvert.text.writing.writing import Writing

    texts = load_dataset("waimai", shared / "data", limit=1500).train.texts
    theirs = [to_script(text, "traditional") for text in texts]
    vectors = shared / "embeddings" / "zh.reviews.300d.txt.gz"
    tokens = {}
    for name, given, writing in (
        ("original", texts, Writing()),
        ("traditional", theirs, Writing()),
        ("converted", theirs, Writing(script="simplified")),
    ):
        stage, _ = TextStage.fit(given, "zh", vectors, progress=False, writing=writing)
        tokens[name] = stage.coverage["tokens"]
        assert bool(stage.vector_report.script_warning) == (name == "traditional")
    assert tokens["traditional"] < 0.75 < 0.9 < tokens["converted"]
    assert abs(tokens["converted"] - tokens["original"]) < 0.01
