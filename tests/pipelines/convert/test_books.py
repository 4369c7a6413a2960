"""Stored spikes as a user types them: every book, and all that is done with an SNN afterwards."""

import json
from pathlib import Path

import numpy as np
import pytest

from snnconvert import TextClassifier
from snnconvert.files import load_tensors
from snnconvert.interop.npz import read_npz
from snnconvert.models.encoders.books import BOOKS
from snnconvert.pipelines.cli import main
from snnconvert.tests.helpers.journey import DATA, NETWORK, command, results

BITS = {"autoencoder": ("--bits", "12")}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny network on built-in texts, of exact vectors."""
    out = tmp_path_factory.mktemp("books") / "run"
    command("train", "--out", str(out), *DATA, *NETWORK, "--input-levels", "0")
    return out


@pytest.mark.parametrize("name", BOOKS)
def test_every_book(run: Path, name: str) -> None:
    """Converted at T = 1 and 2, verified, and kept as bits alone."""
    for steps in (1, 2):
        own = f"b-{name}-{steps}"
        words = ("--encoder", name, "--steps", str(steps), "--name", own)
        command("convert", str(run), *words, *BITS.get(name, ()))
        folder = run / f"snn-{own}"
        spec = json.loads((folder / "spec.json").read_text("utf-8"))
        tensors = load_tensors(folder / "weights.safetensors")
        packed = tensors["embedding.packed"]
        assert spec["encoder"]["code"] == name and spec["encoder"]["slices"] == steps
        assert list(packed.shape) == [spec["vectors"][0], -(-spec["vectors"][1] // 8)]
        assert not any(t.is_floating_point() and len(packed) in t.shape for t in tensors.values())
        report = json.loads((folder / "conversion.json").read_text("utf-8"))
        stored = report["stored"]
        assert stored["book"] == name and stored["bytes_per_word"] == packed.shape[1]
        assert 0 < stored["error"] < 1


@pytest.mark.long
def test_the_whole_way(run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Fine-tuned, priced, attacked with and without gradients, explained, exported, reported."""
    at = str(run)
    command("convert", at, "--encoder", "least_ones", "--steps", "2")
    bits = load_tensors(run / "snn" / "weights.safetensors")["embedding.packed"]
    tune = ("--epochs", "4", "--lr", "0.02", "--seed", "1", "--tensorboard", "false")
    command("finetune", at, *tune)
    tuned = load_tensors(run / "finetuned" / "weights.safetensors")
    assert bool((tuned["embedding.packed"] == bits).all())  # the bits stay
    first = next(n for n in tuned if n.endswith("conv2.weight"))
    assert not bool(
        (tuned[first] == load_tensors(run / "snn" / "weights.safetensors")[first]).all()
    )
    command("energy", at, "--texts", "8", "--sampled", "0")
    texts = ("--examples", "2", "--query-budget", "15", "--verify-draws", "2")
    command("attack", at, "--victims", "snn,finetuned,snn@median:1", *texts)
    command("convert", at, "--sweep", "--sweep.encoders", "saf,sign", "--sweep.steps", "1,2",
            "--sweep.methods", "default")  # fmt: skip
    command("export", at, "--format", "npz", "--model", "snn", "--out", str(tmp_path / "m.npz"))
    _, arrays = read_npz(tmp_path / "m.npz")
    assert np.array_equal(arrays["bits"], bits.numpy()) and "vectors" not in arrays
    command("report", at)
    html = (run / "report.html").read_text("utf-8")
    assert "Words are kept as bits in place of vectors (<b>least_ones</b>)" in html
    capsys.readouterr()
    assert main(["explain", at, "a warm and funny film", "--model", "snn"]) == 0
    assert main(["predict", at, "a warm and funny film", "--model", "snn"]) == 0
    assert "funny" in capsys.readouterr().out
    model = TextClassifier.load(at, "snn")
    gradient = model.gradient("a warm and funny film", 0)
    assert gradient.gradient.shape[1] == model.model.embedding.embedding_dim  # of bits
    assert np.isfinite(model.first_order(gradient, ["a cold and funny film"])).all()
    assert {"snn", "finetuned"} <= set(results(run))
