"""The files of a run are what their records write, and records are what the files say."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from snnconvert.errors import InputError
from snnconvert.files import read_json
from snnconvert.pipelines.cli import main
from snnconvert.pipelines.run_folder.records.conversion import ConversionReport
from snnconvert.pipelines.run_folder.records.energy import EnergyFile
from snnconvert.pipelines.run_folder.records.models import ModelStage, SpikingStage
from snnconvert.pipelines.run_folder.records.spikes import Activity, Rasters
from snnconvert.pipelines.run_folder.records.stages import RECORDS, models_of
from snnconvert.pipelines.run_folder.run_folder import RunFolder
from snnconvert.pipelines.run_folder.stages import STAGES
from snnconvert.tests.helpers.golden import GOLDEN
from snnconvert.tests.helpers.report import ENERGY, RESULTS, write_run
from snnconvert.typed_json import made, to_json

STAMPS = ("fingerprint", "files", "made_from")


def plain(stage: dict[str, Any]) -> dict[str, Any]:
    """The figures of a stage without what the run folder adds."""
    return {name: value for name, value in stage.items() if name not in STAMPS}


@pytest.fixture(scope="module")
def run(tiny_run: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny run whose energy is counted."""
    folder = tmp_path_factory.mktemp("records") / "run"
    shutil.copytree(tiny_run, folder)
    assert main(["energy", str(folder), "--texts", "6", "--sampled", "0", "--quiet"]) == 0
    return folder


def test_every_stage_has_a_record() -> None:
    assert set(RECORDS) == set(STAGES)


def test_stages_are_written_as_their_records_say(run: Path) -> None:
    results = read_json(run / "results.json")
    assert {"data", "ann", "snn", "finetuned", "energy"} <= set(results)
    for stage, figures in results.items():
        record = RunFolder(run).record(stage, RECORDS[stage])
        assert to_json(record) == plain(figures), stage


def test_files_beside_the_models_are_written_as_their_records_say(run: Path) -> None:
    for name, kind in (
        ("snn/conversion.json", ConversionReport),
        ("snn/raster.json", Rasters),
        ("finetuned/raster.json", Rasters),
        ("energy/energy.json", EnergyFile),
    ):
        content = read_json(run / name)
        assert to_json(made(kind, content)) == content, name
    rates = read_json(run / "finetuned" / "activity.json")
    assert [to_json(made(Activity, row)) for row in rates] == rates


def test_a_run_of_an_older_version_opens() -> None:
    """The golden run was written before there were records."""
    folder = RunFolder(GOLDEN / "run")
    (ann,) = folder.models().values()
    assert isinstance(ann, ModelStage) and ann.test is not None and ann.steps is None
    assert ann.test_accuracy == folder.results()["ann"]["test_accuracy"]
    assert ann.test.sizes == [sum(row) for row in folder.results()["ann"]["test_confusion_matrix"]]


def test_models_come_in_the_order_of_the_stages(tmp_path: Path) -> None:
    results = {name: RESULTS[name] for name in ("finetuned", "snn", "ann", "data")}
    found = RunFolder(write_run(tmp_path, results)).models()
    assert list(found) == list(models_of(results)) == ["ann", "snn", "finetuned"]
    assert isinstance(found["snn"], SpikingStage) and found["snn"].steps == 4


def test_a_damaged_stage_names_place_and_command(tmp_path: Path) -> None:
    folder = write_run(tmp_path / "my run", RESULTS | {"snn": RESULTS["snn"] | {"steps": "many"}})
    with pytest.raises(InputError) as caught:
        RunFolder(folder).models()
    expected = f"expected a whole number at {folder}/results.json: snn.steps, but it is 'many'; "
    expected += f"convert again: snnconvert convert '{folder}' --force"
    assert str(caught.value) == expected


def test_a_stage_is_not_finished_with_other_figures_than_its_own(tmp_path: Path) -> None:
    run = RunFolder(tmp_path / "run", must_exist=False)
    run.begin("energy", {})
    with pytest.raises(TypeError, match=r"EnergyStage has no field for rows.0.watts, watts"):
        rows = [row | {"watts": 3} for row in ENERGY["rows"]]
        run.finish("energy", {}, ENERGY | {"watts": 1, "rows": rows[:1]})
    with pytest.raises(InputError, match="expected a list at the figures of energy.rows"):
        run.finish("energy", {}, ENERGY | {"rows": None})
    assert not run.results_path.exists()
    run.finish("energy", {}, ENERGY)
    written = json.loads(run.results_path.read_text("utf-8"))["energy"]
    assert written["sentences"] == ENERGY["sentences"] and "shown" not in written


def test_whose_input_is_exact() -> None:
    spiking = made(SpikingStage, RESULTS["snn"])
    exact = made(SpikingStage, RESULTS["snn"] | {"input_spikes_per_sample": 0.0})
    silent = made(
        SpikingStage,
        RESULTS["snn"] | {"input_spikes_per_sample": 0.0, "input_macs_per_sample": 0.0},
    )
    assert not spiking.has_exact_input and exact.has_exact_input and not silent.has_exact_input
