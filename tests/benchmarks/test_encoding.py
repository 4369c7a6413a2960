"""The benchmark of input codes: rows, resume, tables of the page, pictures."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
import torch

from snnconvert.benchmarks.conversion import encoding, encoding_rows, value_maps
from snnconvert.benchmarks.conversion.encoding_page import chips, codes_table, filled
from snnconvert.benchmarks.conversion.encoding_rows import Network, measured
from snnconvert.benchmarks.shared.results import RESULTS
from snnconvert.models.encoders import BOOKS, CODES, ENCODERS
from snnconvert.models.families.textcnn import TextCNNSpec, build_textcnn
from snnconvert.models.text_model import TextModel
from snnconvert.pipelines.encode.book_picture import book_picture
from snnconvert.pipelines.encode.code_picture import code_picture, drawn
from snnconvert.pipelines.training.texts import Texts

STEPS = (1, 2, 4, 8)


def net(dim: int = 4) -> Network:
    draw = torch.Generator().manual_seed(1)
    vectors = torch.rand(30, dim, generator=draw) * 2 - 1
    vectors[0] = 0
    model = TextModel(vectors, build_textcnn(TextCNNSpec(dim, 2, (2,), 3), 3)).eval()
    some = [np.arange(2, 5 + i % 4) for i in range(12)]
    labels = [i % 2 for i in range(12)]
    splits = ("train", "dev", "test")
    texts = Texts(None, None, dict.fromkeys(splits, some), dict.fromkeys(splits, labels))  # type: ignore[arg-type]
    return Network("made", 0, model, texts, some, {"dev": 0.5, "test": 0.75})


@pytest.mark.parametrize("code", list(ENCODERS))
def test_every_code_has_rows(code: str) -> None:
    rows = [measured(net(), code, steps) for steps in (2, 7)]
    for row in rows:
        assert row["ann_test_accuracy"] == 0.75 and row["code"] == code
        if "refused" in row:
            continue
        assert 0 <= row["mean_rate"] <= 1 and 0 <= row["test_accuracy"] <= 1
        assert (row["error"] is None) == (code not in CODES)
        assert row["error"] is None or (row["error"] >= 0 and row["read_error"] >= 0)
        assert 1 <= row["distinct_frames"] <= row["steps"]
        json.dumps(row, allow_nan=False)
    assert "refused" not in rows[1]


def test_more_steps_are_nearer() -> None:
    errors = [measured(net(), "saf", steps)["error"] for steps in (1, 4, 16)]
    assert errors[0] > errors[1] > errors[2]


def test_stopped_it_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, int]] = []

    def once(found: Network, code: str, steps: int) -> encoding_rows.Row:
        asked.append((code, steps))
        if len(asked) == 3:
            raise KeyboardInterrupt
        return {"dataset": "sst2", "seed": 0, "code": code, "steps": steps} | {
            "ann_test_accuracy": 0.9,
            "test_accuracy": 0.8,
        }

    monkeypatch.setattr(encoding, "measured", once)
    monkeypatch.setattr(encoding, "trained", lambda *given: net())
    page = tmp_path / "page.md"
    page.write_text("# x\n<!-- begin codes_sst2 -->\nold\n<!-- end codes_sst2 -->\n")
    words = ["--datasets", "sst2", "--codes", "saf,poisson", "--steps", "1,2", "--page", str(page)]
    words += ["--work", str(tmp_path / "work"), "--out", str(tmp_path)]
    with pytest.raises(KeyboardInterrupt):
        encoding.main(words)
    assert encoding.main(words) == 0
    assert asked == [("saf", 1), ("saf", 2), ("poisson", 1), ("poisson", 1), ("poisson", 2)]
    text = page.read_text()
    assert "old" not in text and "| `poisson` |" in text and "80.0 / 80.0" in text
    assert json.loads((tmp_path / "encoding.json").read_text())["settings"]["seeds"] == [0]


def test_the_table_has_means_and_dashes() -> None:
    usual = {"dataset": "a", "code": "bitplane", "ann_test_accuracy": 0.9}
    rows = [
        usual | {"seed": s, "steps": 1, "test_accuracy": a, "mean_rate": 0.125}
        for s, a in ((0, 0.8), (1, 0.9))
    ] + [usual | {"seed": 0, "steps": 2, "refused": "no"}]
    line = codes_table(rows, "a").splitlines()[2]
    assert "`bitplane`" in line and "12.5 / -" in line and "85.0 / -" in line


def test_value_maps_on_the_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def made(dataset: str, seed: int, data: Path, vectors: Path, work: Path, **more: object):
        asked.append((seed, more))
        return replace(net(), seed=seed)

    monkeypatch.setattr(value_maps, "trained", made)
    page = tmp_path / "page.md"
    page.write_text("<!-- begin maps_made -->\n<!-- end maps_made -->\n")
    words = ["--datasets", "made", "--seeds", "0,1", "--steps", "2", "--page", str(page)]
    words += ["--work", str(tmp_path / "work"), "--out", str(tmp_path)]
    assert value_maps.main(words) == 0 and value_maps.main(words) == 0
    assert asked == [(0, more) for more in value_maps.MAPS.values()] + [
        (1, value_maps.MAPS[name]) for name in value_maps.EVERY_SEED
    ]
    lines = page.read_text().splitlines()
    assert lines[3].startswith("| sigma ") and "| 2 " in lines[3] and "50.0" in lines[3]


def test_chips_by_what_a_code_says() -> None:
    assert chips(CODES["direct"])[2] == "-"
    assert "counts" in chips(CODES["saf"])[0] and chips(CODES["latency"])[3] == "-"


def test_the_page_is_what_was_measured(root: Path) -> None:
    page = (root / "docs" / "encoding.md").read_text("utf-8")
    assert filled(page, RESULTS) == page
    assert "<!-- pictures of codes -->" in page


@pytest.mark.parametrize("name", list(CODES))
def test_a_picture_of_every_code(name: str) -> None:
    root = ElementTree.fromstring(code_picture(name))
    assert len(code_picture(name)) < 40_000
    marks = [r for r in root.iterfind(".//{*}rect") if "fill" in r.get("class", "").split()]
    assert len(marks) > 10  # spikes of many values
    assert name in "".join(root.itertext())


@pytest.mark.parametrize("name", [name for name in BOOKS if name != "autoencoder"])
def test_a_picture_of_every_book(name: str) -> None:
    """But of the one that is trained, which takes seconds."""
    root = ElementTree.fromstring(book_picture(name))
    marks = [p for p in root.iterfind(".//{*}path") if "fill" in p.get("class", "").split()]
    assert marks[0].get("d", "").count("M") >= 20  # of 42 values
    assert name in "".join(root.itertext())


def test_a_mark_for_every_spike() -> None:
    frames = torch.tensor([[0.0, 1.0, 1.0], [0.0, 0.0, 1.0]])
    mean = frames.mean(dim=0)
    root = ElementTree.fromstring(drawn("x", frames, mean, mean))
    marks = [r for r in root.iterfind(".//{*}rect") if "fill" in r.get("class", "").split()]
    assert len(marks) == 3
    curves = [p for p in root.iterfind(".//{*}path") if "curve" in p.get("class", "")]
    assert len(curves) == 2  # the diagonal and what is decoded: what is read is the same
