"""The figures of a row, out of a run's results and of a look at the model that was made."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from .....energy.tables import own_tables
from .....models.encoders.encoder import Encoder
from .....models.nodes.layers import Conv1d
from .....models.snn import SpikingTextModel
from .....models.text_model import TextModel
from ....data import load_run_model, load_run_texts
from ....energy.measure import Measured, measure_ann, measure_snn, run_snn
from ....energy.study import drawn
from ....run_folder.run_folder import RunFolder
from ....training.texts import Texts
from ..data.rows import Cell, Row

ENERGY_TEXTS = 300
"""Test texts that energy is counted on, drawn by seed: one spiking network is run step by step."""


def measured_row(cell: Cell, run: RunFolder, stage: str) -> Row:
    """The row of a stage that is done."""
    figures, texts = run.require(stage), load_run_texts(run)
    ann = stage == "ann"
    model, _ = load_run_model(run, stage, TextModel if ann else SpikingTextModel)
    assert isinstance(model, TextModel | SpikingTextModel)
    joules, macs = _priced(model, texts, cell.seed)
    spikes = figures.get("input_spikes_per_sample")
    return Row(
        cell,
        figures["test_accuracy"],
        figures["dev_accuracy"],
        parameters(model),
        sops=figures.get("sops_per_sample"),
        macs=macs,
        input_spikes_per_value=None if spikes is None else spikes / _values(model, texts),
        joules=joules,
        epochs=figures.get("epochs"),
        best_epoch=figures.get("best_epoch"),
        notes=_notes(figures),
    )


def _notes(figures: dict[str, Any]) -> dict[str, Any]:
    curve = figures.get("accuracy_by_step")
    return {} if curve is None else {"accuracy_by_step": [round(value, 4) for value in curve]}


def parameters(model: TextModel | SpikingTextModel) -> int:
    """Weights and biases outside the word table.

    A converted first layer that reads positive and negative parts of a value apart is [W, -W]: as
    long as it is so, W counts once.
    """
    return sum(p.numel() for p in model.network.parameters()) - _mirrored(model)


def _mirrored(model: TextModel | SpikingTextModel) -> int:
    """Weights that are another one's negative."""
    encoder = getattr(model, "encoder", None)
    if not isinstance(encoder, Encoder) or encoder.mapping != "split":
        return 0
    count = 0
    for name, inputs in model.network.inputs.items():
        node: nn.Module = model.network.node(name)
        if inputs == ("input",) and isinstance(node, Conv1d):
            positive, negative = node.weight.chunk(2, dim=1)  # (C, D, k) each
            count += positive.numel() if torch.equal(positive, -negative) else 0
    return count


def _values(model: TextModel | SpikingTextModel, texts: Texts) -> float:
    """Components of the words of a test text, in the mean."""
    words = [len(sequence) for sequence in texts.sequences["test"]]
    return sum(words) / len(words) * model.embedding.embedding_dim


@torch.no_grad()
def _priced(
    model: TextModel | SpikingTextModel, texts: Texts, seed: int
) -> tuple[float | None, float | None]:
    """Joules a text by the first energy table, and of an ANN its MACs."""
    chosen = drawn(len(texts.sequences["test"]), ENERGY_TEXTS, seed)
    sequences = [texts.sequences["test"][i] for i in chosen]
    labels = [texts.labels["test"][i] for i in chosen]
    found: Measured
    if isinstance(model, TextModel):
        found = measure_ann(model, sequences, labels)[-1]  # padding and zeros skipped
    else:
        found = measure_snn(run_snn(model, sequences, seed), "snn", "all steps", labels)
    joules = next(iter(own_tables().values())).joules(found.layers)
    macs = sum(layer.mean("macs") for layer in found.layers)
    return (
        None if joules is None else float(joules.mean()),
        float(macs) if isinstance(model, TextModel) else None,
    )
