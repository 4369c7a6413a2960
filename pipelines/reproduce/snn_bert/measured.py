"""The figures of a row, out of a run's results and of a look at the network that was trained."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from ....energy.direct import direct_layers, synapses_alone
from ....energy.layers import Layer, total
from ....energy.tables import own_tables
from ....engine.reference import ann_logits
from ....engine.scores import USUAL
from ....models.text_model import TextModel
from ...data import load_run_model, load_run_texts
from ...energy.measure import measure_ann
from ...energy.study import drawn
from ...run_folder.run_folder import RunFolder
from ...training.texts import Texts
from .activity import activity_of
from .rows import Cell, Row

ENERGY_TEXTS = 300
"""Test texts that the work is counted on, the same for all networks and seeds."""
DIGITS = 6
Joules = dict[str, np.ndarray | None]
"""Of each energy text, by table; None where a table cannot price the work."""


@torch.no_grad()
def measured_row(cell: Cell, run: RunFolder) -> Row:
    """The row of a run that is trained."""
    spikes = "spiking" in run.results()
    figures = run.require("spiking" if spikes else "ann")
    texts = load_run_texts(run)
    model, _ = load_run_model(run, "spiking" if spikes else "ann", TextModel)
    logits = ann_logits(model, texts.sequences["test"])  # (N, K)
    right = logits.argmax(1) == torch.tensor(texts.labels["test"])
    chosen = drawn(len(texts.labels["test"]), ENERGY_TEXTS, 0)
    sequences = [texts.sequences["test"][i] for i in chosen]
    layers = direct_layers(model, sequences) if spikes else _ann_layers(model, sequences)
    alone, everything = _priced(synapses_alone(layers)), _priced(layers)
    first = next(iter(own_tables()))
    sops, synapses = (float(np.mean(total(layers, name))) for name in ("sops", "synapses"))
    return Row(
        cell,
        **_scores(figures, texts),
        epochs=figures["epochs"],
        best_epoch=figures["best_epoch"],
        train_seconds=figures["cpu"]["seconds"],
        parameters=figures["parameters"],
        energy_texts=len(chosen),
        spikes=float(np.mean(total(layers, "spikes_out"))),
        sops=sops,
        macs=float(np.mean(total(layers, "macs"))),
        share=sops / synapses if spikes else None,
        synapses=_means(alone),
        everything=_means(everything),
        activity=activity_of(model, sequences) if spikes else {},
        right="".join(map(str, right.int().tolist())),
        text_joules={"synapses": _listed(alone[first]), "everything": _listed(everything[first])},
        notes=_notes(run),
    )


def _ann_layers(model: TextModel, sequences: Sequence[np.ndarray]) -> list[Layer]:
    """The work of the ANN, padding skipped."""
    found = {m.setting: m for m in measure_ann(model, sequences, [0] * len(sequences))}
    return found["padding skipped"].layers


def _priced(layers: Sequence[Layer]) -> Joules:
    return {name: table.joules(layers) for name, table in own_tables().items()}


def _means(joules: Joules) -> dict[str, float | None]:
    return {name: None if of is None else float(of.mean()) for name, of in joules.items()}


def _listed(joules: np.ndarray | None) -> list[float]:
    assert joules is not None  # the first table prices everything
    return [float(f"{value:.{DIGITS}g}") for value in joules]


def _scores(figures: dict[str, Any], texts: Texts) -> dict[str, Any]:
    """The first score of the task, on test and on dev, and what one answer for all texts has."""
    name = texts.dataset.scores[0]
    if name in USUAL:
        score, dev_score = figures["test_accuracy"], figures["dev_accuracy"]
        trivial = _trivial(texts)
    else:
        score, dev_score, trivial = (
            figures[part][name]
            for part in ("test_task_scores", "dev_task_scores", "test_trivial_scores")
        )
    return {"metric": name, "score": score, "dev_score": dev_score, "trivial": trivial}


def _trivial(texts: Texts) -> float:
    """The share on test of the class that most training texts have."""
    ((most, _),) = Counter(texts.labels["train"]).most_common(1)
    return sum(label == most for label in texts.labels["test"]) / len(texts.labels["test"])


def _notes(run: RunFolder) -> dict[str, Any]:
    """The run, and what its texts were."""
    results = run.results()
    return {"run": run.path.name, "data": results["data"]["sha256"]}
