"""What models are called, everywhere alike."""

from __future__ import annotations

from pathlib import Path

import pytest

from snnconvert.pipelines.display import names
from snnconvert.pipelines.display.tables import accuracy_table, attack_summary, robustness_table
from snnconvert.pipelines.energy.outputs import energy_table
from snnconvert.pipelines.quality.chance import while_used
from snnconvert.pipelines.run_folder.records.attack import AttackStage
from snnconvert.pipelines.run_folder.records.energy import EnergyStage
from snnconvert.pipelines.run_folder.records.stages import models_of
from snnconvert.pipelines.run_folder.stages import MODELS
from snnconvert.tests.helpers.report import ENERGY, RESULTS, page_of, write_run
from snnconvert.typed_json import made


def test_every_model_of_a_run_has_a_name() -> None:
    assert set(MODELS) <= set(names.NAMES)
    titles = [name.title for name in names.NAMES.values()]
    assert len(set(titles)) == len(titles)


def test_the_same_name_in_the_terminal_on_the_page_and_in_the_energy_table(tmp_path: Path) -> None:
    title = names.title("finetuned")
    rows = RESULTS["attack"]["rows"]
    page = page_of(write_run(tmp_path, RESULTS | {"energy": ENERGY}))
    shown = made(EnergyStage, ENERGY)
    for text in (accuracy_table(RESULTS), robustness_table(rows), energy_table(shown), page.text):
        assert title in text
    for text in (energy_table(shown), page.text):
        assert names.title("sparse-ann") in text


def test_victims_have_their_names_in_the_terminal() -> None:
    row = RESULTS["attack"]["rows"][0]
    shown = {"victim": "ann+levels", "largest_class_share": 0.525}
    said = [f"ann+levels keeps more than {name}." for name in ("finetuned", "ann")]
    stage = RESULTS["attack"] | {"rows": [row | shown, row], "conclusions": said}
    text = attack_summary(made(AttackStage, stage))
    assert "ANN +levels  " in text and "ann+levels" not in text
    assert "- ANN +levels keeps more than ANN." in text.splitlines()
    assert text.startswith("largest class always: 52.5 % right, before and under every attack\n")
    assert "largest class" not in robustness_table([row])  # of a run that has not kept it


def test_a_sentence_calls_it_the_same_in_small_letters() -> None:
    lost = {"at_chance": True}
    models = models_of({"finetuned": RESULTS["finetuned"] | lost, "ann": RESULTS["ann"] | lost})
    assert "the ANN and fine-tuned SNN of this run are at chance" in str(
        while_used(models, "energy")
    )


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (names.title("mine"), "mine"),
        (names.in_sentence("mine"), "mine"),
        (names.in_sentence("snn-adversarial"), "adversarially tuned SNN"),
        (names.victim("mine+noise"), "mine +noise"),
    ],
)
def test_a_model_that_is_not_known_is_its_own_name(written: str, expected: str) -> None:
    assert written == expected
