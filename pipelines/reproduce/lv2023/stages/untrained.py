"""A run whose ANN has random weights: what a spiking network is trained from, from scratch."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from .....engine.evaluate import accuracy
from .....engine.reference import ann_logits
from .....models.families import FAMILIES
from .....models.saving import save_model
from .....models.text_model import TextModel
from ....data_stage import Prepared, prepare_data
from ....run_folder.fingerprints import as_json
from ....run_folder.run_folder import RunFolder
from ....settings.data import DataSettings
from ....settings.sizes import train_defaults
from ....settings.train import TrainSettings
from ....train import input_rounding


def untrained(
    out: Path | str, data: DataSettings, settings: TrainSettings, seed: int = 0
) -> RunFolder:
    """Make a run as `train` does, with the weights that a training begins with.

    Args:
        out: the run folder, made where it is not there
        data: which texts and vectors
        settings: of the network; those of the training do not matter
        seed: of the weights

    Raises:
        InputError: bad data or settings, or a folder that holds another run.
    """
    run = RunFolder(out, must_exist=False)
    with run.locked():
        prepared = prepare_data(run, data, seed)
        settings = train_defaults(settings, len(prepared.dataset.train), own_vectors=False)
        own = {**settings.of_network(), "input_levels": settings.input_levels}
        resolved = as_json({"trained": False, "seed": seed, "model": settings.model, **own})
        if not run.is_done("ann", resolved):
            started = time.monotonic()
            run.begin("ann", resolved)
            figures = _made(run, prepared, settings, seed)
            figures["seconds"] = round(time.monotonic() - started, 1)
            run.finish("ann", resolved, figures)
    return run


def _made(run: RunFolder, prepared: Prepared, settings: TrainSettings, seed: int) -> dict[str, Any]:
    """Save the network; returns its figures."""
    texts, vectors = prepared.encode(), prepared.vectors
    family, classes = FAMILIES[settings.model], texts.dataset.classes
    network = family.network(vectors.shape[1], len(classes), settings.of_network(), seed)
    model = TextModel(vectors, network, False, input_rounding(texts, vectors, settings))
    model.settle()
    save_model(run.path / "ann", model, classes)
    found: dict[str, Any] = {
        f"{name}_accuracy": accuracy(ann_logits(model, texts.sequences[name]), texts.labels[name])
        for name in ("dev", "test")
    }
    return found | {"parameters": sum(p.numel() for p in network.parameters())}
