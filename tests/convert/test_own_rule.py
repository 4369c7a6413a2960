"""A threshold rule and a recipe that a user adds: every command takes them, as any other."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import yaml
from torch import Tensor

from snnconvert.convert.recipes.file import read_recipe
from snnconvert.convert.recipes.options import from_options, recipe_options, to_options
from snnconvert.convert.recipes.published import PUBLISHED, PublishedRecipe, read_published
from snnconvert.convert.recipes.recipe import ConversionRecipe
from snnconvert.convert.thresholds import RULES
from snnconvert.convert.thresholds.rule import Rule
from snnconvert.convert.thresholds.spec import ThresholdRule
from snnconvert.convert.thresholds.statistics import LayerStatistics
from snnconvert.errors import InputError
from snnconvert.models.saving import load_model
from snnconvert.options import option
from snnconvert.pipelines.cli import main
from snnconvert.pipelines.convert.choices import recipe_from
from snnconvert.pipelines.run_folder.again import command_for
from snnconvert.pipelines.run_folder.run_folder import RunFolder
from snnconvert.pipelines.settings.convert import ConvertSettings
from snnconvert.tests.helpers.journey import command, conversion_journey, refused, results, without


@dataclass(frozen=True)
class Share(Rule):
    """A share of the largest activation."""

    share: float = option(0.5, "share of the largest activation", above=0, most=1)

    def threshold(self, layer: LayerStatistics, steps: int, shift: float) -> Tensor:
        return self.share * layer.largest()

    def against_clipping(self) -> str:
        return "raise the share"


@pytest.fixture(autouse=True)
def _added():
    RULES.add("mine", Share)
    yield
    RULES.remove("mine")


CHOSEN = ("--threshold", "mine", "--share", "0.75")
SWEEP = ("--sweep.methods", "mine,max,mine+bias", "--sweep.encoders", "saf", "--sweep.steps", "2,3")


@pytest.mark.long
def test_it_is_converted_swept_priced_reported_attacked_and_loaded(tmp_path: Path) -> None:
    run = tmp_path / "run"
    found = conversion_journey(run, CHOSEN, SWEEP)
    chosen, rows = found["recipe"], found["sweep"]["rows"]
    assert (chosen["threshold"], chosen["share"], chosen["percentile"]) == ("mine", 0.75, 99.9)
    layers = json.loads(found["conversion"])["layers"]
    used = {row["threshold_rule"] for row in layers if "threshold_rule" in row}
    assert used == {"mine"} and "mine" in found["html"]
    assert [row["method"] for row in rows] == ["mine"] * 2 + ["max"] * 2 + ["mine+bias"] * 2
    assert {row["recipe"]["share"] for row in rows if "mine" in row["method"]} == {0.5}
    assert not any("share" in row["recipe"] for row in rows if row["method"] == "max")
    # saved and loaded: the file of the recipe, and the network of these thresholds
    recipe = from_options(read_recipe(run / "snn" / "recipe.yaml"))
    assert recipe.threshold == ThresholdRule("mine", share=0.75)
    assert load_model(run / "snn")[0].steps == 3
    words = ["--presets", "deepwordbug", "--examples", "3", "--query-budget", "20"]
    words += ["--victims", "ann,snn,snn@saf:4:mine", "--controls", "none"]
    command("attack", str(run), *words)
    rows = results(run)["attack"]["rows"]
    assert [row["victim"] for row in rows] == ["ann", "snn", "snn@saf:4:mine"]
    assert rows[-1]["steps"] == 4 and all(row["n"] == 3 for row in rows)


def test_its_thresholds_by_hand(tiny_run: Path, tmp_path: Path) -> None:
    """Of the layer, and per channel, they are the share of those of the rule max."""
    figures = {}
    for rule in ("max", "mine"):
        run = shutil.copytree(tiny_run, tmp_path / rule)
        words = ["--threshold", rule, "--granularity", "channel", "--force"]
        command("convert", str(run), *words)
        layers = json.loads((run / "snn" / "conversion.json").read_text())["layers"]
        figures[rule] = [r["threshold_max"] for r in layers if "threshold_max" in r]
    assert figures["mine"] == pytest.approx([0.5 * theta for theta in figures["max"]])


def test_without_the_file_that_adds_it_a_recipe_is_refused_in_one_line(
    tmp_path: Path, tiny_run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = shutil.copytree(tiny_run, tmp_path / "run")
    command("convert", str(run), *CHOSEN, "--force")
    recipe = str(run / "snn" / "recipe.yaml")
    with without(RULES, "mine"):
        for words in (["--recipe", recipe], CHOSEN):
            said = refused(["convert", str(run), *words], capsys)
            assert "share" in said or "'mine'" in said
        assert main(["predict", str(run), "good", "--model", "snn"]) == 0  # nothing is measured


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--share", "0.25"], "share only with the rules mine, but got 0.25 with the rule auto"),
        (["--threshold", "mine", "--share", "2"], "above 0 and at most 1 for --share"),
        (["--threshold", "mine", "--percentile", "99"], "percentile only with the rules auto"),
        (["--threshold", "yours"], "fixed, mine"),
    ],
)
def test_bad_options_are_one_line(
    words: list[str], says: str, tiny_run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert says in refused(["convert", str(tiny_run), *words], capsys)


def test_its_options_are_shown_and_kept(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["convert", "--help"]) == 0
    shown = capsys.readouterr().out
    assert "share of the largest activation" in shown and "fixed,mine" in shown
    settings = ConvertSettings(threshold="mine", share=0.25)  # type: ignore[call-arg]
    assert recipe_from(settings).threshold == ThresholdRule("mine", share=0.25)
    assert replace(settings, steps=2).share == 0.25  # type: ignore[attr-defined]
    assert "share" not in to_options(ConversionRecipe())
    assert "share" in recipe_options()


def test_an_option_with_the_name_of_another_is_refused() -> None:
    @dataclass(frozen=True)
    class Leaky(Share):
        leak: float = option(0.5, "of the neuron, by its name", above=0)

    RULES.add("leaky", Leaky)
    try:
        with pytest.raises(InputError, match="but got leak: give the option another name"):
            recipe_options()
    finally:
        RULES.remove("leaky")


def test_a_rule_that_says_no_thresholds_is_none() -> None:
    with pytest.raises(TypeError, match="abstract method '?threshold"):
        Rule()  # type: ignore[abstract]


def test_every_rule_has_its_file_and_answers() -> None:
    for name in RULES:
        rule = RULES[name]
        assert issubclass(rule, Rule) and rule.__doc__ and rule.measures in ("texts", "weights", "")
        assert set(rule.reads()) <= set(recipe_options())
        if name != "mine":
            assert rule.__module__.startswith("snnconvert.convert.thresholds.")
    folder = Path(__file__).resolve().parents[2] / "convert" / "thresholds"
    used = {RULES[name].__module__.rpartition(".")[2] for name in RULES if name != "mine"}
    others = {"__init__", "rule", "spec", "statistics", "choose"}
    assert {path.stem for path in folder.glob("*.py")} == used | others


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (lambda largest: 1.0, "as a tensor (1,), but got float"),
        (lambda largest: largest.max(), "as a tensor (1,), but got ()"),
        (lambda largest: largest.max().reshape(1), "tensor (6,), but got (1,)"),
        (lambda largest: largest * float("nan"), "finite and at least 0, but got nan"),
        (lambda largest: -largest, "finite and at least 0, but got -"),
    ],
)
def test_what_is_no_threshold_is_refused_and_not_taken_for_silence(
    given: Callable[[Tensor], Tensor],
    says: str,
    tiny_run: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Share, "threshold", lambda self, layer, *_: given(layer.largest()))
    words = ["convert", str(tiny_run), *CHOSEN, "--granularity", "channel", "--name", "other"]
    said = refused(words, capsys)
    assert "of the rule mine at " in said and says in said


def test_a_recipe_of_ones_own(tiny_run: Path, tmp_path: Path) -> None:
    """By its file, by a name at run time, and as a method of a sweep."""
    path = tmp_path / "smith2026.yaml"
    options = {"steps": 3, "threshold": "mine", "share": 0.25}
    path.write_text(yaml.safe_dump({"source": "Smith 2026", "options": options}), "utf-8")
    by_file = recipe_from(ConvertSettings(recipe=str(path)))
    assert by_file.threshold.share == 0.25 and by_file.steps == 3
    PUBLISHED.add("smith2026", read_published(path))
    try:
        assert recipe_from(ConvertSettings(recipe="smith2026")) == by_file
        run = shutil.copytree(tiny_run, tmp_path / "run")
        command("convert", str(run), "--recipe", "smith2026", "--force")
        assert results(run)["snn"]["recipe"]["name"] == "smith2026"
        assert command_for("snn", run, RunFolder(run).config()).endswith("--recipe smith2026")
        sweep = ["--sweep.methods", "smith2026", "--sweep.encoders", "saf", "--sweep.steps", "2"]
        command("convert", str(run), "--sweep", *sweep)
        (row,) = json.loads((run / "snn" / "sweep.json").read_text())["rows"]
        assert row["recipe"]["share"] == 0.25 and row["steps"] == 2
    finally:
        PUBLISHED.remove("smith2026")


@pytest.mark.parametrize("text", ["options: {}", "source: a\nsteps: 3", "[", "- source"])
def test_a_published_recipe_says_what_is_wrong_with_it(text: str, tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(text, "utf-8")
    with pytest.raises(InputError, match="mine.yaml") as caught:
        read_published(path)
    assert "\n" not in str(caught.value)


def test_published_recipes_are_data() -> None:
    for name in PUBLISHED:
        recipe = PUBLISHED[name]
        assert isinstance(recipe, PublishedRecipe) and recipe.source
        assert isinstance(from_options(recipe.options), ConversionRecipe)
