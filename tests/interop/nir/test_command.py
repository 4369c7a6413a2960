"""`snnconvert export --format nir` and `snnconvert import`, as a user types them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from snnconvert import TextClassifier
from snnconvert.interop import nir as interop
from snnconvert.pipelines.cli import main
from snnconvert.pipelines.data import load_run_data
from snnconvert.pipelines.run_folder.run_folder import RunFolder

pytest.importorskip("nir")


@pytest.fixture
def run(tiny_run: Path, tmp_path: Path) -> Path:
    return shutil.copytree(tiny_run, tmp_path / "run")


def export(run: Path, *words: str) -> int:
    return main(["export", str(run), "--format", "nir", *words])


def test_the_folder(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert export(run, "--for", "spikingjelly", "--texts", "5", "--check", "spikingjelly") == 0
    printed = capsys.readouterr().out.splitlines()
    folder = run / "export" / "nir-spikingjelly"
    assert printed[0] == str(folder)
    assert printed[1].startswith("grid: multiples of 2^-") and "test predictions kept" in printed[1]
    assert printed[3].split() == [
        "simulator",
        "texts",
        "neurons",
        "x",
        "T",
        "spikes",
        "pooled",
        "outputs",
        "predictions",
    ]
    name, texts, _, *differ = printed[4].split()
    assert (name, texts, differ) == ("spikingjelly", "5", ["0", "0", "0", "0"])
    names = {"network.nir", "examples.npz", "load.py", "README.md", "export.json"}
    assert {path.name for path in folder.iterdir()} == names

    record = json.loads((folder / "export.json").read_text("utf-8"))
    network, info = interop.read(folder)
    assert record["network"] == info and record["format"] == 1
    assert info["model"] == "finetuned" and record["test"]["texts"] == 60
    longest = max(
        len(ids)
        for split in ("train", "dev", "test")
        for ids in TextClassifier.load(run).stage.encode(splits(run)[split])
    )
    assert info["positions"] == longest <= 20
    with np.load(folder / "examples.npz") as file:
        examples = dict(file)
    steps, layout = info["steps"], record["input"]
    assert examples["frames"].shape == (steps, 5, *layout)
    assert examples["frames"].dtype == np.uint8 and examples["frames"].max() == 1
    assert examples["outputs"].shape == (steps, 5, 2)
    assert examples["texts"].tolist() == list(splits(run)["test"])[:5]
    assert examples["lengths"].shape == examples["predictions"].shape == (5,)
    classifier = TextClassifier.load(run)
    answers = [info["classes"][i] for i in examples["predictions"]]
    assert answers == classifier.predict(examples["texts"].tolist()).tolist()
    readme = (folder / "README.md").read_text("utf-8")
    assert "v_reset = None" in readme and f"multiples of 2^-{info['grid']}" in readme
    assert network.node("act3").soft_reset  # type: ignore[attr-defined]


def splits(run: Path) -> dict[str, Any]:
    from snnconvert.pipelines.data import load_run_data
    from snnconvert.pipelines.run_folder.run_folder import RunFolder

    dataset = load_run_data(RunFolder(run))
    return {name: dataset.split(name).texts for name in ("train", "dev", "test")}


def test_hard_reset_for_anyone(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Plain NIR is read by three simulators with their settings, and so is one file."""
    words = ["convert", str(run), "--steps", "2", "--reset", "hard", "--name", "hard", "--quiet"]
    assert main(words) == 0
    capsys.readouterr()
    here = ["--model", "snn@hard", "--texts", "4"]
    assert export(run, *here, "--check", "norse,spikingjelly,sinabs", "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert found["export"] == str(run / "export" / "nir-any")
    assert [row["simulator"] for row in found["checks"]] == ["norse", "spikingjelly", "sinabs"]
    assert all(row["good"] and row["exact"] and row["texts"] == 4 for row in found["checks"])
    assert found["test"]["kept"] == 60
    assert export(run, *here, "--check", "snntorch", "--force") == 2
    assert "export with --for snntorch" in capsys.readouterr().err
    assert export(run, *here, "--for", "snntorch", "--check", "snntorch", "--json") == 0
    printed = capsys.readouterr().out  # snntorch prints while it loads; JSON stays JSON
    assert printed.count("\n") == 1 and json.loads(printed)["checks"][0]["good"]


def test_a_check_that_fails_ends_with_1(
    run: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from snnconvert.interop.nir import foreign

    real = foreign.Foreign.run

    def wrong(self: Any, frames: Any) -> Any:
        outputs = real(self, frames)
        outputs[0, 0, 0] += 1
        return outputs

    monkeypatch.setattr(foreign.Foreign, "run", wrong)
    words = ["--for", "sinabs", "--texts", "3", "--check", "sinabs"]
    assert export(run, *words) == 1
    assert capsys.readouterr().out.splitlines()[-1].split()[3:6] == ["0", "0", "1"]


@pytest.mark.parametrize("bits", ["auto", "2"])  # of 2 bits many weights of the readout are zero
def test_pooled_spikes_are_those_that_arrive_at_the_readout(run: Path, bits: str) -> None:
    texts = len(load_run_data(RunFolder(run)).test.texts)
    assert export(run, "--for", "spikingjelly", "--texts", str(texts), "--bits", bits) == 0
    folder = run / "export" / "nir-spikingjelly"
    with np.load(folder / "examples.npz") as file:
        pooled = file["pooled"].sum() / texts
    figures = json.loads((folder / "export.json").read_text("utf-8"))["test"]
    assert figures["texts"] == texts
    assert figures["pooled_spikes_after"] == pytest.approx(pooled)


def test_texts_of_a_file(run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "texts.txt").write_text("good food\n\nthe room was cold\n", "utf-8")
    words = ["--for", "sinabs", "--texts", str(tmp_path / "texts.txt"), "--positions", "6"]
    assert export(run, *words, "--bits", "8", "--graph", "chain") == 0
    folder = run / "export" / "nir-sinabs"
    with np.load(folder / "examples.npz") as file:
        assert file["texts"].tolist() == ["good food", "the room was cold"]
        assert file["lengths"].tolist() == [2, 4]
    info = interop.read(folder)[1]
    assert info["grid"] == 8 and info["positions"] == 6
    capsys.readouterr()
    for more, says in (
        (["--texts", str(tmp_path / "none.txt")], "expected texts, one a line, at"),
        (["--positions", "3"], "at most 3 words"),
        (["--texts", "0"], "expected --texts to be a number of at least 1, or a file"),
        (["--positions", "0"], "expected a number of at least 1 for --positions, but got 0"),
        (["--bits", "many"], "expected --bits to be a whole number, auto or float, but got 'many'"),
        (["--for", "brian"], "expected one of any, norse, snntorch, spikingjelly, sinabs"),
        (["--for", "any"], "expected a network with hard reset for --for any"),
        (["--model", "ann"], "cannot be written as nir: it is an ANN: convert it first"),
        (["--check", "brian"], "expected one of norse, snntorch, spikingjelly, sinabs"),
        ([], "holds an export already"),
    ):
        assert export(run, *words, *more, *(["--force"] if more else [])) == 2
        (line,) = capsys.readouterr().err.splitlines()
        assert says in line


def test_weights_as_they_are(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert export(run, "--for", "norse", "--bits", "float", "--check", "norse", "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert found["grid"] is None and found["test"]["kept"] == found["test"]["texts"]
    (row,) = found["checks"]
    assert not row["exact"] and row["predictions"] == 0


@pytest.mark.slow
@pytest.mark.data
@pytest.mark.parametrize("model", ["snn", "snn@hard"])
def test_eight_bits_on_sst2(
    model: str, sst2_run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["--for", "sinabs", "--model", model, "--bits", "8", "--texts", "1", "--json"]
    assert export(sst2_run, *words, "--out", str(tmp_path / "out")) == 0
    found = json.loads(capsys.readouterr().out)["test"]
    assert found["texts"] == 1821 and found["kept"] >= 1780


@pytest.mark.parametrize("language", ["en", "zh"])
def test_there_and_back(
    language: str, run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if language == "zh":
        run = tmp_path / "zh"
        words = ["--dataset", "builtin-zh", "--limit", "60", "--dim", "8", "--max-length", "20"]
        words += ["--widths", "2,3", "--channels", "6", "--epochs", "1", "--no-tensorboard"]
        assert main(["train", "--out", str(run), *words]) == 0
        assert main(["convert", str(run), "--steps", "2"]) == 0
    assert export(run, "--for", "spikingjelly", "--check", "spikingjelly") == 0
    folder, back = run / "export" / "nir-spikingjelly", tmp_path / "back"
    capsys.readouterr()
    assert main(["import", str(folder), "--out", str(back), "--json"]) == 0
    figures = json.loads(capsys.readouterr().out)["snn"]
    ours, theirs = TextClassifier.load(run), TextClassifier.load(back)
    texts = list(splits(run)["test"])
    exported = interop.export(ours, simulator="spikingjelly", positions=20)
    rounded = TextClassifier(ours.stage, exported.model, ours.classes)
    assert (theirs.probabilities(texts) == rounded.probabilities(texts)).all()
    record = json.loads((folder / "export.json").read_text("utf-8"))
    assert figures["test_accuracy"] == record["test"]["accuracy_after"]
    # once more is nothing new; the run goes on like any other
    assert main(["import", str(folder / "network.nir"), "--out", str(back)]) == 0
    assert main(["predict", str(back), texts[0]]) == 0
    assert main(["evaluate", str(back)]) == 0
    capsys.readouterr()
    assert main(["report", str(back)]) == 2  # there is no conversion to report, nor to do again
    assert "but its snn was imported, without the ANN" in capsys.readouterr().err
    for words in (["energy"], ["explain", texts[0]], ["attack"], ["convert"], ["finetune"]):
        assert main([words[0], str(back), *words[1:]]) == 2  # nor an ANN to begin from
        error = capsys.readouterr().err
        assert "its SNN was imported" in error and "snnconvert train" not in error
    assert export(back, "--for", "spikingjelly", "--model", "snn") == 0
    again = interop.read(back / "export" / "nir-spikingjelly")[0].state_dict()
    assert all(
        (value == again[name]).all() for name, value in interop.read(folder)[0].state_dict().items()
    )


def test_import_is_refused(run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert export(run, "--for", "norse", "--out", str(tmp_path / "out")) == 0
    capsys.readouterr()
    back = str(tmp_path / "back")
    for words, says in (
        ([], "expected --text with the folder of the text stage"),
        (["--text", str(run)], "expected the folder of a text stage, RUN/text"),
    ):
        assert main(["import", str(tmp_path / "out"), "--out", back, *words]) == 2
        assert says in capsys.readouterr().err and not Path(back).exists()
    words = ["import", str(tmp_path / "out"), "--out", back, "--text", str(run / "text")]
    assert main([*words, "--quiet"]) == 0
    smaller = ["--limit", "60", "--dim", "6", "--widths", "2", "--channels", "2", "--epochs", "1"]
    assert main(["train", "--out", str(tmp_path / "small"), *smaller, "--no-tensorboard"]) == 0
    capsys.readouterr()
    words[-1] = str(tmp_path / "small" / "text")
    assert main([*words, "--force"]) == 2
    assert "expected the text stage that" in capsys.readouterr().err
    for name in ("ann", "snn", "finetuned"):
        shutil.rmtree(run / name)
    words[-1] = str(run / "text")
    assert main([*words, "--force"]) == 2
    said = capsys.readouterr().err
    assert "expected the word vectors that the network was exported with" in said or "ann" in said
