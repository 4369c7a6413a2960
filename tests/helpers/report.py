"""A run folder for the tests of the report, and the page taken apart."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import yaml

from snnconvert.attacks.records import header_of, records_path
from snnconvert.pipelines.report.page import report

STEPS, CHANNELS = 4, 6


def class_figures(matrix: list[list[int]], names: tuple[str, ...], p: float) -> dict[str, Any]:
    """Figures by class of a model on test, of sizes that stand for others."""
    sizes = [sum(row) for row in matrix]
    return {
        "test_largest_class_share": max(sizes) / sum(sizes),
        "test_macro_f1": 0.8759,
        "test_balanced_accuracy": 0.8768,
        "test_accuracy_by_class": {
            name: row[k] / sum(row) for k, (name, row) in enumerate(zip(names, matrix, strict=True))
        },
        "test_confusion_matrix": matrix,
        "at_chance": False,
        "chance_p": p,
    }


CLASSES = ("差评", "好评")
SPIKING = {
    "steps": STEPS,
    "dev_accuracy": 0.8912,
    "dev_accuracy_by_step": [0.8113, 0.8514, 0.8815, 0.8912],
    "test_accuracy": 0.8741,
    "accuracy_by_step": [0.8021, 0.8422, 0.8623, 0.8741],
    "input_spikes_per_sample": 5002.0,
    "sops_per_sample": 4882490.9,
    "sops_by_layer": {"conv3": 4881841.6, "readout": 649.3},
    "input_macs_per_sample": 1234.0,
    "seconds": 98.1,
    **class_figures([[690, 110], [41, 358]], CLASSES, 0.0023),
}
SCORES = {
    "n": 43,
    "errors": 1,
    "attacked": 36,
    "successes": 21,
    "verified": 19,
    "clean_accuracy": 0.8571,
    "clean_accuracy_low": 0.7216,
    "clean_accuracy_high": 0.9328,
    "accuracy_under_attack": 0.3572,
    "accuracy_under_attack_low": 0.2299,
    "accuracy_under_attack_high": 0.5083,
    "verified_accuracy": 0.4048,
    "verified_accuracy_low": 0.2704,
    "verified_accuracy_high": 0.5551,
    "success_rate": 0.5833,
    "success_rate_low": 0.4220,
    "success_rate_high": 0.7286,
    "verified_rate": 0.5278,
    "verified_rate_low": 0.3699,
    "verified_rate_high": 0.6801,
    "unverified_share": 0.0952,
    "unverified_share_low": 0.0265,
    "unverified_share_high": 0.2890,
    "words_changed": 0.1719,
    "similarity": 0.8132,
    "queries": 57.4,
    "queries_median": 48.5,
    "queries_q90": 96.2,
}
RESULTS: dict[str, Any] = {
    "data": {
        "name": "reviews",
        "language": "zh",
        "classes": ["差评", "好评"],
        "sizes": {"train": 9589, "dev": 1198, "test": 1199},
        "split_rule": "80/10/10 by hash",
        "sha256": "a03875febe1f5fc5",
        "vocabulary": 25307,
        "vectors": {"types": 0.5756, "tokens": 0.9327, "train_types": 9827, "train_tokens": 161775},
    },
    "ann": {
        "dev_accuracy": 0.9049,
        "test_accuracy": 0.8807,
        "best_epoch": 4,
        "epochs": 7,
        "parameters": 360905,
        "seconds": 142.7,
        **class_figures([[699, 101], [42, 357]], CLASSES, 0.0031),
        "baseline": {
            "model": "logistic regression on <counts>",
            "dev_accuracy": 0.8611,
            "test_accuracy": 0.8527,
            **class_figures([[661, 139], [38, 361]], CLASSES, 0.0047),
        },
    },
    "snn": SPIKING,
    "finetuned": SPIKING | {"test_accuracy": 0.8955, "best_epoch": 2, "epochs": 3},
    "attack": {
        "examples": 43,
        "query_budget": 517,
        "seed": 11,
        "presets": ["zh-homophone"],
        "verify_draws": 53,
        "dropped": {"zh-homophone": ["sound dictionary", "tones"]},
        "left_out": {"zh-wordnet": "its word net is not here"},
        "rows": [
            {"victim": "ann", "attack": "zh-homophone", "trained_on": False, **SCORES},
            {
                "victim": "finetuned",
                "attack": "zh-homophone",
                "steps": STEPS,
                "base": "finetuned",
                "encoder": "saf",
                **SCORES,
            },
            {"victim": "ann+noise", "attack": "zh-homophone", "control": "noise", **SCORES},
            {"victim": "finetuned", "attack": "zh-unlimited", "trained_on": True, **SCORES},
        ],
        "comparisons": [
            {
                "victim_a": "ann",
                "victim_b": "finetuned",
                "attack": "zh-homophone",
                "outcome": "verified",
                "n": 41,
                "excluded": 2,
                "accuracy_a": 0.4146,
                "accuracy_b": 0.5366,
                "difference": -0.1220,
                "low": -0.2683,
                "high": 0.0244,
                "only_a": 3,
                "only_b": 8,
                "p": 0.2266,
                "p_corrected": 0.4531,
            }
        ],
        "transfer": [
            {
                "source": source,
                "target": target,
                "attack": "zh-homophone",
                "n": 17,
                "successes": 6,
                "rate": 0.3529,
                "low": 0.1731,
                "high": 0.5870,
            }
            for source, target in (("ann", "finetuned"), ("finetuned", "ann"))
        ],
        "conclusions": ["Of <12> claims 7.5 % did not hold."],
    },
}
ACTIVITY = [
    {
        "name": name,
        "channels": CHANNELS,
        "rate": 0.1239,
        "silent": 0.1667,
        "saturated": 0.0078,
        "histogram": [2, 3, 1, *[0] * 17],
    }
    for name in ("input", "act3")
]


def budget_row(name: str, kind: str, **parts: float) -> dict[str, Any]:
    """A row of the error budget, with the mean absolute values of some parts."""
    names = ("clipping", "quantisation", "carried_in", "encoder", "unevenness", "pooling")
    sizes = {f"{part}_mean_abs": parts.get(part, 0.0) for part in names}
    total = {"total_mean_abs": 0.0654, "total_mean": -0.0321}
    return {"name": name, "layer": "conv3", "kind": kind, "clipped": 0.0246} | sizes | total


CONVERSION = {
    "recipe": {"steps": STEPS, "encoder": {"code": "saf", "mapping": "split"}, "reset": "soft"},
    "pooling_rule": ["spikes", "evenly spaced spikes coincide"],
    "layers": [
        {
            "name": "conv3",
            "type": "Conv1d",
            "action": "folded",
            "why": "spike values multiplied in",
            "verify_error": 2.818e-07,
        },
        {
            "name": "act3",
            "type": "Qcfs",
            "action": "replaced",
            "why": "by IF neurons",
            "threshold_rule": "qcfs",
            "threshold_min": 1.5,
            "threshold_mean": 1.8099,
            "threshold_max": 2.25,
        },
    ],
    "activity": ACTIVITY,
    "budget": [
        budget_row("act3", "neurons", clipping=0.0123, quantisation=0.0456, unevenness=0.0789),
        budget_row("pool3", "pooling", pooling=0.2345, carried_in=0.0987),
        budget_row("readout", "output", carried_in=0.4321),
    ],
    "advice": [
        {"kind": "unevenness", "layer": "conv3", "value": 0.1, "text": "unevenness: use <bitplane>"}
    ],
    "accuracy_by_step": SPIKING["accuracy_by_step"],
}
RASTER = {
    "text": "味道好极啦",
    "label": "好评",
    "words": ["味道", "好极", "啦"],
    "steps": STEPS,
    "input": [[0.0, 0.05, 0.25, 0.5]] * 3,
    "layers": {"act3": [[1, 0, 0, 0, 1, 0]] * STEPS},
    "logits": [[-1.36, 2.57], [-1.82, 2.29], [-2.0, 2.36], [-1.77, 2.01]],
}
RECORD = {
    "index": 3,
    "label": 1,
    "text": "味道好极啦",
    "clean_prediction": 1,
    "clean_probability": 0.97,
    "status": "success",
    "adversarial_text": "位道好极啦",
    "adversarial_prediction": 0,
    "words": 3,
    "words_changed": 1,
    "queries": 12,
    "changed_words": [["味道", "位道"]],
    "error": None,
    "verify_draws": 1,
    "wrong_draws": 1,
}
ENERGY_SOURCES = [
    {"model": "compute-fp32", "title": "adders & <multipliers>", "source": "a paper of 2014"},
    {"model": "chip", "title": "a chip", "source": "its data sheet"},
]


def energy_row(victim: str, setting: str, joules: float | None, **more: Any) -> dict[str, Any]:
    row = {"victim": victim, "setting": setting, "steps": 1, "model": "compute-fp32"}
    row |= {"joules_per_sentence": joules, "ratio_to_sparse_ann": None, "accuracy": 0.8807}
    return row | more


ENERGY: dict[str, Any] = {
    "label": "Every figure is a projection.",
    "split": "test",
    "sentences": 417,
    "rows": [
        energy_row("ann", "dense", 6.93e-05, ratio_to_sparse_ann=2.45),
        energy_row("sparse-ann", "zeros skipped", 2.83e-05, ratio_to_sparse_ann=1.0),
        energy_row("finetuned", "all steps", 5.68e-06, steps=4, ratio_to_sparse_ann=0.2007),
        energy_row("finetuned", "early exit", 3.16e-06, steps=2.49, ratio_to_sparse_ann=0.1117),
        energy_row("ann", "dense", None, model="chip"),
        energy_row("finetuned", "all steps", 7.66e-08, steps=4, model="chip"),
    ],
    "break_even": [
        {"victim": "finetuned", "layer": "conv3", "model": "compute-fp32",
         "spikes_per_synapse": 1.012, "break_even": 5.103, "pays": True},
        {"victim": "finetuned", "layer": "readout", "model": "compute-fp32",
         "spikes_per_synapse": 6.25, "break_even": 5.094, "pays": False},
    ],
    "curves": [
        {"victim": "finetuned", "steps": t, "model": "compute-fp32",
         "joules_per_sentence": t * 1.42e-06, "accuracy": accuracy}
        for t, accuracy in enumerate([0.79, 0.818, 0.83, 0.84], 1)
    ],
    "training": [
        {"victim": "finetuned", "definition": "fan-out", "model": "compute-fp32",
         "ann_operations": 3.978e10, "snn_operations": 4.025e10, "ratio": 0.198}
    ],
    "notes": ["the quantised ANN was not trained so"],
}  # fmt: skip
CONFIG = {"data": {"dataset": "reviews", "limit": None}, "ann": {"lr": 0.001, "seed": 7}}
CONFIG |= {"versions": {"torch": "2.13.0"}}


def write_run(folder: Path, results: dict[str, Any] = RESULTS, record: Any = RECORD) -> Path:
    """A run folder with these results, and the files that belong to its stages."""
    folder.mkdir(parents=True, exist_ok=True)
    files: dict[str, Any] = {"results.json": results}
    if "snn" in results:
        files |= {"snn/conversion.json": CONVERSION, "snn/raster.json": RASTER}
    if "finetuned" in results:
        files |= {"finetuned/activity.json": ACTIVITY, "finetuned/raster.json": RASTER}
    if "energy" in results:
        files["energy/energy.json"] = results["energy"] | {"tables": ENERGY_SOURCES}
    for name, content in files.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(json.dumps(content), encoding="utf-8")
    (folder / "config.yaml").write_text(yaml.safe_dump(CONFIG), encoding="utf-8")
    for row in results.get("attack", {}).get("rows", []):
        path = records_path(folder / "attack", row["victim"], row["attack"])
        path.parent.mkdir(exist_ok=True)
        lines = [header_of({"victim": row["victim"]}), record]
        path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return folder


VOID = {"meta", "link", "br", "hr", "img", "input", "wbr"}


class Page(HTMLParser):
    """A page taken apart: tags with attributes, text outside style and title, nesting checked."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.html = html
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.texts: list[str] = []
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self.open and "title" not in self.open:
            self.texts.append(data)

    @property
    def text(self) -> str:
        return re.sub(r"\s+", " ", "".join(self.texts))

    def ids(self) -> list[str]:
        return [str(attrs["id"]) for _, attrs in self.tags if "id" in attrs]


def page_of(folder: Path) -> Page:
    path = report(folder)
    assert path == folder / "report.html"
    return Page(path.read_text(encoding="utf-8"))
