"""The attack benchmark at its smallest: the same records from every victim."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from snnconvert.benchmarks.shared.peers import PEERS
from snnconvert.benchmarks.speed import attack
from snnconvert.pipelines.cli import main
from snnconvert.pipelines.data import load_classifier
from snnconvert.pipelines.run_folder.run_folder import RunFolder


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """With the only windows and pooling that the peers know."""
    made = tmp_path_factory.mktemp("attack") / "run"
    train = ["--limit", "60", "--dim", "8", "--max-length", "20", "--widths", "2,3"]
    train += ["--channels", "6", "--epochs", "2", "--input-levels", "0", "--padding", "none"]
    assert main(["train", "--out", str(made), *train, "--tensorboard", "false", "--quiet"]) == 0
    assert main(["convert", str(made), "--steps", "4", "--pooling", "spikes", "--quiet"]) == 0
    return made


@pytest.mark.parametrize("form", [name for name in PEERS if name.startswith("spikingjelly")])
def test_the_peer_is_the_same_classifier(form: str, run: Path) -> None:
    ours = load_classifier(RunFolder(run), "snn")
    peer = attack.PeerClassifier(ours, form)
    texts = ["a warm and funny film", "dull , long and badly played", "good film", "a very bad one"]
    expected = ours.probabilities(texts)
    np.testing.assert_allclose(peer.probabilities(texts), expected, atol=1e-6)
    assert len(np.unique(expected)) > 2


def test_the_quick_benchmark(run: Path, tmp_path: Path, nltk_data: Path) -> None:
    words = ["--quick", "--run", str(run), "--preset", "deepwordbug", "--out", str(tmp_path)]
    assert attack.main(words) == 0
    content = json.loads((tmp_path / "attack.json").read_text("utf-8"))
    assert content["settings"]["preset"] == "deepwordbug"
    rows = {row["variant"]: row for row in content["rows"]}
    assert set(rows) == {"spikingjelly", "spikingjelly, Conv1d", "reference", "ours"}
    assert all(row["equal"] and row["texts_per_second"] > 0 for row in rows.values())
    assert "attacked texts a second" in (tmp_path / "attack.md").read_text("utf-8")
