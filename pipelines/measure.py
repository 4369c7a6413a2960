"""Accuracy, spikes and pictures of a spiking model, for any stage."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from ..convert.diagnosis.activity import raster
from ..engine.evaluate import snn_figures, snn_outputs
from ..files import write_json
from ..models.snn import SpikingTextModel
from ..typed_json import made, to_json
from .quality.latency import latency_figures
from .quality.quality import model_figures
from .run_folder.records.spikes import Rasters
from .run_folder.run_folder import RunFolder
from .settings.engine import ENGINE, EngineSettings
from .training.texts import Texts

TABLE_BYTES = 128 << 20
"""Of the words' table where a command that holds more than a model runs through a split once."""


def measure(
    snn: SpikingTextModel,
    texts: Texts,
    seed: int,
    name: str,
    engine: EngineSettings = ENGINE,
) -> dict[str, Any]:
    """The figures of a spiking model for results.json: dev accuracy, test accuracy by step."""
    logits: dict[str, Tensor] = {}  # (N, K) after the last step
    figures: dict[str, dict[str, Any]] = {}
    for split in ("dev", "test"):
        running, counts = snn_outputs(
            snn,
            texts.sequences[split],
            seed,
            f"{name} on {split}",
            **engine.choice(),
            table_bytes=TABLE_BYTES,
        )
        logits[split] = running[-1]
        figures[split] = snn_figures(snn, running, texts.labels[split], counts)
    dev, test = figures["dev"], figures["test"]
    latency = latency_figures(snn, texts, seed, engine)  # its table before more libraries
    return {
        "steps": snn.steps,
        "dev_accuracy": dev["accuracy"],
        "dev_accuracy_by_step": dev["accuracy_by_step"],
        "test_accuracy": test.pop("accuracy"),
        **test,
        **model_figures(logits, texts),
        "latency": latency,
    }


def write_raster(run: RunFolder, snn: SpikingTextModel, texts: Texts, seed: int, name: str) -> None:
    """Store the spikes of a few test sentences for the report.

    Of those of 6 to 16 words the first, and under ``more`` the first of other classes, three in
    all; the longest text where none is of that length. Where all are one vector, any will do.
    """
    lengths = [len(s) for s in texts.sequences["test"]]
    whole = texts.stage.hands_on == "vectors"
    chosen: dict[int, int] = {}  # index of a text, by class
    for i, (length, label) in enumerate(zip(lengths, texts.labels["test"], strict=True)):
        if (whole or 6 <= length <= 16) and len(chosen) < 3:
            chosen.setdefault(int(label), i)

    def spikes(index: int) -> dict[str, Any]:
        text = texts.dataset.test.texts[index]
        words = texts.stage.positions(text)[: lengths[index]]
        label = texts.dataset.classes[texts.labels["test"][index]]
        return {
            "text": text,
            "label": label,
            **raster(snn, texts.sequences["test"][index], words, seed),
        }

    first, *more = list(chosen.values()) or [int(torch.tensor(lengths).argmax())]
    content = made(Rasters, spikes(first) | {"more": [spikes(index) for index in more]})
    write_json(run.folder(name) / "raster.json", to_json(content))
