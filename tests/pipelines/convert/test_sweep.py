"""`snnconvert convert --sweep`: the grid, rows that are kept, the front, the recipe that wins."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from snnconvert.convert.conversion import convert_model
from snnconvert.convert.recipes.file import read_recipe
from snnconvert.convert.recipes.methods import METHODS, changes_of
from snnconvert.convert.recipes.options import from_options, to_options
from snnconvert.convert.recipes.recipe import ConversionRecipe
from snnconvert.engine.evaluate import evaluate_snn, evaluate_steps
from snnconvert.errors import InputError
from snnconvert.models.encoders import CODES
from snnconvert.models.text_model import TextModel
from snnconvert.pipelines.cli import main
from snnconvert.pipelines.convert import sweep as module
from snnconvert.pipelines.convert.sweep import sweep
from snnconvert.pipelines.convert.trials import (
    one_run_for_all,
    pareto,
    plan,
    winner,
)
from snnconvert.pipelines.data import calibration_texts, load_run_model, load_run_texts
from snnconvert.pipelines.run_folder.run_folder import RunFolder
from snnconvert.pipelines.settings.convert import ConvertSettings, SweepSettings
from snnconvert.pipelines.settings.data import DataSettings
from snnconvert.pipelines.settings.train import TrainSettings
from snnconvert.pipelines.train import train
from snnconvert.tests.helpers.own_codes import odd_code

SMALL = SweepSettings(methods=("default", "bias", "srp"), encoders=("saf", "direct"), steps=(1, 3))


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run with a small TextCNN on the built-in reviews."""
    torch.set_num_threads(1)
    out = tmp_path_factory.mktemp("runs") / "run"
    data = DataSettings(dataset="builtin-en", vectors="random", dim=8)
    train(out, data, TrainSettings(channels=4, epochs=2, bound=1.0, tensorboard=False))
    return out


def content(run: Path) -> dict:
    return json.loads((run / "snn" / "sweep.json").read_text())


def test_a_sweep_writes_every_file_and_its_winner_can_be_used_by_name(run, capsys):
    words = ["convert", str(run), "--sweep", "--sweep.methods=default,bias,srp", "--calibration=40"]
    assert main([*words, "--sweep.encoders=saf,direct", "--sweep.steps=1,3"]) == 0
    shown = capsys.readouterr().out
    assert "Pareto front" in shown and f"snnconvert convert {run} --recipe best" in shown
    found = content(run)
    assert {"machine", "versions", "settings", "rows", "refused", "best"} <= set(found)
    rows = found["rows"]
    places = [(r["method"], r["encoder"], r["steps"]) for r in rows]
    assert places == [(m, e, t) for m in SMALL.methods for e in SMALL.encoders for t in (1, 3)]
    assert all(r["latency_steps"] == r["steps"] + (4 if r["method"] == "srp" else 0) for r in rows)
    assert any(r["pareto"] for r in rows)
    labels = load_run_texts(RunFolder(run)).labels["dev"]
    largest = max(map(labels.count, set(labels))) / len(labels)
    assert {r["largest_class_share"] for r in rows} == {largest}
    line = (
        f"ANN {100 * rows[0]['ann_dev_accuracy']:.1f} %, largest class always {100 * largest:.1f} %"
    )
    assert f"on dev: {line}" in shown.splitlines()
    assert (run / "snn" / "sweep.png").read_bytes().startswith(b"\x89PNG")
    with open(run / "snn" / "sweep.csv", encoding="utf-8", newline="") as handle:
        written = list(csv.DictReader(handle))
    assert [int(r["steps"]) for r in written] == [r["steps"] for r in rows]
    assert {float(r["largest_class_share"]) for r in written} == {largest}
    best = next(r for r in rows if r["key"] == found["best"])
    recipe = from_options(read_recipe(run / "recipes" / "best.yaml"))
    assert to_options(recipe) == best["recipe"]

    assert main(["convert", str(run), "--recipe", "best", "--calibration=40"]) == 0
    results = json.loads((run / "results.json").read_text())["snn"]
    assert results["dev_accuracy"] == best["dev_accuracy"]
    assert results["latency_steps"] == best["latency_steps"]
    report = json.loads((run / "snn" / "conversion.json").read_text())
    assert report["budget"] and report["advice"][0]["text"]


@pytest.mark.long
def test_a_second_sweep_computes_only_what_is_new(run, monkeypatch):
    settings = ConvertSettings(calibration=40)
    sweep(run, settings, SMALL)
    before = content(run)["rows"]
    made = []

    def counted(ann, recipe, sequences, seed=0):
        made.append(recipe.steps)
        return convert_model(ann, recipe, sequences, seed)

    monkeypatch.setattr(module, "convert_model", counted)
    sweep(run, settings, SMALL)
    assert made == [] and content(run)["rows"] == before
    wider = SweepSettings(methods=SMALL.methods, encoders=SMALL.encoders, steps=(1, 2, 3))
    sweep(run, settings, wider)
    assert made == [2] * 6  # one new T for each of three methods and two encoders
    again = {r["key"]: r for r in content(run)["rows"]}
    assert all(again[r["key"]]["dev_accuracy"] == r["dev_accuracy"] for r in before)
    made.clear()
    sweep(run, settings, SMALL, force=True)
    # default: one run for both T with direct input, whose gain is no matter of T; else one for each
    assert sorted(made) == [1, 1, 1, 1, 1, 3, 3, 3, 3, 3, 3]
    made.clear()
    sweep(run, settings, SMALL, seed=1)
    assert made  # another seed, other rows


def test_an_interrupted_sweep_keeps_its_rows(run, monkeypatch):
    calls = []

    def interrupted(ann, recipe, sequences, seed=0):
        calls.append(recipe.steps)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return convert_model(ann, recipe, sequences, seed)

    monkeypatch.setattr(module, "convert_model", interrupted)
    settings = ConvertSettings(calibration=30)
    with pytest.raises(KeyboardInterrupt):
        sweep(run, settings, SMALL)
    kept = [r for r in content(run)["rows"] if r["method"] == "default"]
    assert {(r["encoder"], r["steps"]) for r in kept} >= {("saf", 1), ("saf", 3)}
    calls.clear()
    calls += [0, 0, 0]
    sweep(run, settings, SMALL)
    assert len(calls) == 3 + 9  # the two runs that ended are not repeated


@pytest.mark.parametrize("encoder", ["saf", "direct"])
def test_one_long_run_gives_the_rows_of_shorter_ones(run, encoder: str):
    ann, _ = load_run_model(RunFolder(run), "ann", TextModel)
    texts = load_run_texts(RunFolder(run))
    dev, labels = texts.sequences["dev"], texts.labels["dev"]
    calibration = calibration_texts(texts, 40, 0)

    def snn(steps: int):
        return convert_model(
            ann, from_options({"encoder": encoder, "steps": steps, "gain": 1.0}), calibration
        ).snn

    together = evaluate_steps(snn(6), dev, labels, (2, 5, 6))
    for steps, figures in together.items():
        alone = evaluate_snn(snn(steps), dev, labels)
        alone.pop("accuracy_by_step")
        assert figures.pop("sops_by_layer") == pytest.approx(alone.pop("sops_by_layer"))
        assert figures == pytest.approx(alone) and figures["latency_steps"] == steps


def test_the_plan_gives_a_code_the_steps_it_can_run_and_lists_what_is_refused():
    with odd_code() as code:
        choices = SweepSettings(methods=("default", "srp"), encoders=(code,), steps=(1, 2, 4, 8))
        trials, refused = plan(ConversionRecipe(), choices)
    assert [list(trial.recipes) for trial in trials] == [[1, 3, 7], [1, 3, 7]]
    assert trials[1].recipes[7].srp_steps == 3 and refused == []
    # deng2021 shifts the biases, so a base recipe with V(0) is overridden, not refused
    choices = SweepSettings(methods=("deng2021",), encoders=("saf",), steps=(2,))
    trials, refused = plan(ConversionRecipe(), choices)
    assert all(t.recipes[2].bias_shift and t.recipes[2].initial == 0 for t in trials)
    base = from_options({"initial": 0.0, "bias_shift": True})
    choices = SweepSettings(methods=("bu2022",), encoders=("saf",), steps=(2,))
    trials, refused = plan(base, choices)
    assert trials == [] and "two forms of the same" in refused[0]["why"]


def test_methods_can_be_joined_and_unknown_ones_are_refused():
    assert changes_of("channel+bias") == METHODS["channel"] | METHODS["bias"]
    assert changes_of("default") == {}
    with pytest.raises(InputError, match="srp, or several joined by \\+, but got 'magic'"):
        plan(ConversionRecipe(), SweepSettings(methods=("bias+magic",)))


@pytest.mark.parametrize(
    ("options", "shared"),
    [
        ({}, False),
        ({"gain": 1.0}, True),
        ({"encoder": "poisson"}, True),
        ({"encoder": "bitplane", "steps": 3}, False),
        ({"correction": "bias"}, False),
        ({"threshold": "mse"}, False),
        ({"srp_steps": 2}, False),
        ({"bias_shift": True, "initial": 0.0}, False),
    ],
)
def test_only_what_does_not_depend_on_the_steps_shares_a_run(options, shared):
    assert one_run_for_all(from_options(options)) is shared


@given(st.integers(1, 1000))
def test_below_is_the_largest_number_that_a_code_runs_for(steps: int):
    assert CODES["bitplane"].largest_steps(steps) == steps
    with odd_code() as code:
        assert CODES[code].largest_steps(steps) == steps - (steps % 2 == 0)


def rows_of(*pairs: tuple[float, float]) -> list[dict]:
    return [
        {"dev_accuracy": a, "sop_equivalents": s, "latency_steps": i}
        for i, (a, s) in enumerate(pairs)
    ]


def test_the_front_by_hand():
    rows = rows_of((0.80, 100), (0.79, 50), (0.80, 120), (0.78, 60), (0.82, 400), (0.79, 50))
    assert pareto(rows) == {0, 1, 4}


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=1, max_size=12))
def test_the_front_by_definition(pairs):
    rows = rows_of(*[(a / 5, s) for a, s in pairs])
    front = pareto(rows)
    for i, row in enumerate(rows):
        better = [
            j
            for j, other in enumerate(rows)
            if other["dev_accuracy"] >= row["dev_accuracy"]
            and other["sop_equivalents"] <= row["sop_equivalents"]
            and (pairs[j] != pairs[i] or j < i)
        ]
        assert (i in front) == (not better)


def test_the_winner_is_the_cheapest_near_the_best():
    rows = rows_of((0.800, 900), (0.799, 100), (0.790, 10))
    assert winner(rows, 0.2) is rows[1]
    assert winner(rows, 0.0) is rows[0]
    assert winner(rows, 1.0) is rows[2]


def test_a_damaged_file_is_one_error(run):
    path = run / "snn" / "sweep.json"
    saved = path.read_text()
    row = json.loads(saved)["rows"][0]
    damaged = {
        "a list at .*sweep.json.rows, but it is 3": 3,
        r"a mapping at .*rows\[0\].recipe, but it is 5": [row | {"recipe": 5}],
        r"a string at .*rows\[0\].key": [row | {"key": None}],
        r"a number from .* at .*rows\[0\].dev_accuracy": [row | {"dev_accuracy": 1e9}],
    }
    try:
        for said, rows in damaged.items():
            path.write_text(json.dumps({"rows": rows}))
            with pytest.raises(InputError, match=f"expected {said}.*; remove it, or sweep again"):
                sweep(run, ConvertSettings(), SMALL)
    finally:
        path.write_text(saved)


def test_a_sweep_needs_a_trained_ann(tmp_path, capsys):
    assert main(["convert", str(tmp_path), "--sweep"]) == 2
    assert "no results.json" in capsys.readouterr().err
