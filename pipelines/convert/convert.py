"""`snnconvert convert`: balance thresholds, build the SNN, verify it, measure it, report it."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ...convert.adjust.bias_shift import shift_biases
from ...convert.adjust.correction import correct
from ...convert.adjust.normalise import normalise_weights
from ...convert.build import build_snn
from ...convert.diagnosis.activity import raster
from ...convert.diagnosis.diagnose import diagnose
from ...convert.measurement import Measurement
from ...convert.recipes.options import PLACES, from_options, override, save_recipe, to_options
from ...convert.recipes.published import PRESETS, load_options
from ...convert.recipes.recipe import ConversionRecipe
from ...convert.rules.pooling import pooling_used
from ...convert.thresholds.rule import ActivationStatistics, choose_threshold
from ...convert.ttfs.network import convert_ttfs
from ...convert.ttfs.verify import verify_ttfs
from ...convert.verify import LayerCheck, verify
from ...engine.evaluate import snn_figures, snn_outputs
from ...errors import InputError
from ...files import write_json
from ...models.batches import by_length, to_batch
from ...models.encoders.encoder import soft_threshold
from ...models.families.textcnn import TextModel
from ...models.network import Network, Signal
from ...models.nodes.activations import Activation
from ...models.saving import save_model
from ...models.silenced import spiking_model
from ...models.snn import SpikingTextModel
from ...seeds import generator
from ...text.inputs import as_sequences
from ..data import Texts, load_run_model, load_run_texts
from ..quality.quality import model_figures
from ..run_folder.run_folder import RunFolder
from ..settings.base import ENGINE, ConvertSettings, EngineSettings


def recipe_from(settings: ConvertSettings) -> ConversionRecipe:
    """The conversion recipe that the command's settings name.

    Raises:
        InputError: no such recipe, or choices that do not go together.
    """
    return from_options(_options(settings)[1])


def _options(settings: ConvertSettings) -> tuple[str, dict[str, Any]]:
    """The short name of the settings' recipe, and its options with those that were given."""
    name, base = load_options(settings.recipe)
    given = {option: getattr(settings, option) for option in PLACES}
    return name, override(base, {k: value for k, value in given.items() if value is not None})


def with_run_recipe(run: Path, settings: ConvertSettings) -> ConvertSettings:
    """Settings whose recipe, where it is a name in RUN/recipes (a sweep's best), is that file."""
    path = run / "recipes" / f"{settings.recipe}.yaml"
    if settings.recipe in PRESETS or not path.is_file():
        return settings
    return replace(settings, recipe=str(path))


def resolved_settings(settings: ConvertSettings, seed: int) -> dict[str, Any]:
    """Every choice of a conversion by name, as the run folder keeps and compares it.

    What a preset or a recipe file holds is written out, so that a stage is the same only where its
    conversion is.
    """
    name, options = _options(settings)
    chosen = to_options(from_options(options))
    return {"recipe": name, **chosen, "calibration": settings.calibration, "seed": seed}


@dataclass
class Conversion:
    """A converted model, and what its report says.

    ann: what was converted: the trained model, its vectors soft-thresholded where tau is above 0;
    thresholds: theta by activation node; rows: one per ANN node; corrections: one per layer that
    was corrected on unlabelled texts.
    """

    snn: SpikingTextModel
    ann: TextModel
    thresholds: dict[str, Tensor]
    rows: list[dict[str, Any]]
    corrections: list[dict[str, Any]]


def convert_model(
    ann: TextModel, recipe: ConversionRecipe, sequences: list, seed: int = 0
) -> Conversion:
    """Balance thresholds on texts, convert, verify against the ANN, and correct.

    Args:
        ann: the trained model
        recipe: the choices of the conversion
        sequences: id sequences of calibration texts
        seed: of the draws of a stochastic encoder

    Raises:
        InputError: a node that cannot be converted, or no calibration texts.
        SnnConvertError: the converted network is not the ANN's (see `convert.verify`).
    """
    if not isinstance(ann, TextModel):
        raise InputError(f"expected an ANN (TextModel) to convert, but got {type(ann).__name__}")
    sequences = as_sequences(sequences, ann.embedding.num_embeddings)
    if not any(len(ids) for ids in sequences):
        raise InputError(
            f"expected at least one calibration text with words, but got {len(sequences)} texts "
            "without any (--calibration)"
        )
    ann = sparser(ann, recipe.tau)
    thresholds, used = balance(ann, recipe, sequences)
    corrections: list[dict[str, Any]] = []
    if recipe.neuron.kind == "ttfs":
        network, rows = _ttfs_network(ann, recipe, thresholds, sequences)
    else:
        network, rows = _spiking_network(ann, recipe, thresholds, sequences)
        if recipe.correction != "none":
            batches = [_vectors(ann, sequences, batch) for batch in by_length(sequences, 32)]
            network, corrections = correct(
                ann.network, network, recipe, thresholds, batches, seed=seed
            )
    for row in rows:
        if row["name"] in thresholds:
            theta = thresholds[row["name"]]
            row |= {
                "threshold_rule": used[row["name"]],
                "threshold_min": float(theta.min()),
                "threshold_mean": float(theta.mean()),
                "threshold_max": float(theta.max()),
            }
    vectors = ann.embedding.weight.detach()
    snn = spiking_model(vectors, recipe.encoder, network, recipe.steps, recipe.srp_steps)
    return Conversion(snn.eval(), ann, thresholds, rows, corrections)


def sparser(ann: TextModel, tau: float) -> TextModel:
    """``ann`` on soft-thresholded word vectors, its network shared; ``ann`` itself for tau = 0.

    What it loses is not the conversion's, so it is what the SNN is balanced and checked against.
    """
    if tau == 0:
        return ann
    vectors = ann.embedding.weight.detach().clamp(-1, 1)
    return TextModel(soft_threshold(vectors, tau), ann.network).eval()


def _spiking_network(
    ann: TextModel, recipe: ConversionRecipe, thresholds: dict[str, Tensor], sequences: list
) -> tuple[Network, list[dict[str, Any]]]:
    """The verified spiking network and its report rows, by balanced thresholds or weights."""
    source, folded = ann.network, thresholds
    if recipe.normalise == "weights":
        source = normalise_weights(ann.network, thresholds)
        folded = {name: torch.ones(1) for name in thresholds}
    network, rows = build_snn(source, recipe, folded)
    vectors, lengths = _vectors(ann, sequences, list(range(min(64, len(sequences)))))
    checks = verify(ann.network, network, recipe.encoder, thresholds, vectors, lengths)
    _note_errors(rows, checks)
    if recipe.bias_shift:
        shift_biases(network, recipe.steps)
    return network, rows


def _ttfs_network(
    ann: TextModel, recipe: ConversionRecipe, thresholds: dict[str, Tensor], sequences: list
) -> tuple[Network, list[dict[str, Any]]]:
    """The verified time-to-first-spike network and its report rows."""
    steps, encoder = recipe.steps, recipe.encoder
    network, report = convert_ttfs(ann.network, thresholds, steps, encoder)
    vectors, lengths = _vectors(ann, sequences, list(range(min(64, len(sequences)))))
    checks = verify_ttfs(ann.network, network, encoder, thresholds, vectors, lengths, steps)
    _note_errors(report.rows, checks)
    return network, report.rows


def _note_errors(rows: list[dict[str, Any]], checks: list[LayerCheck]) -> None:
    """Write the verified error of each layer into its report row."""
    errors = {check.name: check.error for check in checks}
    for row in rows:
        if row["name"] in errors:
            row["verify_error"] = errors[row["name"]]


@torch.no_grad()
def _vectors(ann: TextModel, sequences: list, batch: list[int]) -> tuple[Tensor, Tensor]:
    """Some texts as range-mapped vectors (B, D, L) and their lengths (B,)."""
    ids, lengths = to_batch([sequences[i] for i in batch])
    return ann.embed(ids), lengths


@torch.no_grad()
def balance(
    ann: TextModel, recipe: ConversionRecipe, sequences: list
) -> tuple[dict[str, Tensor], dict[str, str]]:
    """Thresholds of every activation, from the ANN's activations on ``sequences``.

    Returns:
        theta (C,) or (1,) by node name, and the rule that gave each.
    """
    names = [n for n in ann.network.inputs if isinstance(ann.network.node(n), Activation)]
    statistics = {name: ActivationStatistics() for name in names}
    look = Measurement(ann.network, recipe)
    for batch in by_length(sequences, 128):
        record: dict[str, Signal] = {}
        look.network(Signal(*_vectors(ann, sequences, batch)), record)
        for name in names:
            statistics[name].update(look.at(name, record))
    shift = 0.5 if recipe.bias_shift else recipe.initial
    chosen = {
        name: choose_threshold(
            name, ann.network, statistics[name], recipe.threshold, recipe.steps, shift
        )
        for name in names
    }
    return {n: theta for n, (theta, _) in chosen.items()}, {
        n: how for n, (_, how) in chosen.items()
    }


def convert(
    out: Path | str,
    settings: ConvertSettings,
    seed: int = 0,
    force: bool = False,
    engine: EngineSettings = ENGINE,
) -> RunFolder:
    """Convert the ANN of a run folder and measure the SNN on dev and test.

    Raises:
        InputError: no trained ANN in the folder, settings that do not fit it, or done otherwise.
    """
    run = RunFolder(out)
    settings = with_run_recipe(run.path, settings)
    recipe = recipe_from(settings)
    with run.locked():
        run.require("ann")
        resolved = resolved_settings(settings, seed)
        if run.is_done("snn", resolved, force):
            return run
        started = time.monotonic()
        ann, classes = load_run_model(run, "ann", TextModel)
        texts = load_run_texts(run)
        calibration = calibration_texts(texts, settings.calibration, seed)
        conversion = convert_model(ann, recipe, calibration, seed)
        run.begin("snn", resolved, force)
        save_model(run.path / "snn", conversion.snn, classes)
        save_recipe(run.path / "snn" / "recipe.yaml", recipe)
        figures = measure(conversion.snn, texts, seed, "snn", engine)
        report = {
            "recipe": {"name": resolved["recipe"], **recipe.to_dict()},
            "pooling_rule": pooling_used(conversion.rows) or recipe.pooling_rule(),
            "layers": conversion.rows,
            "corrections": conversion.corrections,
            **diagnose(
                conversion.ann,
                conversion.snn,
                conversion.thresholds,
                recipe,
                texts.sequences["dev"],
                seed,
            ),
            "accuracy_by_step": figures["accuracy_by_step"],
        }
        write_json(run.path / "snn" / "conversion.json", report)
        write_raster(run, conversion.snn, texts, seed, "snn")
        figures |= {
            "recipe": {"name": resolved["recipe"], **to_options(recipe)},
            "seconds": round(time.monotonic() - started, 1),
        }
        run.finish("snn", resolved, figures)
    return run


def calibration_texts(texts: Texts, count: int, seed: int) -> list:
    """Training texts, drawn by seed, that thresholds are balanced and corrections are fitted on."""
    train = texts.sequences["train"]
    order = torch.randperm(len(train), generator=generator(seed, "calibration")).tolist()
    return [train[i] for i in order[:count]]


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
            snn, texts.sequences[split], seed, f"{name} on {split}", **vars(engine)
        )
        logits[split] = running[-1]
        figures[split] = snn_figures(snn, running, texts.labels[split], counts)
    dev, test = figures["dev"], figures["test"]
    return {
        "steps": snn.steps,
        "dev_accuracy": dev["accuracy"],
        "dev_accuracy_by_step": dev["accuracy_by_step"],
        "test_accuracy": test.pop("accuracy"),
        **test,
        **model_figures(logits, texts),
    }


def write_raster(run: RunFolder, snn: SpikingTextModel, texts: Texts, seed: int, name: str) -> None:
    """Store the spikes of a few test sentences for the report.

    Of those of 6 to 16 words the first, and under ``more`` the first of other classes, three in
    all; the longest text where none is of that length.
    """
    lengths = [len(s) for s in texts.sequences["test"]]
    chosen: dict[int, int] = {}  # index of a text, by class
    for i, (length, label) in enumerate(zip(lengths, texts.labels["test"], strict=True)):
        if 6 <= length <= 16 and len(chosen) < 3:
            chosen.setdefault(int(label), i)

    def spikes(index: int) -> dict[str, Any]:
        text = texts.dataset.test.texts[index]
        words = texts.stage.segment(text)[: lengths[index]]
        label = texts.dataset.classes[texts.labels["test"][index]]
        return {
            "text": text,
            "label": label,
            **raster(snn, texts.sequences["test"][index], words, seed),
        }

    first, *more = list(chosen.values()) or [int(torch.tensor(lengths).argmax())]
    content = spikes(first) | {"more": [spikes(index) for index in more]}
    write_json(run.path / name / "raster.json", content)
