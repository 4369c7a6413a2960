"""`snnconvert encode`: spikes worked out by hand, the command line, drawings."""

from __future__ import annotations

import io
import json
import math
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
import torch

from snnconvert.engine.sending import send
from snnconvert.models.encoders.encoder import Encoder
from snnconvert.models.network import Network
from snnconvert.models.nodes.layers import Linear
from snnconvert.models.snn import SpikingTextModel
from snnconvert.pipelines.cli import main
from snnconvert.pipelines.encode.encode import encode
from snnconvert.pipelines.encode.encoded import Encoded, Sender
from snnconvert.pipelines.encode.picture import MOST_WORDS, picture
from snnconvert.pipelines.encode.record import recorded
from snnconvert.pipelines.encode.terminal import MARKS, drawn, encoded_text
from snnconvert.text.maps.sigma import RangeMap
from snnconvert.text.stages.vocabulary import Vocabulary
from snnconvert.text.stages.words import TextStage

TEXT = "the food was not good , and the waiter was rude"
# padding, unknown, then two words of two components
TABLE = torch.tensor([[0.0, 0.0], [0.0, 0.0], [0.5, -0.25], [1.0, 0.0]])


def sender(code: str = "saf", mapping: str = "split", words=("good", "bad"), language="en", **more):
    """A model of four words; its network is never run."""
    steps = more.pop("steps", 2)
    stage = TextStage(
        language, Vocabulary(words), more.pop("max_length", 99), RangeMap(0, 1), {}, "mine", 2
    )
    model = SpikingTextModel(
        TABLE,
        Encoder(code, mapping, **more),
        Network([("readout", Linear(4, 2), ("input",))]),
        steps,
    )
    return Sender("snn", stage, model)


def test_spikes_by_hand() -> None:
    """SAF from V = 1/2, T = 2: 0.5 spikes at the first step, 0.25 at the second, 1 at both."""
    found = sender().encode("good zzq bad")
    figures = recorded(sender(), found)
    good, unknown, bad = figures["words"]
    # channels: positive parts 0 and 1, negative parts 2 and 3
    assert good["frames"] == [[0], [3]] and good["spikes"] == [1, 1]
    assert bad["frames"] == [[0], [0]] and bad["spikes"] == [1, 1]
    assert unknown["frames"] == [[], []] and unknown["spikes"] == [0, 0]
    assert [w["known"] for w in figures["words"]] == [True, False, True]
    assert [w["rate"] for w in figures["words"]] == [2 / 8, 0, 2 / 8]
    # good is read as (0.5, -0.5): wrong by 0.25 in one component of two
    assert good["error"] == pytest.approx(0.25 / math.sqrt(2))
    assert good["relative_error"] == pytest.approx(0.25 / math.hypot(0.5, 0.25))
    assert (bad["error"], unknown["error"], unknown["relative_error"]) == (0, 0, None)
    assert [w["distinct_frames"] for w in figures["words"]] == [2, 1, 1]
    assert (figures["spikes"], figures["distinct_frames"], figures["channels"]) == (4, 3, 4)
    assert figures["mean_rate"] == pytest.approx(4 / 24)
    assert figures["error"] == pytest.approx(math.sqrt(0.25**2 / 6))


def test_the_gain_is_taken_back() -> None:
    """Twice (0.5, -0.25) is (1, -0.5): what is sent stands for the vector itself."""
    good = recorded(sender(gain=2.0), sender(gain=2.0).encode("good"))["words"][0]
    assert good["spikes"] == [2, 1] and good["error"] == 0


def test_the_channel_of_words_under_shift() -> None:
    """(1 + x) / 2 is 0.75 and 0.375, and the last channel says that a word is there."""
    good = recorded(sender(mapping="shift"), sender(mapping="shift").encode("good"))["words"][0]
    assert good["frames"] == [[0, 2], [0, 1, 2]]


def test_analog_input_has_no_spikes_and_no_error() -> None:
    own = sender("direct")
    figures = recorded(own, own.encode("good"))
    assert figures["spikes"] is None and figures["words"][0]["spikes"] is None
    assert figures["words"][0]["frames"] == [0.5, 0, 0, 0.25] and figures["error"] == 0
    assert "size of the input" in encoded_text(own, own.encode("good"))
    assert "fill-opacity" in picture(own, own.encode("good"))


def test_stored_bits_have_nothing_to_compare_with() -> None:
    """A model that holds two slices of two bits a word: what they stand for is not in it."""
    bits = torch.tensor([[0, 0, 0, 0], [0, 0, 0, 0], [1, 0, 0, 1], [1, 1, 0, 1]])
    own = sender("stored", "none", slices=2, steps=3)
    own = replace(own, model=SpikingTextModel(bits.float(), own.encoder, own.model.network, 3))
    found = own.encode("good bad")
    figures = recorded(own, found)
    good, bad = figures["words"]
    assert good["frames"] == [[0], [1], [0]] and bad["frames"] == [[0, 1], [1], [0, 1]]
    assert figures["error"] is None and good["relative_error"] is None
    json.dumps(figures, allow_nan=False)
    assert "no vectors to compare" in encoded_text(own, found)
    assert "decoding error" not in picture(own, found)


def test_a_text_without_words() -> None:
    own = sender()
    figures = recorded(own, own.encode(" "))
    assert figures["words"] == [] and figures["spikes"] == 0 and figures["error"] is None
    assert "nothing is sent" in encoded_text(own, own.encode(" "))
    assert "0 spikes" in picture(own, own.encode(" "))


def test_a_text_that_is_cut_says_so() -> None:
    own = sender(max_length=2)
    found = own.encode("good bad good bad good")
    assert len(found.words) == 2 and found.left_out == 3
    assert "the last 3 words are not read" in encoded_text(own, found)


def test_random_spikes_are_those_of_the_seed() -> None:
    own = sender("poisson", steps=200)
    first, again = own.encode("good bad").sent, own.encode("good bad").sent
    assert torch.equal(first.frames, again.frames)
    other = send(own.model, own.stage.encode(["good bad"])[0], seed=1)
    assert not torch.equal(first.frames, other.frames)
    assert (first.decoded - first.vectors).abs().max() < 0.2  # five deviations of 200 draws
    assert recorded(own, own.encode("good"))["seed"] == 0
    assert "one draw" in encoded_text(own, own.encode("good"))


def test_bars() -> None:
    assert drawn([[0.5, 0.0], [0.25, 0.125]], ".12345678") == ["8.", "42"]
    assert drawn([[0.0, 0.0]]) == ["··"] and drawn([]) == []
    assert drawn([[1e-9, 1.0]], ".12") == ["12"]  # a little is not nothing
    (row,) = drawn([[1.0] * (3 * MARKS - 1)])
    assert row == "█" * MARKS  # three steps share a mark


def test_a_screen_without_bars(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdout", io.TextIOWrapper(io.BytesIO(), encoding="ascii"))
    assert drawn([[0.0, 1.0]]) == [".9"]


def test_every_spike_is_drawn_and_words_are_escaped() -> None:
    own = sender(words=("<b>&", "bad"))
    found = Encoded("", ["<b>&", "坏", "bad"], [True, False, True], 0, own.encode("bad x bad").sent)
    root = ElementTree.fromstring(picture(own, found))
    texts = ["".join(t.itertext()) for t in root.iter("text")]
    assert "<b>&" in texts and "坏 ?" in texts
    boxes = [p.get("d", "") for p in root.iter("path")]
    assert sum(path.count("M") for path in boxes) == found.sent.frames.sum() == 4
    many = own.encode(" ".join(["bad"] * (MOST_WORDS + 3)))
    assert f"first {MOST_WORDS} of {MOST_WORDS + 3} words" in picture(own, many)


def test_chinese_words_stay_chinese() -> None:
    own = sender(words=("味道", "好"), language="zh")
    found = own.encode("味道好")
    figures = recorded(own, found)
    assert [w["word"] for w in figures["words"]] == ["味道", "好"]
    assert all(w["known"] for w in figures["words"])
    assert "味道" in encoded_text(own, found)
    drawing = picture(own, found)
    assert 'lang="zh"' in drawing and ">味道</text>" in drawing


def asked(capsys: pytest.CaptureFixture[str], *words: str) -> list[dict[str, Any]]:
    assert main(["encode", *words, "--json"]) == 0
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


@pytest.mark.parametrize("model", ["snn", "finetuned", "snn@saf:8", "snn@bitplane:3"])
def test_the_spikes_are_those_of_the_network(whole_run: Path, capsys, model: str) -> None:
    """As many as `explain` counts at each word, where it explains the same model."""
    (found,) = asked(capsys, str(whole_run), "--text", TEXT, "--model", model)
    steps = {"snn@saf:8": 8, "snn@bitplane:3": 3}.get(model, 4)
    assert found["steps"] == steps and found["model"] == model
    assert all(len(word["spikes"]) == len(word["frames"]) == steps for word in found["words"])
    assert found["spikes"] == sum(sum(word["spikes"]) for word in found["words"])
    if "@" not in model:
        assert main(["explain", str(whole_run), TEXT, "--model", model, "--json"]) == 0
        rows = json.loads(capsys.readouterr().out)["by_word"]
        assert [w["spikes"] for w in found["words"]] == [row["input"] for row in rows]


def test_more_steps_are_nearer(whole_run: Path, capsys) -> None:
    errors = [
        asked(capsys, str(whole_run), TEXT, "--model", f"snn@saf:{steps}")[0]["error"]
        for steps in (2, 8, 32)
    ]
    assert errors[0] > errors[1] > errors[2] > 0


def test_texts_of_a_file_and_of_standard_input(whole_run: Path, capsys, tmp_path, monkeypatch):
    path = tmp_path / "texts.csv"
    path.write_text('id,text\n1,good food\n2,"bad, bad"\n')
    found = asked(capsys, str(whole_run), "--input", str(path))
    assert [row["text"] for row in found] == ["good food", "bad, bad"]
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"good food\n")))
    assert asked(capsys, str(whole_run), "-") == found[:1]
    assert asked(capsys, str(whole_run), "--text", "good food", "--text", "bad, bad") == found
    assert encode(whole_run, ["good food"], as_json=True) == found[:1]


def test_people_see_a_line_a_word(whole_run: Path, capsys) -> None:
    assert main(["encode", str(whole_run), "--text", "good zzqx\x1b[2J food"]) == 0
    text = capsys.readouterr().out
    assert "\x1b" not in text and "zzqx (unknown)" in text
    row = next(line for line in text.splitlines() if line.startswith("good  "))
    assert len(row.split()[1]) == 4 and set(row.split()[1]) <= set("·▁▂▃▄▅▆▇█")
    assert "distinct frames; decoding error" in text


def test_a_drawing_is_written_whole(whole_run: Path, capsys, tmp_path: Path) -> None:
    path = tmp_path / "spikes.svg"
    assert main(["encode", str(whole_run), "--text", TEXT, "--svg", str(path)]) == 0
    root = ElementTree.parse(path).getroot()
    assert root.tag.endswith("svg") and "svg .cell" in path.read_text("utf-8")
    assert "waiter" in path.read_text("utf-8") and "<script" not in path.read_text("utf-8")


def test_of_one_vector_a_text(tmp_path: Path, capsys) -> None:
    run = tmp_path / "run"
    words = ["train", "--out", str(run), "--stage", "mean", "--model", "mlp", "--hidden", "8"]
    words += ["--dim", "12", "--vectors", "random", "--epochs", "1", "--limit", "60", "--quiet"]
    assert main(words) == 0
    assert main(["convert", str(run), "--steps", "3", "--quiet"]) == 0
    (found,) = asked(capsys, str(run), "--text", "good food")
    assert [w["word"] for w in found["words"]] == ["the whole text"]
    assert len(found["words"][0]["spikes"]) == 3


def test_of_a_network_that_makes_spikes_inside(tmp_path: Path, capsys) -> None:
    run = str(tmp_path / "run")
    words = ["train", "--out", run, "--model", "spiking-bert", "--size", "16", "--layers", "1"]
    words += ["--heads", "2", "--expansion", "2", "--dim", "8", "--vectors", "random"]
    assert main([*words, "--epochs", "1", "--limit", "40", "--quiet"]) == 0
    capsys.readouterr()
    assert main(["encode", run, "good food"]) == 2
    error = capsys.readouterr().err
    assert "but spiking reads vectors as they are" in error and error.count("\n") == 1


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["RUN"], "required: --text TEXT, - or --input FILE"),
        (["RUN", "--text", "a", "--input", "b"], "leave one out"),
        (["RUN", "a", "--encoding", "utf-8"], "with --input FILE only"),
        (["RUN", "a", "--model", "ann"], "expected an SNN"),
        (["RUN", "a", "--model", "snn+deterministic"], "is a control"),
        (["RUN", "a", "--model", "snn@morse:4"], "an input code of"),
        (["RUN", "a", "--model", "snn@saf:0"], "at least one time step"),
        (["RUN", "a", "--model", "snn@t9"], "snn@t9"),
        (["RUN", "a", "b", "--svg", "x.svg"], "expected one text for --svg"),
        (["RUN", "a", "--svg", "x.png"], "expected a file .svg"),
        (["RUN", "--input", "nowhere.txt"], "nowhere.txt"),
        (["nowhere", "a"], "expected a run folder at nowhere"),
    ],
)
def test_bad_input_gets_one_line(whole_run, capsys, tmp_path, monkeypatch, words, says) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["encode", *(str(whole_run) if word == "RUN" else word for word in words)]) == 2
    error = capsys.readouterr().err
    assert says in error and error.count("\n") == 1
    assert not list(tmp_path.iterdir())


def test_vectors_that_are_right_are_decoded_right() -> None:
    """What 63 steps of bit planes stand for is within half a level of every vector."""
    own = sender("bitplane", steps=63)
    sent = own.encode("good bad").sent
    assert float((sent.decoded - sent.vectors).abs().max()) <= 0.5 / 63 + 1e-6
    assert np.isclose(float(sent.sizes[0]), math.hypot(0.5, 0.25) / math.sqrt(2))
