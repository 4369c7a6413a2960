"""What a newcomer's first commands give: with no option at all, networks that have learned."""

from __future__ import annotations

import statistics
from dataclasses import replace

import pytest

from snnconvert.pipelines.convert.convert import convert
from snnconvert.pipelines.demo import demo_settings
from snnconvert.pipelines.finetune.finetune import finetune
from snnconvert.pipelines.settings.data import DataSettings
from snnconvert.pipelines.settings.run import RunSettings
from snnconvert.pipelines.settings.train import TrainSettings
from snnconvert.pipelines.train import train

SEEDS = (0, 1, 2)
STAGES = ("ann", "snn", "finetuned")
# a stranger's texts: few, and not from this package
FEW = "{i} {what} of this hotel was {how}, and {more}"


@pytest.fixture(scope="module", params=["en", "zh"])
def accuracies(request, tmp_path_factory) -> dict[str, list[float]]:
    """Test accuracy of every model at T = 4, by seed, with the settings of the demo."""
    settings = demo_settings(request.param)
    assert settings == RunSettings(
        data=settings.data, convert=settings.convert, attack=settings.attack
    )  # nothing of the training is set by hand
    found: dict[str, list[float]] = {name: [] for name in STAGES}
    for seed in SEEDS:
        folder = tmp_path_factory.mktemp("first")
        train(folder, settings.data, replace(settings.train, tensorboard=False), seed)
        convert(folder, settings.convert, seed=seed)
        run = finetune(folder, replace(settings.finetune, tensorboard=False), seed)
        for name in STAGES:
            found[name].append(run.results()[name]["test_accuracy"])
    return found


@pytest.mark.long
@pytest.mark.parametrize("stage", STAGES)
def test_the_built_in_reviews_are_learned(accuracies, stage):
    assert statistics.mean(accuracies[stage]) >= 0.85, accuracies


@pytest.mark.parametrize("vectors", ["train", "random"])
@pytest.mark.parametrize("texts", [60, 300])
def test_few_texts_with_an_easy_rule_are_learned(tmp_path, texts, vectors):
    """60 texts are 48 of training: the fixed 20 epochs of old were 20 updates on them."""
    good, bad = ("lovely", "superb", "warm"), ("filthy", "dreadful", "broken")
    whats, mores = ("room", "pool", "breakfast"), ("we left", "it rained", "the bus was late")
    rows = []
    for i in range(texts):
        how = (good if i % 2 else bad)[i // 2 % 3]
        words = {"what": whats[i // 6 % 3], "how": how, "more": mores[i // 18 % 3]}
        rows.append(f"{'good' if i % 2 else 'bad'}\t{FEW.format(i=i, **words)}")
    path = tmp_path / "mine.tsv"
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    data = DataSettings(dataset=str(path), vectors=vectors)
    run = train(tmp_path / "run", data, TrainSettings(tensorboard=False))
    assert run.results()["ann"]["test_accuracy"] >= 0.95
