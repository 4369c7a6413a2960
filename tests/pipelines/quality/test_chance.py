"""The sentences about networks at chance, and lines about classes in the terminal."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from snnconvert.engine.chance import chance_figures
from snnconvert.pipelines.display.classes import by_class, evaluation_lines
from snnconvert.pipelines.display.tables import accuracy_table
from snnconvert.pipelines.quality import chance
from snnconvert.pipelines.quality.chance import how, warn_after
from snnconvert.pipelines.run_folder.records.stages import models_of
from snnconvert.tests.helpers.report import class_figures


def after_stage(results: dict[str, Any], stage: str) -> str | None:
    return chance.after_stage(models_of(results), stage)


def while_used(results: dict[str, Any], use: str, *models: Any) -> str | None:
    return chance.while_used(models_of(results), use, *models)


def stage(lost: bool, matrix: list[list[int]], **more: Any) -> dict[str, Any]:
    right, texts = sum(matrix[k][k] for k in range(2)), sum(map(sum, matrix))
    return {
        "steps": 1,
        "accuracy_by_step": [right / texts],
        "dev_accuracy": right / texts,
        "test_accuracy": right / texts,
        **class_figures(matrix, ("bad", "good"), 0.5),
        "chance_p": None,
        "at_chance": lost,
        **more,
    }


LOST = stage(True, [[20, 20], [19, 21]])
LEARNED = stage(False, [[36, 4], [5, 35]])


def test_nothing_is_said_of_what_has_learned_or_is_not_known() -> None:
    old = {name: value for name, value in LOST.items() if name != "at_chance"}
    for results in ({"ann": LEARNED, "snn": LEARNED}, {"ann": old, "snn": old}, {}):
        assert [after_stage(results, name) for name in ("ann", "snn", "attack")] == [None] * 3
        assert while_used(results, "energy") is None


def test_a_trained_network(capsys: pytest.CaptureFixture[str]) -> None:
    results = {"ann": LOST}
    said = str(after_stage(results, "ann"))
    assert "41 of 80 test texts are right, which guessing may give too" in said
    assert "class-weights" not in said  # the classes are of one size
    results["ann"] = LOST | {
        "baseline": {"model": "l", "dev_accuracy": 0.9, "test_accuracy": 0.9, "at_chance": False}
    }
    assert "a linear model on word counts has 90.0 %" in str(after_stage(results, "ann"))
    results["ann"] = LOST | {
        "baseline": {"model": "l", "dev_accuracy": 0.9, "test_accuracy": 0.5, "at_chance": True}
    }
    assert "at chance too: see that labels fit" in str(after_stage(results, "ann"))
    warn_after(results, "ann", "ann", "snn")
    printed, error = capsys.readouterr()
    assert printed == "" and error.count("\n") == 1 and error.startswith("snnconvert: warning: ")


def test_an_ann_that_was_not_judged_is_not_praised() -> None:
    """Runs before there were figures by class, and test texts that are too few to tell."""
    for ann in ({"test_accuracy": 0.9}, LEARNED | {"at_chance": None}):
        said = str(after_stage({"ann": ann, "snn": LOST}, "snn"))
        assert said.startswith("the converted SNN is at chance") and "is not" not in said
    said = str(after_stage({"ann": LEARNED, "snn": LOST}, "snn"))
    assert "the ANN that it comes from is not (88.8 %)" in said


def test_a_module_of_the_users_own_is_not_to_be_trained_over() -> None:
    results = {"ann": LOST | {"imported": True}, "snn": LOST}
    for name in ("ann", "snn"):
        said = str(after_stage(results, name))
        assert "vocabulary and the order of its classes" in said and "--" not in said


def test_what_is_set_already_is_not_advised() -> None:
    unequal = stage(True, [[0, 4], [0, 36]], train_vectors=False)
    said = str(after_stage({"ann": unequal}, "ann"))
    assert "--class-weights true" in said and "--train-vectors true" in said
    done = unequal | {"class_weights": True, "train_vectors": True}
    said = str(after_stage({"ann": done}, "ann"))
    assert "class-weights" not in said and "train-vectors" not in said and "--epochs" in said


def test_a_constant_answer_is_called_that() -> None:
    said = how([[0, 0, 30], [0, 1, 29], [0, 0, 30]], ["a", "b", "c"])
    assert said == "it answers 'c' for 89 of 90 test texts (the largest class, 'a', holds 33.3 %)"


def test_many_classes_of_which_little_was_learned() -> None:
    """More is right than guessing gives (p is small), and yet hardly anything."""
    classes = 40  # of ten texts each, of which every other has one that is right
    matrix = [[0] * classes for _ in range(classes)]
    for true, row in enumerate(matrix):
        row[true] = true % 2
        row[(true + 1) % classes] = 10 - true % 2
    judged = chance_figures(matrix)
    assert judged["at_chance"] and judged["chance_p"] <= 0.01
    names = [f"c{k}" for k in range(classes)]
    said = how(matrix, names, judged["chance_p"])
    assert said.startswith("20 of 400 test texts are right, hardly more than by guessing")
    evaluated = class_figures(matrix, tuple(names), judged["chance_p"]).items()
    figures = {name.removeprefix("test_"): value for name, value in evaluated}
    figures |= {"by_class": {}, "texts": 400, "at_chance": True}
    *_, line = evaluation_lines(figures)
    assert "better than guessing (p = 0.003), but hardly" in line
    *_, line = evaluation_lines(figures | {"chance_p": 0.035})
    assert "cannot be told from guessing (p = 0.035, above 0.01)" in line


def test_a_suspicion_and_too_few_texts() -> None:
    unsure = stage(True, [[25, 15], [17, 23]], chance_p=0.06)
    assert "the ANN can hardly be told from chance: 48 of 80" in str(
        after_stage({"ann": unsure}, "ann")
    )
    few = stage(False, [[3, 0], [0, 3]], chance_p=0.05) | {"at_chance": None}
    said = str(after_stage({"ann": few, "snn": few}, "ann"))
    assert said.startswith("6 test texts are too few to tell the ANN from guessing")
    assert after_stage({"ann": few, "snn": few}, "snn") is None  # it has been said


def test_what_was_made_of_it() -> None:
    both = {"ann": LOST, "snn": LOST}
    assert "the figures of its conversion mean nothing" in str(after_stage(both, "snn"))
    lucky = {"ann": LOST, "finetuned": LEARNED}
    assert "a comparison of the fine-tuned SNN with it means" in str(
        after_stage(lucky, "finetuned")
    )
    broken = {"ann": LEARNED, "snn": LOST}
    said = str(after_stage(broken, "snn"))
    assert "the converted SNN is at chance" in said and "is not (88.8 %)" in said
    said = str(after_stage({"ann": LEARNED, "finetuned": LOST}, "finetuned"))
    assert "convert again with more --steps" in said


def test_only_those_that_are_used_are_named() -> None:
    results = {"ann": LEARNED, "snn": LOST, "finetuned": LOST}
    assert while_used(results, "attack", ("ann", "ann+noise")) is None
    said = str(while_used(results, "attack", ("ann", "snn")))
    assert said.startswith("the converted SNN of this run is at chance: ")
    said = str(while_used(results, "energy"))
    assert said.startswith("the converted SNN and fine-tuned SNN of this run are at chance: ")
    assert while_used(results, "sweep", ("ann",)) is None


def test_many_classes_are_shortened() -> None:
    shares: dict[str, float | None] = {f"c{k}": 1 - k / 20 for k in range(20)}
    shares["none"] = None
    said = by_class(shares)
    assert said.startswith("the lowest of 21 - c19: 5.0, c18: 10.0") and "none" not in said
    assert said.count(":") == 8
    assert by_class({"a": 0.5, "b": None}) == "a: 50.0, b: -"


def test_the_table_of_a_run_of_an_older_version() -> None:
    """Without the new figures there are dashes, and no lines below."""
    old = {"ann": {"dev_accuracy": 0.9, "test_accuracy": 0.8}}
    lines = accuracy_table(copy.deepcopy(old)).splitlines()
    assert len(lines) == 3 and lines[-1].split() == ["ANN", "90.0", "80.0", "-"]
