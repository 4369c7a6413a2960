"""Parts of adversarial fine-tuning: which texts are trained on, how they are mixed and scored."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from snnconvert.attacks.runs import select_examples
from snnconvert.errors import InputError
from snnconvert.pipelines import run as run_module
from snnconvert.pipelines.cli import main
from snnconvert.pipelines.finetune.adversarial import resolved_settings
from snnconvert.pipelines.finetune.adversarial_texts import (
    Attacked,
    accuracy_under_attack,
    attacked_texts,
    examples_of_round,
    outcome,
    with_attacked,
)
from snnconvert.pipelines.run_folder.run_folder import RunFolder
from snnconvert.pipelines.settings.finetune import AdversarialSettings, FinetuneSettings
from snnconvert.pipelines.settings.run import RunSettings
from snnconvert.pipelines.training.texts import Texts
from snnconvert.tests.helpers.adversarial import DATA, TRAIN, TUNE, results
from snnconvert.tests.helpers.records import records as made_records
from snnconvert.text.datasets.dataset import Split


def test_what_is_trained_on_and_what_is_scored() -> None:
    """s success, u success that does not hold, f failed, k wrong before, e error."""
    records = made_records("sufke")
    train = attacked_texts(records, only_adversarial=True)
    assert (train.texts, train.labels) == (["test 0"], [1])
    dev = attacked_texts(records)
    assert (dev.texts, dev.labels) == (["test 0", "text 1", "text 2", "text 3"], [1] * 4)
    counts = {"texts": 5, "errors": 1, "skipped": 1, "successes": 2, "verified": 1}
    assert outcome(records) == counts
    assert accuracy_under_attack({"one": records}) == 2 / 4
    assert accuracy_under_attack({"one": records, "two": made_records("fff")}) == 3 / 4
    assert accuracy_under_attack({"one": made_records("e")}) == 0


@given(st.integers(1, 40), st.integers(1, 50), st.integers(1, 6))
def test_every_round_has_other_texts(texts: int, count: int, number: int) -> None:
    split = Split(tuple(f"text {i}" for i in range(texts)), (0,) * texts)
    rounds = [examples_of_round(split, count, n, seed=3) for n in range(1, number + 1)]
    shown = [example.index for found in rounds for example in found]
    assert all(len({e.index for e in found}) == min(count, texts) for found in rounds)
    uses = Counter(shown)
    assert max(uses.values()) - min(uses.get(i, 0) for i in range(texts)) <= 1
    assert rounds[0] == select_examples(split.texts, split.labels, count, 3)


@given(st.integers(1, 60), st.integers(1, 30), st.floats(0, 0.95))
def test_the_share_of_adversarial_texts(clean: int, made: int, share: float) -> None:
    def encode(texts: list[str]) -> list[np.ndarray]:
        return [np.array([int(text)]) for text in texts]

    numbers = [np.array([-i]) for i in range(clean)]
    texts: Any = Texts(
        SimpleNamespace(),  # type: ignore[arg-type]
        SimpleNamespace(encode=encode),  # type: ignore[arg-type]
        {"train": numbers, "dev": [], "test": []},
        {"train": [0] * clean, "dev": [], "test": []},
    )
    train = Attacked([str(1 + i) for i in range(made)], [i % 3 for i in range(made)])
    mixed = with_attacked(texts, train, Attacked(["7"], [2]), share)
    sequences = [int(s[0]) for s in mixed.sequences["train"]]
    assert sequences[:clean] == [int(s[0]) for s in numbers] and len(texts.labels["train"]) == clean
    counts = Counter(sequences[clean:])
    assert (
        set(counts) == set(range(1, made + 1)) and max(counts.values()) - min(counts.values()) < 2
    )
    added = len(sequences) - clean
    assert added / len(sequences) >= share - 1e-12
    assert added == made or (added - 1) / (len(sequences) - 1) < share + 1e-12
    assert mixed.labels["train"][clean:] == [(number - 1) % 3 for number in sequences[clean:]]
    assert mixed.sequences["attacked"][0].tolist() == [7] and mixed.labels["attacked"] == [2]


def test_settings_check_themselves() -> None:
    with pytest.raises(InputError, match="adversarial_budget only with adversarial"):
        AdversarialSettings(adversarial_budget=7)
    settings = AdversarialSettings(adversarial=("pwws",), adversarial_budget=7)
    assert settings.model == "both"
    settings.check_training(FinetuneSettings(width=2.0))
    alone = AdversarialSettings(adversarial=("pwws",), model="ann")
    alone.check_training(FinetuneSettings(epochs=3, lr=0.1))
    hidden = FinetuneSettings(word_dropout=0.3)  # of a text's words, which an ANN reads as well
    alone.check_training(hidden)
    for base in ("ann", "snn"):
        assert resolved_settings(base, settings, hidden, 0)["word_dropout"] == 0.3
        assert "word_dropout" not in resolved_settings(base, settings, FinetuneSettings(), 0)
    with pytest.raises(InputError, match="width only where an SNN is tuned"):
        alone.check_training(FinetuneSettings(width=2.0))
    with pytest.raises(InputError, match="width only where an SNN is tuned"):
        RunSettings(adversarial=alone, finetune=FinetuneSettings(width=2.0))


@pytest.mark.long
def test_run_makes_them_after_the_plain_one(
    tmp_path: Path, textattack: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_module, "can_attack", lambda: False)
    train = [f"--train.{w[2:]}" if w.startswith("--") else w for w in TRAIN]
    tune = [f"--finetune.{w[2:]}" if w.startswith("--") else w for w in TUNE]
    words = ["run", "--out", str(tmp_path / "run"), *DATA, *train, *tune, "--steps", "2"]
    words += ["--finetune.adversarial-rounds", "1", "--finetune.model", "snn"]
    assert main(words) == 0
    found = results(tmp_path / "run")
    assert list(found) == ["data", "ann", "snn", "finetuned", "snn-adversarial", "energy"]
    assert "adversarial" not in RunFolder(tmp_path / "run").config()["finetuned"]
