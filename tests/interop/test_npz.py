"""The npz export: everything that is needed to run the network with NumPy alone."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from snnconvert import TextClassifier
from snnconvert.errors import InputError
from snnconvert.interop.npz import read_npz
from snnconvert.pipelines.cli import main
from snnconvert.pipelines.export import export

TEXTS = ["good food and a kind waiter", "bad", "the room was cold and the waiter rude"]


@pytest.fixture(scope="module")
def run(tiny_run: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny run whose SNN takes direct input."""
    copy = shutil.copytree(tiny_run, tmp_path_factory.mktemp("export") / "run")
    words = ["--steps", "5", "--encoder", "direct", "--force", "--quiet"]
    assert main(["convert", str(copy), *words]) == 0
    return copy


def spiking_logits(spec: dict, arrays: dict[str, np.ndarray], ids: np.ndarray) -> np.ndarray:
    """Mean output currents (K,) of direct input, step by step and by the definition alone."""
    assert spec["encoder"] == {"code": "direct", "mapping": "none"}
    x = arrays["vectors"][ids].T.astype(np.float64)  # (D, L), the frame of every step
    potential: dict[str, np.ndarray] = {}
    total = np.zeros(len(spec["classes"]))
    for _ in range(spec["steps"]):
        signals = {"input": x}
        for node in spec["nodes"]:
            name, given = node["name"], [signals[source] for source in node["inputs"]]
            if node["type"] == "Conv1d":
                weight, width = arrays[f"{name}.weight"], node["settings"]["width"]
                longer = np.pad(given[0], ((0, 0), node["settings"]["padding"]))
                count = longer.shape[1] - width + 1
                windows = [longer[:, i : i + width] for i in range(count)]
                sums = [np.tensordot(weight, window, 2) for window in windows]
                signals[name] = np.stack(sums, axis=1) + arrays[f"{name}.bias"][:, None]
            elif node["type"] == "IF":
                v = potential.setdefault(name, np.full_like(given[0], node["settings"]["initial"]))
                v += given[0]
                signals[name] = (v >= 1).astype(float)
                v -= signals[name]
            elif node["type"] in ("MaxOfSpikes", "MaxOfCurrents"):
                signals[name] = given[0].max(axis=1)
            elif node["type"] == "Concat":
                signals[name] = np.concatenate(given)
            else:
                assert node["type"] == "Linear"
                signals[name] = arrays[f"{name}.weight"] @ given[0] + arrays[f"{name}.bias"]
        total += signals[name]
    return total / spec["steps"]


def test_the_archive_is_enough_to_run_the_network(run: Path, tmp_path: Path) -> None:
    spec, arrays = read_npz(export(run, "npz", "snn", tmp_path / "snn.npz"))
    words = arrays["words"].tobytes().decode().split("\n")
    classifier = TextClassifier.load(run, "snn", precision="fast", engine="reference")
    expected = classifier.logits_by_step(TEXTS)[-1].numpy()
    for text, logits in zip(TEXTS, expected, strict=True):
        ids = classifier.stage.encode([text])[0]
        assert [words[i] for i in ids if i > 1] == [w for w in text.split() if w in words]
        assert np.allclose(spiking_logits(spec, arrays, ids), logits, atol=1e-5)


@pytest.mark.parametrize("which", ["ann", "finetuned"])
def test_every_model_has_its_tensors(tiny_run: Path, tmp_path: Path, which: str) -> None:
    path = export(tiny_run, "npz", which, tmp_path / f"{which}.npz")
    spec, arrays = read_npz(path)
    model = TextClassifier.load(tiny_run, which).model
    assert spec["nodes"] == json.loads(json.dumps(model.network.describe()))
    names = {
        "vectors",
        "words",
        *(f"{n['name']}.weight" for n in spec["nodes"] if "inputs" in n["settings"]),
    }
    assert names <= set(arrays)
    again = export(tiny_run, "npz", which, tmp_path / "again.npz")
    assert again.read_bytes() == path.read_bytes()


def test_what_is_refused(tiny_run: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="expected format to be of npz.*but got 'npx'"):
        export(tiny_run, "npx")
    with pytest.raises(InputError, match="expected a model of ann, snn"):
        export(tiny_run, "npz", "bert")
    (tmp_path / "x.npz").write_bytes(b"no archive")
    with pytest.raises(InputError, match=r"expected an archive.*x\.npz"):
        read_npz(tmp_path / "x.npz")
