"""What the page is made of, without a browser."""

from __future__ import annotations

import importlib.util
import socket
from pathlib import Path

import numpy as np
import pytest

from snnconvert.engine.explanation.text import explain_text
from snnconvert.pipelines.app import edits
from snnconvert.pipelines.app.attacking import attack_once, ready
from snnconvert.pipelines.app.beside import beside
from snnconvert.pipelines.app.costs import sentence_costs
from snnconvert.pipelines.app.loaded import Loaded, load
from snnconvert.pipelines.app.panels import logits_panel, spikes_panel
from snnconvert.pipelines.app.pieces import card, steps_table, table, trouble, windows_table
from snnconvert.pipelines.app.serve import FLAGS, free_port
from snnconvert.pipelines.cli import main
from snnconvert.pipelines.explain.shaded import shaded_words
from snnconvert.pipelines.run import can_attack

TEXT = "The food was horrible, and the waiter was rude."
EVIL = "<img src=x onerror=alert(1)>&\"'"


@pytest.fixture(scope="module")
def loaded(whole_run: Path) -> Loaded:
    return load(str(whole_run))


def said(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    assert main(["app", *words]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    return error


def test_without_the_extra_one_line_says_how_to_install_it(
    whole_run: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    find = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == "streamlit" else find(name)
    )
    error = said(capsys, str(whole_run))
    assert "Streamlit" in error and "pip install" in error and "[app]" in error


def test_bad_input_gets_one_line(whole_run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("streamlit", reason="the extra app is not installed")
    assert "expected a run folder" in said(capsys, "nowhere")
    assert "--port from 1 to 65535" in said(capsys, str(whole_run), "--port", "70000")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert f"port {port} cannot be used" in said(capsys, str(whole_run), "--port", str(port))


def test_it_listens_here_alone_and_tells_nobody() -> None:
    assert FLAGS["server_address"] == "127.0.0.1"
    assert FLAGS["browser_gatherUsageStats"] is False
    assert 0 < free_port(None) < 65536


def test_what_a_run_has(loaded: Loaded) -> None:
    assert loaded.models == ["finetuned", "snn", "ann"]
    assert loaded.language == "en" and loaded.examples
    assert loaded.pair("ann").ann is None and loaded.pair("snn").ann is not None


def test_every_text_is_escaped(loaded: Loaded) -> None:
    found, ann = loaded.explain("snn", f"{EVIL} good food")
    pieces = [
        shaded_words(found.words, found.parts.words[:, 0], 'en"><b>'),
        beside("snn", found, found, ann, 0, "en"),
        windows_table(found, 0, {0: found.parts.logits}, "en"),
        steps_table("snn", found, ann),
        card("snn", EVIL, EVIL, EVIL, EVIL),
        table([EVIL], [[EVIL]], EVIL, 1),
        trouble(f"{EVIL}\n{EVIL}"),
        spikes_panel([EVIL], found.parts.input[:, :1], "en", "snn", EVIL),
    ]
    for piece in pieces:
        assert "<img" not in piece and '<b>"' not in piece, piece


def test_the_word_that_counts_most_is_changed(loaded: Loaded) -> None:
    found, _ = loaded.explain("snn", TEXT)
    most = found.words[edits.order_of(found)[0]]
    edit = edits.typo(found, "en")
    assert edit is not None and edit.text != TEXT and len(edit.text) == len(TEXT)
    near = edits.similar(found, loaded.pair("snn").own)
    assert near is not None and near.text != TEXT
    assert most in TEXT.lower()


@pytest.mark.parametrize(
    ("text", "old", "new", "language", "becomes"),
    [
        ("Bad, badly bad", "bad", "good", "en", "good, badly bad"),
        ("badly bad", "bad", "good", "en", "badly good"),
        ("badly", "bad", "good", "en", None),
        ("味道不好", "不好", "好", "zh", "味道好"),
        ("It 's bad", "it's", "x", "en", None),
    ],
)
def test_words_are_replaced_where_they_stand(text, old, new, language, becomes) -> None:
    assert edits.replaced(text, old, new, language) == becomes


def test_costs_are_those_of_the_tables_with_memory_first(loaded: Loaded) -> None:
    rows = sentence_costs(loaded.pair("snn"), TEXT)
    assert {row.victim for row in rows} == {"ann", "sparse-ann", "snn"}
    assert rows[0].memory_joules and all((row.joules_per_sentence or 0) > 0 for row in rows)
    sparse = [row.ratio_to_sparse_ann for row in rows if row.victim == "sparse-ann"]
    assert sparse == [1.0] * len(sparse)


def test_drawings_hold_every_word_and_step(loaded: Loaded) -> None:
    found, _ = loaded.explain("finetuned", TEXT)
    drawn = spikes_panel(found.words, found.parts.passed, "en", "finetuned", "spikes")
    assert all(word in drawn for word in found.words) and "time step" in drawn
    assert "Running logits" in logits_panel(found, "finetuned")
    assert spikes_panel([], np.zeros((2, 0)), "en", "snn", "none").startswith("<svg")


def test_an_attack_keeps_to_its_budget(loaded: Loaded) -> None:
    if not can_attack():
        pytest.skip("the extra attack is not installed")
    asked: list[int] = []
    own = loaded.pair("snn").own
    record = attack_once(own, TEXT, ready("en")[0], asked.append, 20)
    assert record.status in ("success", "failed") and record.queries <= 20
    assert asked == sorted(asked) and asked[-1] >= record.queries
    assert explain_text(own, record.text).predicted == record.clean_prediction
