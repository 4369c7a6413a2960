"""What one input code does at one T: what it sends, and what the converted network makes of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from snnconvert.benchmarks.conversion.networks import vectors_of
from snnconvert.convert.conversion import convert_model
from snnconvert.engine.evaluate import snn_figures, snn_outputs
from snnconvert.engine.sending import send
from snnconvert.errors import InputError
from snnconvert.models.encoders.encoder import Encoder, code_named
from snnconvert.models.neurons import NEURONS
from snnconvert.models.snn import SpikingTextModel
from snnconvert.models.text_model import TextModel
from snnconvert.pipelines.convert.choices import named_recipe
from snnconvert.pipelines.data import calibration_texts, load_run_model, load_run_texts
from snnconvert.pipelines.settings.convert import ConvertSettings
from snnconvert.pipelines.settings.data import DataSettings
from snnconvert.pipelines.settings.train import TrainSettings
from snnconvert.pipelines.train import train
from snnconvert.pipelines.training.texts import Texts

LOOKED_AT = 100  # dev texts whose frames are looked at, word by word
Row = dict[str, Any]


@dataclass
class Network:
    """A trained ANN with its texts, those it is calibrated on, and its accuracy by split."""

    dataset: str
    seed: int
    ann: TextModel
    texts: Texts
    chosen: list[np.ndarray]
    accuracy: dict[str, float]


def trained(
    dataset: str, seed: int, data: Path, embeddings: Path, work: Path, **more: Any
) -> Network:
    """The ANN of a data set by default settings and ``more``, trained or taken from ``work``.

    Its vectors are not rounded in training: codes and maps differ by what they make of any vectors.
    Texts have no zeros beside them, as the committed tables were made.
    """
    vectors = vectors_of(dataset, embeddings)
    settings = DataSettings(dataset=dataset, data_dir=str(data), vectors=vectors, **more)
    training = TrainSettings(tensorboard=False, input_levels=0, padding="none")
    run = train(work / f"{dataset}-{seed}", settings, training, seed)
    ann, _ = load_run_model(run, "ann", TextModel)
    texts = load_run_texts(run)
    figures = run.results()["ann"]
    accuracy = {split: figures[f"{split}_accuracy"] for split in ("dev", "test")}
    calibration = ConvertSettings().calibration
    return Network(dataset, seed, ann, texts, calibration_texts(texts, calibration, seed), accuracy)


def measured(net: Network, code: str, steps: int) -> Row:
    """The row of one code and T, converted by default.

    A code that cannot run for T, or not with default neurons, has a row that says why: ``refused``.
    """
    row: Row = {"dataset": net.dataset, "seed": net.seed, "code": code, "steps": steps}
    row |= {f"ann_{split}_accuracy": share for split, share in net.accuracy.items()}
    try:
        settings = ConvertSettings(encoder=code, steps=steps, **_neurons(code))
        found = convert_model(net.ann, named_recipe(settings)[1], net.chosen, net.seed)
    except InputError as error:
        return row | {"refused": str(error)}
    snn = found.snn
    assert isinstance(snn.encoder, Encoder)
    row |= {"mapping": snn.encoder.mapping, "gain": snn.encoder.gain}
    return row | sent(snn, net.texts.sequences["dev"][:LOOKED_AT], net.seed) | converted(snn, net)


def converted(snn: SpikingTextModel, net: Network) -> Row:
    """Accuracy on dev and test, and spikes and operations of a test text."""
    row: Row = {}
    for split in ("dev", "test"):
        sequences, labels = net.texts.sequences[split], net.texts.labels[split]
        running, counts = snn_outputs(snn, sequences, net.seed, None)
        figures = snn_figures(snn, running, labels, counts)
        row[f"{split}_accuracy"] = figures["accuracy"]
    return row | {name: figures[name] for name in ("input_spikes_per_sample", "sops_per_sample")}


def _neurons(code: str) -> dict[str, str]:
    """The neurons that a code goes with, where it needs some."""
    if not code_named(code).own_neurons:
        return {}
    return {"neuron": next(n for n in NEURONS if getattr(NEURONS[n], "code", None) == code)}


def sent(snn: SpikingTextModel, sequences: Sequence[np.ndarray], seed: int) -> Row:
    """What is sent of texts: figures over all their words.

    Returns:
        ``mean_rate``, spikes a channel and step; ``distinct_frames``, the mean of a word;
        ``error`` and ``read_error``, of what frames stand for and of what the network reads, as
        shares of the vectors' size (roots of mean squares); None of stored bits.
    """
    found = [send(snn, ids, seed) for ids in sequences if len(ids)]

    def size(parts: list[np.ndarray]) -> float:
        return float(np.sqrt(np.square(np.concatenate(parts)).mean()))

    whole = size([part.sizes.numpy() for part in found])
    errors = {
        "error": size([part.errors.numpy() for part in found]) / whole,
        "read_error": size([part.read_errors.numpy() for part in found]) / whole,
    }
    return {
        "mean_rate": float(np.concatenate([p.rates.numpy() for p in found]).mean()),
        "distinct_frames": float(np.mean([n for part in found for n in part.distinct])),
        **{name: None if np.isnan(value) else value for name, value in errors.items()},
    }
