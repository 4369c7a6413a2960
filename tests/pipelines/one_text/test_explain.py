"""`snnconvert explain` as a user types it, on a run that is in the repository."""

from __future__ import annotations

import io
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from snnconvert.pipelines.cli import main
from snnconvert.pipelines.explain.terminal import AGAINST, FOR, Shades, printable

TEXT = "the food was not good , and the waiter was rude"


def explained(run: Path, capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, Any]:
    assert main(["explain", str(run), *words, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


@pytest.mark.parametrize("model", ["ann", "snn", "finetuned"])
def test_json_has_parts_that_sum_to_the_logits(whole_run, capsys, model: str) -> None:
    found = explained(whole_run, capsys, TEXT, "--model", model, "--top", "3")
    assert found["model"] == model and found["words"][3] == "not"
    for name, logit in found["logits"].items():
        bias = found["bias"][name]
        windows = [window["parts"][name] for window in found["windows"]]
        words = [word["parts"][name] for word in found["by_word"]]
        assert math.fsum([bias, *windows, found["rounding"][name]]) == logit
        assert math.fsum([bias, *words, found["word_rounding"][name]]) == logit
    assert found["predicted"] == max(found["logits"], key=found["logits"].__getitem__)
    assert sum("logits_without" in window for window in found["windows"]) == 3
    assert len(found["by_step"]) == found["steps"]
    assert ("ann" in found) == (model != "ann")


def test_the_answer_is_that_of_predict(whole_run, capsys) -> None:
    found = explained(whole_run, capsys, TEXT)
    assert main(["predict", str(whole_run), TEXT, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["class"] == found["predicted"]


def test_people_read_words_windows_and_steps(whole_run, capsys) -> None:
    assert main(["explain", str(whole_run), TEXT + " zzzq", "--top", "2"]) == 0
    text = capsys.readouterr().out
    assert "words that the vocabulary does not have: zzzq" in text
    assert "\x1b" not in text and "not(" in text  # no terminal: signed numbers
    assert "windows that carry the decision" in text
    steps = text[text.index("step by step") :].splitlines()
    assert [line.split()[0] for line in steps[3:8]] == ["1", "2", "3", "4", "ANN"]
    assert text.rstrip().endswith("exactly")


def test_of_many_classes_those_near_the_answer_are_shown(tmp_path: Path, capsys) -> None:
    rows = [(k, f"word{k} again{n}") for k in range(9) for n in range(11)]
    texts = tmp_path / "nine.tsv"
    texts.write_text("".join(f"c{k}\t{text}\n" for k, text in rows), "utf-8")
    run, small = str(tmp_path / "run"), ["--dim", "8", "--channels", "6", "--epochs", "1"]
    assert main(["train", "--dataset", str(texts), "--out", run, *small, "--quiet"]) == 0
    assert main(["convert", run, "--steps", "2", "--quiet"]) == 0
    found = explained(Path(run), capsys, "word3", "--model", "snn")
    assert main(["explain", run, "word3", "--model", "snn"]) == 0
    text = capsys.readouterr().out
    assert "step by step: logits, the largest 6 at the end of 9 classes" in text
    _, *names, answer = text[text.index("step by step") :].splitlines()[1].split()
    largest = sorted(found["logits"], key=found["logits"].__getitem__)[-6:]
    assert answer == "answer" and names == sorted(largest)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_colours_only_where_there_are_some(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    shades = Shades.of(Terminal())
    line = shades.line(["good", "the", "bad"], np.array([2.0, 0.0, -1.0]))
    assert f"48;5;{FOR[-1]}mgood" in line and " the " in line and f"48;5;{AGAINST[2]}mbad" in line
    assert not Shades.of(io.StringIO()).colours
    for name, value in (("NO_COLOR", "1"), ("TERM", "dumb")):
        monkeypatch.setenv(name, value)
        assert not Shades.of(Terminal()).colours
        monkeypatch.delenv(name)


def test_what_a_terminal_would_obey_is_not_printed() -> None:
    assert printable("a\x1b[2Jb\u202e") == "a\ufffd[2Jb\ufffd"


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["RUN", ""], "at least one word"),
        (["RUN", "a", "--model", "snn-adversarial"], "snn-adversarial"),
        (["nowhere", "a"], "expected a run folder at nowhere"),
        (["RUN", "a", "--top", "x"], "--top"),
        (["RUN", "a", "--top", "-1"], "--top"),
    ],
)
def test_bad_input_gets_one_line(whole_run, capsys, words: list[str], says: str) -> None:
    given = [str(whole_run) if word == "RUN" else word for word in words]
    assert main(["explain", *given]) == 2
    error = capsys.readouterr().err
    assert says in error and error.count("\n") == 1
