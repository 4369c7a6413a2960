"""The examples of the page of other programs, each where its package is installed."""

from __future__ import annotations

import json
import shutil
import struct
from pathlib import Path
from typing import Any

import pytest

from snnconvert import TextClassifier
from snnconvert.pipelines.cli import main
from snnconvert.tests.docs.test_docs import PAGES, blocks

BLOCK = 1 << 15  # bytes, of a log of Weights & Biases


@pytest.fixture
def place(tiny_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the run of the page, which has a second conversion."""
    run = shutil.copytree(tiny_run, tmp_path / "runs" / "en")
    assert main(["convert", str(run), "--name", "t2", "--steps", "2", "--quiet"]) == 0
    monkeypatch.chdir(tmp_path)
    return tmp_path


def example(*packages: str) -> dict[str, Any]:
    """Run the blocks that begin with the import of a package; the names that they leave."""
    names: dict[str, Any] = {}
    for package in packages:
        found = (block["body"] for block in blocks(PAGES["interop_others.md"]))
        (body,) = (text for text in found if text.startswith(f"import {package}\n"))
        exec(compile(body, package, "exec"), names)
    return names


def test_mlflow(place: Path) -> None:
    mlflow = pytest.importorskip("mlflow", reason="mlflow is not installed")
    names = example("json", "mlflow")
    kept = mlflow.get_run(names["logged"].info.run_id).data.metrics
    assert kept == names["figures"] and len(kept) > 50 and "snn/t2.test_accuracy" in kept
    assert (place / "mlflow.db").is_file()


def records(path: Path) -> list[bytes]:
    """The records of a log of Weights & Biases: parts of them in blocks, after a header of 7."""
    data, at, found, parts = path.read_bytes(), 7, [], b""
    while at < len(data):
        if BLOCK - at % BLOCK < 7:  # too little for the header of a part
            at += BLOCK - at % BLOCK
            continue
        _, size, kind = struct.unpack_from("<IHB", data, at)
        parts += data[at + 7 : at + 7 + size]
        at += 7 + size
        if kind in (1, 4):  # whole, or the last part
            found.append(parts)
            parts = b""
    return found


def test_weights_and_biases(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("wandb", reason="wandb is not installed")
    from wandb.proto.wandb_internal_pb2 import Record

    monkeypatch.setenv("WANDB_SILENT", "true")
    figures = example("json", "wandb")["figures"]
    (log,) = place.glob("wandb/offline-run-*/run-*.wandb")
    kept: dict[str, Any] = {}
    for text in records(log):
        for item in Record.FromString(text).history.item:
            kept[".".join([*item.nested_key] or [item.key])] = json.loads(item.value_json)
    assert {name: kept[name] for name in figures} == figures and len(figures) > 50


@pytest.mark.long
def test_openattack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a network that has learned something, as that of the page."""
    pytest.importorskip("OpenAttack", reason="OpenAttack is not installed")
    monkeypatch.chdir(tmp_path)
    assert main(["train", "--dataset", "builtin-en", "--out", "runs/en", "--quiet"]) == 0
    assert main(["convert", "runs/en", "--steps", "4", "--quiet"]) == 0
    attacked = example("OpenAttack")["attacked"]
    classifier = TextClassifier.load("runs/en", "snn")
    assert len(attacked) == 20 and sum(row["success"] for row in attacked) >= 10
    for row in attacked:
        answers = classifier.predict([row["data"]["x"], row["result"] or ""])
        before, after = (classifier.classes.index(answer) for answer in answers)
        assert not row["success"] or (before == row["data"]["y"] != after)
