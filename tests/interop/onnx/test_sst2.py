"""All test texts of SST-2 through ONNX Runtime and through the package."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from snnconvert import TextClassifier
from snnconvert.pipelines.cli import main
from snnconvert.text.datasets.dataset import load_dataset

onnx = pytest.importorskip("onnx", reason="onnx is not installed")
ort = pytest.importorskip("onnxruntime", reason="onnxruntime is not installed")

from snnconvert.interop.onnx.grid import written_model  # noqa: E402
from snnconvert.interop.onnx.model import onnx_model, padded  # noqa: E402


@pytest.mark.slow
@pytest.mark.data
def test_every_logit_of_sst2(shared: Path, tmp_path: Path) -> None:
    data = ["--dataset", "sst2", "--data-dir", str(shared / "data"), "--vectors", "random"]
    network = ["--dim", "50", "--channels", "32", "--epochs", "3", "--batch-size", "64"]
    run = str(tmp_path / "run")
    assert main(["train", *data, *network, "--out", run, "--quiet"]) == 0
    assert main(["convert", run, "--steps", "4", "--quiet"]) == 0
    texts = load_dataset("sst2", shared / "data").test.texts
    assert len(texts) == 1821
    for which in ("ann", "snn"):
        classifier = TextClassifier.load(run, which)
        model, _ = written_model(classifier.model, "auto")
        graph = onnx_model(model, classifier.classes)
        session = ort.InferenceSession(graph.SerializeToString())
        ids, lengths = padded(classifier.stage.encode(texts))
        found = session.run(None, {"ids": ids, "lengths": lengths})[0]
        wanted = classifier.logits_by_step(texts).numpy()
        if which == "ann":
            assert np.abs(found - wanted[0]).max() < 1e-5
            assert (found.argmax(axis=1) == wanted[0].argmax(axis=1)).all()
        else:
            assert (found == wanted).all()
