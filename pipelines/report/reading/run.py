"""What a report is made of: the files of a run folder, read and checked, nothing computed."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ...run_folder.run_folder import RunFolder
from .checked_json import Value, flat, read_value
from .classes import Baseline, ClassFigures, read_baseline, read_classes
from .energy import Energy, read_energy
from .robustness import Attacks, read_attacks


@dataclass(frozen=True)
class Activity:
    """Firing statistics of a layer; ``histogram`` counts channels by rate, in bins of [0, 1]."""

    name: str
    channels: int
    rate: float
    silent: float
    saturated: float
    histogram: list[int]


@dataclass(frozen=True)
class Raster:
    """One sentence's spikes.

    Shapes: words (L,); input (L, T), the share of input channels that spike; layers
    {name: (T, C)} of 0 and 1; logits (T, K), running.
    """

    text: str
    label: str
    words: list[str]
    steps: int
    input: list[list[float]]
    layers: dict[str, list[list[int]]]
    logits: list[list[float]]


@dataclass(frozen=True)
class Model:
    """The figures of one model; those that were not measured are None or empty."""

    kind: str
    test: float
    dev: float | None
    steps: int | None = None
    test_by_step: list[float] = field(default_factory=list)
    dev_by_step: list[float] = field(default_factory=list)
    input_spikes: float | None = None
    input_macs: float | None = None
    sops: float | None = None
    sops_by_layer: dict[str, float] = field(default_factory=dict)
    parameters: int | None = None
    best_epoch: int | None = None
    epochs: int | None = None
    seconds: float | None = None
    activity: list[Activity] = field(default_factory=list)
    rasters: list[Raster] = field(default_factory=list)
    classes: ClassFigures | None = None
    baseline: Baseline | None = None
    imported: bool = False


@dataclass(frozen=True)
class Layer:
    """What the conversion did with one layer of the ANN; ``threshold`` is (min, mean, max)."""

    name: str
    type: str
    action: str
    why: str
    verify_error: float | None
    rule: str | None
    threshold: tuple[float, float, float] | None


@dataclass(frozen=True)
class BudgetRow:
    """The error of one layer; ``kind`` is neurons, pooling or output.

    parts: mean absolute value of every part of the error, by name; total: that of their sum; bias:
    the signed mean of the sum; clipped: share of the activation that clipping takes away. All but
    the last in thresholds, those of the output in the ANN's unit.
    """

    name: str
    kind: str
    parts: dict[str, float]
    total: float
    bias: float
    clipped: float


@dataclass(frozen=True)
class Conversion:
    """The conversion report; ``encoder`` is the code's name, ``recipe`` flat.

    ``budget`` and ``advice`` (sentences) are empty where one has not been made.
    """

    encoder: str
    recipe: dict[str, Any]
    pooling: list[str]
    layers: list[Layer]
    budget: list[BudgetRow] = field(default_factory=list)
    advice: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class DataFigures:
    """The stage ``data``."""

    name: str
    language: str
    classes: list[str]
    sizes: dict[str, int]
    split_rule: str | None
    sha256: str | None
    vocabulary: int | None
    vectors: dict[str, float]
    vectors_warning: str | None


@dataclass(frozen=True)
class RunFigures:
    """All that a report shows of one run; stages that are not done are None or absent."""

    path: Path
    data: DataFigures | None
    models: dict[str, Model]
    conversion: Conversion | None
    attacks: Attacks | None
    config: dict[str, Any]
    energy: Energy | None = None

    @property
    def language(self) -> str:
        """Language tag of the texts."""
        return self.data.language if self.data else "en"


def read_run(path: Path | str) -> RunFigures:
    """Read a run folder.

    Raises:
        InputError: no run there, or a file of a finished stage that is missing or damaged; the
            message names it and the command that makes it again.
    """
    run = RunFolder(path)
    results = run.results()
    where = shlex.quote(str(run.path))
    remake = {
        "snn": f"convert again: snnconvert convert {where} --force",
        "finetuned": f"fine-tune again: snnconvert finetune {where} --force",
        "attack": f"attack again: snnconvert attack {where} --force",
        "energy": f"count again: snnconvert energy {where} --force",
    }
    train = f"train again: snnconvert train --dataset NAME --out {where} --force"

    def stage(name: str) -> Value:
        return Value(results[name], f"{run.results_path}: {name}", remake.get(name, train))

    models: dict[str, Model] = {}
    conversion: Conversion | None = None
    for kind in ("ann", "snn", "finetuned"):
        if kind not in results:
            continue
        run.check_made_from(kind, results)
        activity: list[Activity] = []
        rasters: list[Raster] = []
        if kind != "ann":
            found, activity, rasters = _spiking_files(run.path / kind, kind, remake[kind])
            conversion = conversion or found
        models[kind] = _model(kind, stage(kind), activity, rasters)
    return RunFigures(
        path=run.path,
        data=_data(stage("data")) if "data" in results else None,
        models=models,
        conversion=conversion,
        attacks=_attacks(run, stage("attack")) if "attack" in results else None,
        config=run.config(),
        energy=read_energy(stage("energy"), run.path / "energy") if "energy" in results else None,
    )


def _attacks(run: RunFolder, value: Value) -> Attacks:
    """The stage ``attack`` with its records; its errors name the command that makes it again."""
    with run.reading("attack"):
        return read_attacks(value, run.path / "attack")


def _spiking_files(
    folder: Path, kind: str, remedy: str
) -> tuple[Conversion | None, list[Activity], list[Raster]]:
    """What lies beside a spiking model: the conversion report, firing rates, rasters."""
    spikes = read_value(folder / "raster.json", "a sentence's spikes", remedy)
    rasters = [_raster(spikes), *(spikes.optional("more", lambda v: v.each(_raster)) or [])]
    if kind == "finetuned":
        rates = read_value(folder / "activity.json", "firing rates", remedy)
        return None, rates.each(_activity), rasters
    report = read_value(folder / "conversion.json", "a conversion report", remedy)
    return _conversion(report), report["activity"].each(_activity), rasters


def _data(value: Value) -> DataFigures:
    return DataFigures(
        name=value["name"].text(),
        language=value["language"].text(),
        classes=value["classes"].each(Value.text),
        sizes=value["sizes"].entries(Value.whole),
        split_rule=value.optional("split_rule", Value.text),
        sha256=value.optional("sha256", Value.text),
        vocabulary=value.optional("vocabulary", Value.whole),
        vectors=value.optional("vectors", lambda v: v.entries(Value.number)) or {},
        vectors_warning=value.optional("vectors_warning", Value.text),
    )


def _model(kind: str, value: Value, activity: list[Activity], rasters: list[Raster]) -> Model:
    spiking = kind != "ann"
    return Model(
        kind=kind,
        test=value["test_accuracy"].number(),
        dev=value.optional("dev_accuracy", Value.number),
        steps=value["steps"].whole() if spiking else None,
        test_by_step=value["accuracy_by_step"].each(Value.number, least=1) if spiking else [],
        dev_by_step=value.optional("dev_accuracy_by_step", lambda v: v.each(Value.number)) or [],
        input_spikes=value.optional("input_spikes_per_sample", Value.number),
        input_macs=value.optional("input_macs_per_sample", Value.number),
        sops=value.optional("sops_per_sample", Value.number),
        sops_by_layer=value.optional("sops_by_layer", lambda v: v.entries(Value.number)) or {},
        parameters=value.optional("parameters", Value.whole),
        best_epoch=value.optional("best_epoch", Value.whole),
        epochs=value.optional("epochs", Value.whole),
        seconds=value.optional("seconds", Value.number),
        activity=activity,
        rasters=rasters,
        classes=read_classes(value),
        baseline=value.optional("baseline", read_baseline),
        imported=value.get("imported") is not None,
    )


def _activity(value: Value) -> Activity:
    return Activity(
        name=value["name"].text(),
        channels=value["channels"].whole(),
        rate=value["rate"].number(),
        silent=value["silent"].number(),
        saturated=value["saturated"].number(),
        histogram=value["histogram"].each(Value.whole, least=1),
    )


def _raster(value: Value) -> Raster:
    words, steps = value["words"].each(Value.text), value["steps"].whole()
    return Raster(
        text=value["text"].text(),
        label=value["label"].text(),
        words=words,
        steps=steps,
        input=value["input"].table(Value.number, len(words), steps),
        layers=value["layers"].entries(lambda layer: layer.table(Value.whole, steps)),
        logits=value["logits"].table(Value.number, steps),
    )


def _conversion(value: Value) -> Conversion:
    recipe = value["recipe"]
    return Conversion(
        encoder=recipe["encoder"]["code"].text(),
        recipe=flat(recipe.value),
        pooling=value["pooling_rule"].each(Value.text),
        layers=value["layers"].each(_layer),
        budget=value.optional("budget", lambda v: v.each(_budget_row)) or [],
        advice=value.optional("advice", lambda v: v.each(lambda row: row["text"].text())) or [],
    )


def _budget_row(value: Value) -> BudgetRow:
    parts = ("carried_in", "clipping", "quantisation", "encoder", "unevenness", "pooling")
    return BudgetRow(
        name=value["name"].text(),
        kind=value["kind"].text(),
        parts={part: value[f"{part}_mean_abs"].number() for part in parts},
        total=value["total_mean_abs"].number(),
        bias=value["total_mean"].number(),
        clipped=value["clipped"].number(),
    )


def _layer(value: Value) -> Layer:
    rule = value.optional("threshold_rule", Value.text)
    thresholds = [value[f"threshold_{name}"] for name in ("min", "mean", "max")]
    low, mean, high = (v.number() if rule else 0.0 for v in thresholds)
    return Layer(
        name=value["name"].text(),
        type=value["type"].text(),
        action=value["action"].text(),
        why=value["why"].text(),
        verify_error=value.optional("verify_error", Value.number),
        rule=rule,
        threshold=(low, mean, high) if rule else None,
    )


def last_model(models: Mapping[str, Model]) -> Model | None:
    """The spiking model that the run ends with: fine-tuned, else converted, else None."""
    return models.get("finetuned") or models.get("snn")
