"""`snnconvert convert`: balance thresholds, build the SNN, verify it, measure it, report it."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ..convert.artefacts import save_model
from ..convert.diagnosis import layer_activity, raster
from ..convert.encoders import Encoder
from ..convert.recipe import ConversionRecipe
from ..convert.thresholds import ActivationStatistics, ThresholdRule, choose_threshold
from ..convert.to_snn import build_snn
from ..convert.verify import verify
from ..engine.batches import by_length, to_batch
from ..engine.evaluate import evaluate_snn
from ..errors import InputError
from ..files import write_json
from ..models.activations import Activation
from ..models.network import Signal
from ..models.snn import SpikingTextModel
from ..models.textcnn import TextModel
from ..seeds import generator
from .data import Texts, load_run_model, load_run_texts
from .runfolder import RunFolder, settings_dict
from .settings import ConvertSettings


def recipe_from(settings: ConvertSettings) -> ConversionRecipe:
    """The conversion recipe that the command's settings name."""
    mapping = settings.mapping
    if mapping == "auto":
        mapping = "none" if settings.encoder == "direct" else "split"
    return ConversionRecipe(
        steps=settings.steps,
        encoder=Encoder(settings.encoder, mapping),
        threshold=ThresholdRule(settings.threshold, settings.grain, settings.percentile),
        initial=settings.initial,
        reset=settings.reset,
        pooling=settings.pooling,
    )


@dataclass
class Conversion:
    """A converted model with what its report says of every layer."""

    snn: SpikingTextModel
    rows: list[dict[str, Any]]


def convert_model(
    ann: TextModel, recipe: ConversionRecipe, sequences: list, seed: int = 0
) -> Conversion:
    """Balance thresholds on texts, convert, and verify against the ANN.

    Args:
        ann: the trained model
        recipe: the choices of the conversion
        sequences: id sequences of calibration texts
        seed: of the draws of a stochastic encoder

    Raises:
        InputError: a node that cannot be converted, or no calibration texts.
        SnnConvertError: the converted network is not the ANN's (see `convert.verify`).
    """
    if not sequences:
        raise InputError("expected at least one calibration text, but got none (--calibration)")
    thresholds, used = balance(ann, recipe.threshold, sequences)
    network, rows = build_snn(ann.network, recipe, thresholds)
    snn = SpikingTextModel(ann.embedding.weight.detach(), recipe.encoder, network, recipe.steps)
    ids, lengths = to_batch(sequences[:64])
    with torch.no_grad():
        vectors = ann.embed(ids)
    checks = verify(ann.network, network, recipe.encoder, thresholds, vectors, lengths)
    errors = {check.name: check.error for check in checks}
    for row in rows:
        name = row["name"]
        if name in errors:
            row["verify_error"] = errors[name]
        if name in thresholds:
            theta = thresholds[name]
            row |= {
                "threshold_rule": used[name],
                "threshold_min": float(theta.min()),
                "threshold_mean": float(theta.mean()),
                "threshold_max": float(theta.max()),
            }
    return Conversion(snn.eval(), rows)


@torch.no_grad()
def balance(
    ann: TextModel, rule: ThresholdRule, sequences: list
) -> tuple[dict[str, Tensor], dict[str, str]]:
    """Thresholds of every activation, from the ANN's activations on ``sequences``.

    Returns:
        theta (C,) or (1,) by node name, and the rule that gave each.
    """
    names = [n for n in ann.network.inputs if isinstance(ann.network.node(n), Activation)]
    statistics = {name: ActivationStatistics() for name in names}
    for batch in by_length(sequences, 128):
        record: dict[str, Signal] = {}
        ids, lengths = to_batch([sequences[i] for i in batch])
        ann.network(Signal(ann.embed(ids), lengths), record)
        for name in names:
            statistics[name].update(record[name])
    chosen = {name: choose_threshold(name, ann.network, statistics[name], rule) for name in names}
    return {n: theta for n, (theta, _) in chosen.items()}, {
        n: how for n, (_, how) in chosen.items()
    }


def convert(
    out: Path | str, settings: ConvertSettings, seed: int = 0, force: bool = False
) -> RunFolder:
    """Convert the ANN of a run folder and measure the SNN on dev and test.

    Raises:
        InputError: no trained ANN in the folder, settings that do not fit it, or done otherwise.
    """
    run = RunFolder(out)
    recipe = recipe_from(settings)
    with run.locked():
        run.require("ann")
        resolved = settings_dict(settings, seed=seed)
        if run.is_done("snn", resolved, force):
            return run
        started = time.monotonic()
        ann, classes = load_run_model(run, "ann", TextModel)
        texts = load_run_texts(run)
        order = torch.randperm(
            len(texts.sequences["train"]), generator=generator(seed, "calibration")
        ).tolist()
        calibration = [texts.sequences["train"][i] for i in order[: settings.calibration]]
        conversion = convert_model(ann, recipe, calibration, seed)
        run.begin("snn", resolved, force)
        save_model(run.path / "snn", conversion.snn, classes)
        figures = measure(conversion.snn, texts, seed, "snn")
        report = {
            "recipe": recipe.to_dict(),
            "pooling_rule": recipe.pooling_rule(),
            "layers": conversion.rows,
            "activity": layer_activity(conversion.snn, texts.sequences["dev"], seed),
            "accuracy_by_step": figures["accuracy_by_step"],
        }
        write_json(run.path / "snn" / "conversion.json", report)
        write_raster(run, conversion.snn, texts, seed, "snn")
        figures["seconds"] = round(time.monotonic() - started, 1)
        run.finish("snn", resolved, figures)
    return run


def measure(snn: SpikingTextModel, texts: Texts, seed: int, name: str) -> dict[str, Any]:
    """The figures of a spiking model for results.json: dev accuracy, test accuracy by step."""
    dev, test = (
        evaluate_snn(snn, texts.sequences[s], texts.labels[s], seed, f"{name} on {s}")
        for s in ("dev", "test")
    )
    return {
        "steps": snn.steps,
        "dev_accuracy": dev["accuracy"],
        "dev_accuracy_by_step": dev["accuracy_by_step"],
        "test_accuracy": test.pop("accuracy"),
        **test,
    }


def write_raster(run: RunFolder, snn: SpikingTextModel, texts: Texts, seed: int, name: str) -> None:
    """Store one test sentence's spikes for the report: of those of 6 to 16 words, the first."""
    lengths = [len(s) for s in texts.sequences["test"]]
    fitting = [i for i, n in enumerate(lengths) if 6 <= n <= 16] or [
        int(torch.tensor(lengths).argmax())
    ]
    index = fitting[0]
    text = texts.dataset.test.texts[index]
    words = texts.stage.segment(text)[: lengths[index]]
    content = raster(snn, texts.sequences["test"][index], words, seed)
    label = texts.dataset.classes[texts.labels["test"][index]]
    write_json(run.path / name / "raster.json", {"text": text, "label": label, **content})
