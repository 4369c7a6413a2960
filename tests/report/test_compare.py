"""`snnconvert report A B`: the page that sets runs side by side."""

from __future__ import annotations

import copy
from pathlib import Path

import pytest
import yaml

from snnconvert.errors import InputError
from snnconvert.pipelines.cli import main
from snnconvert.pipelines.report.compare.overlay import styles
from snnconvert.pipelines.report.compare.page import compare, run_names
from snnconvert.tests.helpers.report import CONFIG, ENERGY, RESULTS, Page, write_run

OTHER = copy.deepcopy(RESULTS)
OTHER["finetuned"] |= {"test_accuracy": 0.8344, "steps": 4}
OTHER["ann"]["test_accuracy"] = 0.9123


def two(tmp_path: Path, **changes: object) -> tuple[Path, Path]:
    first = write_run(tmp_path / "one", RESULTS | {"energy": ENERGY})
    second = write_run(tmp_path / "two <b>", OTHER | changes)
    config = copy.deepcopy(CONFIG) | {"ann": {"lr": 0.002, "seed": 7}}
    (second / "config.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")
    return first, second


def page_of(path: Path) -> Page:
    return Page(path.read_text(encoding="utf-8"))


def test_figures_of_both_runs_stand_beside_one_another(tmp_path: Path) -> None:
    page = page_of(compare(two(tmp_path)))
    shown = page.text.replace("\u00a0", " ")
    for text in ("88.1 %", "91.2 %", "89.5 %", "83.4 %", "T = 4", "saf", "5,002", "4,882,491"):
        assert text in shown
    assert "5.68 µJ0.201 × of the sparse ANN–" in shown  # the second has no energy
    assert "35.7 %" in shown and "zh-homophone" in shown
    assert "two <b>" in shown and "<b>" not in page.html
    labels = [str(a.get("aria-label")) for t, a in page.tags if t == "svg"]
    assert sum("two <b> " in label and "one " in label for label in labels) == 2


def test_settings_that_differ_are_marked(tmp_path: Path) -> None:
    page = page_of(compare(two(tmp_path)))
    assert "ann.lr0.001≠ 0.002" in page.text
    assert "ann.seed7" in page.text and "ann.seed7≠" not in page.text
    assert "All runs were tested on the same texts" in page.text


def test_other_data_are_called_so(tmp_path: Path) -> None:
    data = RESULTS["data"] | {"sha256": "another"}
    page = page_of(compare(two(tmp_path, data=data)))
    assert "were not tested on the same texts" in page.text


def test_runs_that_have_only_begun(tmp_path: Path) -> None:
    first = write_run(tmp_path / "a", {})
    second = write_run(tmp_path / "b", {"data": RESULTS["data"], "ann": RESULTS["ann"]})
    page = page_of(compare([first, second]))
    assert "not trained" in page.text and "88.1" in page.text


def test_the_command_takes_runs_and_an_address(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second = two(tmp_path)
    target = tmp_path / "pages" / "both.html"
    assert main(["report", str(first), str(second), "--out", str(target)]) == 0
    assert capsys.readouterr().out.strip() == str(target) and target.is_file()
    assert main(["report", str(first), str(second)]) == 0
    assert (first / "compare.html").is_file()
    alone = tmp_path / "alone.html"
    assert main(["report", str(first), "--out", str(alone)]) == 0 and alone.is_file()
    assert main(["report", str(first), str(first)]) == 2
    assert "different run folders" in capsys.readouterr().err
    assert main(["report", str(first), str(tmp_path / "nowhere")]) == 2


def test_one_run_is_no_comparison(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="two or more different"):
        compare([tmp_path])


def test_names_are_the_shortest_that_differ() -> None:
    paths = [Path(p) for p in ("/x/a/run", "/x/b/run", "/x/c")]
    assert run_names(paths) == ["a/run", "b/run", "c"]


def test_lines_of_many_runs_differ() -> None:
    assert len(set(styles(18))) == 18


def test_what_accuracies_are_beside(tmp_path: Path) -> None:
    """Macro F1, the largest class and the linear model of each run, and which is at chance."""
    lost = copy.deepcopy(RESULTS)
    lost["snn"] |= {"at_chance": True, "test_macro_f1": 0.3456}
    runs = [write_run(tmp_path / name, r) for name, r in (("a", RESULTS), ("b", lost))]
    page = Page(Path(compare(runs)).read_text("utf-8"))
    shown = page.text.replace("\u00a0", " ")
    assert "Largest class" in shown and "66.7 %" in shown  # 800 of 1199
    assert "Linear model on words" in shown and "85.3 %" in shown
    assert "34.6 %" in shown and shown.count("at chance") == 1
