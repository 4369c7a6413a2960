"""The report page: what is in it, what it never does, and runs that are not finished."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from snnconvert.errors import InputError
from snnconvert.pipelines.report.page import report
from snnconvert.tests.helpers.report import (
    CONVERSION,
    RASTER,
    RECORD,
    RESULTS,
    SCORES,
    Page,
    page_of,
    write_run,
)


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Page:
    return page_of(write_run(tmp_path_factory.mktemp("runs") / "whole"))


# parts of the page, no icon, and files to save
OWN = ("#", "data:,", "data:text/csv;charset=utf-8,", "data:image/svg+xml;charset=utf-8,")


def test_it_loads_nothing_from_elsewhere(page: Page) -> None:
    policy = [a["content"] for t, a in page.tags if a.get("http-equiv")]
    assert policy == ["default-src 'none'; style-src 'unsafe-inline'; img-src data:"]
    for tag, attributes in page.tags:
        assert tag not in {"script", "iframe", "object", "embed", "img", "form"}
        for name in ("src", "href", "xlink:href", "srcset", "action"):
            assert str(attributes.get(name, "#")).startswith(OWN)
        assert not any(name.startswith("on") for name in attributes)
    assert "url(" not in page.html and "@import" not in page.html
    assert "http://" not in page.html and "https://" not in page.html


def test_every_figure_has_a_name_and_links_lead_somewhere(page: Page) -> None:
    figures = [a for tag, a in page.tags if tag == "svg" and "aria-hidden" not in a]
    # two drawings of accuracy, budget, rates, robustness; two histograms; two times three panels;
    # two drawings each of queries, words and transfer of one attack; four confusion matrices
    assert len(figures) == 8 + 2 + 6 + 6 + 4
    assert all(a["role"] == "img" and len(str(a["aria-label"])) > 20 for a in figures)
    ids = page.ids()
    assert len(ids) == len(set(ids))
    for _, attributes in page.tags:
        for name in ("href", "aria-labelledby"):
            target = str(attributes.get(name, "data:,")).removeprefix("#")
            assert target.startswith("data:") or target in ids


def test_languages_are_marked(page: Page) -> None:
    assert page.tags[0] == ("html", {"lang": "en"})
    chinese = {tag for tag, attributes in page.tags if attributes.get("lang") == "zh"}
    assert {"blockquote", "span", "text", "dd"} <= chinese
    assert "味道好极啦" in page.text and "好评" in page.text


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from leaves(item, f"{path}.{key}")
    elif isinstance(value, list):
        for item in value:
            yield from leaves(item, path)
    else:
        yield path, value


SHOWN = {"ann": "ANN", "finetuned": "Fine-tuned SNN", "ann+noise": "ANN +noise"}


def test_every_figure_of_the_results_is_printed(page: Page) -> None:
    shown = page.text.replace("\u00a0", " ")
    for path, value in leaves(RESULTS):
        if isinstance(value, bool):
            expected = ["trained on this attack"]
        elif isinstance(value, str):
            expected = [SHOWN.get(value, value)]
        elif "seconds" in path:
            expected = [{142.7: "2 min 23 s", 98.1: "1 min 38 s"}[value]]
        elif path.endswith((".p", ".p_corrected", ".chance_p")):
            expected = [f"{value:.2g}"]
        elif path.endswith(".excluded"):
            continue  # in the files alone
        elif isinstance(value, float) and value < 1:
            expected = [f"{100 * value:.1f}", f"{100 * value:.2f}"]
            expected += [f"−{100 * -value:.1f}"] * (value < 0)
        else:
            expected = [f"{value:,.0f}", f"{value:,.1f}"]
        assert any(text in shown for text in expected), (path, value)
    for text in ("2.8 × 10⁻⁷", "1.810", "1.500 to 2.250", "2.13.0", "0.001"):
        assert text in shown
    assert "1.4 points above the ANN" in shown  # 89.5 - 88.1, as they are shown
    assert "+1.4 points" in shown and "−0.7 points" in shown
    # Wilson's interval for 1056 of 1199
    assert "86.1 to 89.8 %" in shown


def test_the_error_budget_and_the_advice_are_shown(page: Page) -> None:
    shown = page.text.replace("\u00a0", " ")
    assert "Unevenness: use <bitplane>" in shown and "<bitplane>" not in page.html
    # every part that some layer has, every layer, and the logits in a sentence of their own
    for text in ("carried in", "clipping", "quantisation", "unevenness", "pooling"):
        assert text in shown
    assert "encoder noise" not in shown  # zero everywhere
    for text in ("0.012", "0.046", "0.079", "0.234", "0.099", "0.065", "−0.032", "2.5 %"):
        assert text in shown
    assert "The logits of readout differ from the ANN’s by 0.065 on average" in shown
    (label, _) = [
        str(attributes["aria-label"])
        for tag, attributes in page.tags
        if tag == "svg" and "Parts of the error" in str(attributes.get("aria-label"))
    ]
    assert "act3 carried in 0.000, clipping 0.012, quantisation 0.046" in label
    assert "pool3 carried in 0.099" in label and "readout" not in label


def test_a_conversion_without_a_budget_has_no_section_for_it(tmp_path: Path) -> None:
    folder = write_run(tmp_path)
    path = folder / "snn" / "conversion.json"
    for changes in ({"budget": [], "advice": []}, {"budget": None, "advice": None}):
        path.write_text(json.dumps(CONVERSION | changes))
        page = page_of(folder)
        assert "Where the error" not in page.text and "What to change" not in page.text
    path.write_text(json.dumps(CONVERSION | {"budget": [{"name": "act3"}]}))
    with pytest.raises(InputError, match=r"a string at .*budget\[0\].kind.*convert again"):
        report(folder)


def test_changed_words_are_marked(page: Page) -> None:
    assert "<del>味道</del>好极啦" in page.html
    assert "<ins>位道</ins>好极啦" in page.html


def test_hostile_text_stays_text(tmp_path: Path) -> None:
    evil = "</style></svg><script>alert(1)</script><img src=x onerror=alert(2)>\"'&"
    results = copy.deepcopy(RESULTS)
    results["data"] |= {"name": evil, "classes": [evil, evil], "split_rule": evil}
    results["data"]["language"] = '"><script>'
    results["attack"]["left_out"] = {evil: evil}
    record = RECORD | {"text": evil, "adversarial_text": evil[::-1], "changed_words": [[evil, ""]]}
    folder = write_run(tmp_path, results, record)
    raster = RASTER | {"text": evil, "label": evil, "words": [evil] * 3}
    raster["layers"] = {evil: RASTER["layers"]["act3"]}
    conversion = copy.deepcopy(CONVERSION)
    conversion["layers"][0] |= {"name": evil, "why": evil, "action": evil, "type": evil}
    conversion["activity"][0]["name"] = evil
    conversion["budget"][0]["name"] = evil
    conversion["advice"][0]["text"] = evil
    for name, content in (("raster", raster), ("conversion", conversion)):
        (folder / "snn" / f"{name}.json").write_text(json.dumps(content))
    (folder / "finetuned" / "raster.json").write_text(json.dumps(raster))
    (folder / "config.yaml").write_text(yaml.safe_dump({"ann": {evil: evil}, evil: {"a": evil}}))
    page = page_of(folder)
    assert not {tag for tag, _ in page.tags} & {"script", "img"}
    assert "<script" not in page.html and page.text.count("<script>alert(1)</script>") >= 10


def test_half_of_a_surrogate_pair_does_not_stop_the_report(tmp_path: Path) -> None:
    record = RECORD | {"text": "味道\ud83d", "adversarial_text": "位道\ud83d"}
    assert "<del>味道</del>?" in page_of(write_run(tmp_path, RESULTS, record)).html


COMMANDS = {
    "accuracy": "snnconvert train --dataset NAME --out",
    "learning": "snnconvert train --dataset NAME --out",
    "conversion": "snnconvert convert",
    "activity": "snnconvert convert",
    "raster": "snnconvert convert",
    "explained": "snnconvert explain",
    "energy": "snnconvert energy",
    "robustness": "snnconvert attack",
}


LATER = ["conversion", "activity", "raster", "explained", "energy", "robustness"]


@pytest.mark.parametrize(
    ("stages", "absent"),
    [
        ([], ["accuracy", "learning", *LATER]),
        (["data"], ["accuracy", "learning", *LATER]),
        (["data", "ann"], LATER),
        (["data", "ann", "snn"], ["explained", "energy", "robustness"]),
        (["data", "ann", "snn", "finetuned"], ["explained", "energy", "robustness"]),
        (["data", "ann", "attack"], ["conversion", "activity", "raster", "explained", "energy"]),
        (["ann", "snn"], ["explained", "energy", "robustness"]),
    ],
)
def test_unfinished_runs_name_the_command(
    tmp_path: Path, stages: list[str], absent: list[str]
) -> None:
    folder = write_run(tmp_path / "my run", {name: RESULTS[name] for name in stages})
    page = page_of(folder)
    sections = {str(a["id"]): str(a["class"]) for tag, a in page.tags if tag == "section"}
    assert [name for name, style in sections.items() if "absent" in style] == absent
    for name in absent:
        assert COMMANDS[name] in page.text
    assert not absent or f"'{folder}'" in page.text  # quoted, for it has a space in it
    assert ("not yet" in page.text) == (not {"ann", "snn", "finetuned"} <= set(stages))


def test_figures_that_are_not_defined_are_dashes(tmp_path: Path) -> None:
    results = copy.deepcopy(RESULTS)
    undefined = dict.fromkeys(SCORES) | {"n": 2, "errors": 2, "attacked": 0, "successes": 0}
    results["attack"]["rows"][0] |= undefined
    page = page_of(write_run(tmp_path, results))
    assert "every text ended in an error" in page.text
    assert "None" not in page.text and "nan" not in page.text


def test_an_attack_stage_without_rows_says_why(tmp_path: Path) -> None:
    results = copy.deepcopy(RESULTS)
    results["attack"]["rows"] = []
    assert "its word net is not here" in page_of(write_run(tmp_path, results)).text


@pytest.mark.parametrize("steps", [1, 50, 128])
def test_few_and_many_steps(tmp_path: Path, steps: int) -> None:
    results = copy.deepcopy(RESULTS)
    for kind in ("snn", "finetuned"):
        curve = [0.5 + 0.3 * t / steps for t in range(steps)]
        results[kind] |= {"steps": steps, "accuracy_by_step": curve, "test_accuracy": curve[-1]}
    raster = RASTER | {"steps": steps, "words": ["啦"] * 60, "input": [[0.5] * steps] * 60}
    raster |= {"layers": {"act3": [[1, 0]] * steps}, "logits": [[0.1] * 6] * steps}
    folder = write_run(tmp_path, results)
    for kind in ("snn", "finetuned"):
        (folder / kind / "raster.json").write_text(json.dumps(raster))
    page = page_of(folder)
    assert f"T = {steps} time step{'' if steps == 1 else 's'}" in page.text.replace("\u00a0", " ")
    assert "The first 40 of 60 words are shown" in page.text
