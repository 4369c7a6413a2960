"""Networks that are exported: of the built-in reviews, and of SST-2 where the data are."""

from __future__ import annotations

from pathlib import Path

import pytest

from snnconvert import TextClassifier
from snnconvert.convert.conversion import convert_model
from snnconvert.convert.recipes.recipe import ConversionRecipe
from snnconvert.models.text_model import TextModel

CASES = ("default", "fine-tuned", "hard", "spikes", "hard spikes")


@pytest.fixture(scope="session")
def classifiers(tiny_run: Path) -> dict[str, TextClassifier]:
    """The tiny run's SNN by reset and pooling; its own is of soft reset and pools counts."""
    ann = TextClassifier.load(tiny_run, "ann")
    assert isinstance(ann.model, TextModel)
    found = {
        "default": TextClassifier.load(tiny_run, "snn"),
        "fine-tuned": TextClassifier.load(tiny_run, "finetuned"),
    }
    texts = ann.stage.encode(["good food and kind waiters", "a cold room and a rude waiter"])
    for name in CASES[2:]:
        reset = "hard" if "hard" in name else "soft"
        pooling = "spikes" if "spikes" in name else "counts"
        recipe = ConversionRecipe(steps=3, reset=reset, pooling=pooling)
        snn = convert_model(ann.model, recipe, texts).snn
        found[name] = TextClassifier(ann.stage, snn, ann.classes)
    return found


@pytest.fixture(scope="session")
def sst2_run(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """SST-2 with the default network, soft and hard reset; one epoch, which is enough to fire."""
    from snnconvert.pipelines.cli import main

    run = str(tmp_path_factory.mktemp("sst2") / "run")
    data = ["--dataset", "sst2", "--data-dir", str(shared / "data")]
    assert main(["train", *data, "--out", run, "--epochs", "1", "--no-tensorboard", "--quiet"]) == 0
    assert main(["convert", run, "--quiet"]) == 0
    assert main(["convert", run, "--reset", "hard", "--name", "hard", "--quiet"]) == 0
    return Path(run)
