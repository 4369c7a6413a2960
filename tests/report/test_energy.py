"""The energy section of the report: tables, break-even, figures, and what damages it."""

from __future__ import annotations

import copy
import json
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from snnconvert.errors import InputError
from snnconvert.pipelines.report import format as form
from snnconvert.pipelines.report.compare.page import compare
from snnconvert.pipelines.report.page import report
from snnconvert.pipelines.report.sections.energy.curves import curve_panel, log_ticks
from snnconvert.pipelines.run_folder.records.energy import CurvePoint, EnergyRow
from snnconvert.tests.helpers.report import (
    ENERGY,
    ENERGY_SOURCES,
    RESULTS,
    Page,
    energy_row,
    page_of,
    write_run,
)
from snnconvert.typed_json import made


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Page:
    return page_of(write_run(tmp_path_factory.mktemp("runs") / "e", RESULTS | {"energy": ENERGY}))


def test_every_energy_stands_in_the_page_with_its_model(page: Page) -> None:
    shown = page.text.replace("\u00a0", " ")
    for text in ("69.3 µJ", "2.45 ×", "28.3 µJ", "5.68 µJ", "0.201 ×", "3.16 µJ", "76.6 nJ"):
        assert text in shown
    assert "compute-fp32" in shown and "adders & <multipliers>" in shown
    assert "Work of 417 test texts" in shown and "Every figure is a projection." in shown
    assert "the quantised ANN was not trained so" in shown
    # break-even: what a synapse carries, the limit, and the verdict
    assert "1.01 5.10 pays" in shown and "6.25 5.09 does not" in shown
    assert "4.0 × 10¹⁰" in shown and "0.198 ×" in shown


def test_the_summary_names_the_ratio_and_calls_it_a_projection(page: Page) -> None:
    shown = page.text.replace("\u00a0", " ")
    assert "projected to cost 0.201 × the energy of the sparse ANN by compute-fp32" in shown
    assert "Energy, projected" in shown


def test_a_model_that_prices_only_spikes_is_no_column_but_in_the_whole_table(page: Page) -> None:
    panels = [a["download"] for t, a in page.tags if str(a.get("download")).startswith("energy-")]
    assert panels == ["energy-compute-fp32.svg", "energy-compute-fp32.csv"]
    assert "All 2 models" in page.text


def test_the_run_says_which_models_are_shown(tmp_path: Path) -> None:
    """In the first table, in the plots, and where runs are compared."""
    energy = ENERGY | {"shown": ["chip", "compute-fp32"]}
    runs = [write_run(tmp_path / name, RESULTS | {"energy": energy}) for name in ("a", "b")]
    page = page_of(runs[0])
    heads = re.findall(r'<th scope="col" class="n">(chip|compute-fp32)<br><small>', page.html)
    assert heads == ["chip", "compute-fp32"]
    rows = re.findall(r'<th scope="row">(chip|compute-fp32)</th>', compare(runs).read_text("utf-8"))
    assert rows == ["chip", "compute-fp32"]


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("rows", None, "a list"),
        ("sentences", "many", "a whole number"),
        ("rows", [energy_row("snn", "all steps", -1.0)], "a number of at least 0"),
        ("break_even", [{"victim": "snn"}], "layer"),
        ("curves", [{"victim": "snn", "steps": 1, "model": "m"}], "joules_per_sentence"),
    ],
)
def test_a_damaged_stage_is_one_line(tmp_path: Path, key: str, value: object, message: str) -> None:
    results = copy.deepcopy(RESULTS) | {"energy": ENERGY | {key: value}}
    folder = write_run(tmp_path, results)
    with pytest.raises(InputError, match=rf"{message}.*snnconvert energy .* --force"):
        report(folder)


def test_a_missing_file_of_sources_names_the_command(tmp_path: Path) -> None:
    folder = write_run(tmp_path, RESULTS | {"energy": ENERGY})
    (folder / "energy" / "energy.json").unlink()
    with pytest.raises(InputError, match=r"energy.json.*snnconvert energy .* --force"):
        report(folder)
    (folder / "energy" / "energy.json").write_text(json.dumps({"tables": ENERGY_SOURCES}))
    report(folder)


def test_points_lie_where_energy_and_accuracy_say() -> None:
    points = [
        CurvePoint(
            victim="snn",
            steps=t,
            latency_steps=t,
            model="m",
            joules_per_sentence=10.0 ** (t - 7),
            accuracy=0.5 + 0.1 * t,
        )
        for t in (1, 2, 3)
    ]
    line = [made(EnergyRow, energy_row("ann", "dense", 1e-5, model="m", accuracy=0.8))]
    drawn = str(curve_panel("m", {"snn": points}, [], line))
    root = ElementTree.fromstring(drawn.split("</svg>")[0] + "</svg>")
    marks = [(float(c.attrib["cx"]), float(c.attrib["cy"])) for c in root.iter("circle")]
    # powers of ten are equally far apart, and so are equal steps of accuracy
    assert marks[1][0] - marks[0][0] == pytest.approx(marks[2][0] - marks[1][0], abs=0.02)
    assert marks[0][1] - marks[1][1] == pytest.approx(marks[1][1] - marks[2][1], abs=0.02)
    assert marks[0][0] < marks[1][0] and marks[0][1] > marks[1][1]
    (base,) = [e for e in root.iter("line") if "dashed" in e.attrib["class"]]
    assert float(base.attrib["x1"]) == pytest.approx(marks[1][0], abs=0.02)  # both cost 10 µJ


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0.9e-6, 1.2e-4, [1e-6, 1e-5, 1e-4]),
        (1.5e-6, 8e-6, [2e-6, 5e-6]),
        (1e-9, 1e-1, [1e-9, 1e-6, 1e-3]),
    ],
)
def test_ticks_of_a_logarithmic_axis(low: float, high: float, expected: list[float]) -> None:
    assert log_ticks(low, high) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("value", "expected"),
    [(1.5e-3, "1.5 mJ"), (2.73e-5, "27.3 µJ"), (6.58e-8, "65.8 nJ"), (4e-10, "400 pJ"),
     (9.999e-7, "1 µJ"), (None, "–")],
)  # fmt: skip
def test_joules_have_three_digits_and_a_fitting_unit(value: float | None, expected: str) -> None:
    assert form.joules(value).replace("\u00a0", " ") == expected


def test_the_headline_leads_with_the_energy_that_counts_memory(tmp_path: Path) -> None:
    energy = copy.deepcopy(ENERGY)
    row = next(r for r in energy["rows"] if r["victim"] == "finetuned" and "all" in r["setting"])
    counted = row | {"model": "counts-memory", "ratio_to_sparse_ann": 2.345}
    energy["rows"].append(counted | {"memory_joules": 1e-6, "joules_per_sentence": 2e-6})
    energy["shown"] = [row["model"], "counts-memory"]
    text = page_of(write_run(tmp_path, RESULTS | {"energy": energy})).text.replace("\u00a0", " ")
    assert (
        "projected to cost 2.35 × the energy of the sparse ANN by counts-memory, which counts "
        f"memory accesses (without memory: {row['model']} 0.201 ×)."
    ) in text
