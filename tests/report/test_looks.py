"""Models of several conversions in one run: told apart, and the same in every drawing."""

from __future__ import annotations

import copy
import re
from importlib.resources import files
from itertools import combinations, pairwise
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from snnconvert.pipelines.attack import sweep
from snnconvert.pipelines.display.names import title
from snnconvert.pipelines.energy.plots import victim_lines
from snnconvert.pipelines.report import templates
from snnconvert.pipelines.report.compare.overlay import series
from snnconvert.pipelines.report.compare.page import compare
from snnconvert.pipelines.report.drawing.files import figure_style
from snnconvert.pipelines.report.drawing.looks import NAMED, PATTERNS, Looks, shape_of
from snnconvert.pipelines.report.page import report
from snnconvert.pipelines.report.read import Run
from snnconvert.pipelines.report.sections.accuracy.plot import accuracy_plot
from snnconvert.pipelines.run_folder.records.energy import EnergyStage
from snnconvert.tests.helpers.records import made
from snnconvert.tests.helpers.report import ENERGY, RESULTS, SPIKING, Page, write_run

NAMES = ("t2", "t8", "poisson-t7")
OF_RUN = ("ann", "snn", "finetuned")
TONES = [f"{tone}{place}" for tone in ("named", "tuned") for place in range(1, NAMED + 1)]


def grown(names: tuple[str, ...] = NAMES) -> dict[str, Any]:
    """Results of a run with several conversions, each with its fine-tuning."""
    found = copy.deepcopy(RESULTS) | {"energy": copy.deepcopy(ENERGY)}
    models = [f"{kind}@{name}" for name in names for kind in ("snn", "finetuned")]
    found |= {name: copy.deepcopy(SPIKING) for name in models}
    for part in ("rows", "curves"):
        own = [row for row in ENERGY[part] if row["victim"] == "finetuned"]
        found["energy"][part] += [row | {"victim": name} for name in models for row in own]
    return found


def sheets() -> list[dict[str, tuple[float, float, float]]]:
    """The colours of the style sheet in light, in dark and on paper, as CIE L*a*b*."""
    text = (files(templates) / "page" / "report.css").read_text("utf-8")
    blocks = [block for block in re.findall(r":root \{([^}]*)\}", text) if "--named1" in block]
    assert len(blocks) == 3
    colours = re.compile(r"--([\w-]+): (#[0-9a-f]{6})")
    return [{name: lab(value) for name, value in colours.findall(block)} for block in blocks]


def lab(colour: str) -> tuple[float, float, float]:
    """CIE 1976 L*a*b* of an sRGB colour, white D65."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    r, g, b = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    x = (0.4124 * r + 0.3576 * g + 0.1805 * b) / 0.95047
    y = 0.2126 * r + 0.7152 * g + 0.0722 * b
    z = (0.0193 * r + 0.1192 * g + 0.9505 * b) / 1.08883
    fx, fy, fz = (t ** (1 / 3) if t > 0.008856 else 7.787 * t + 16 / 116 for t in (x, y, z))
    return 116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)


def test_colours_are_told_apart() -> None:
    for sheet in sheets():
        for a, b in combinations((*OF_RUN, *TONES), 2):
            apart = sum((p - q) ** 2 for p, q in zip(sheet[a], sheet[b], strict=True)) ** 0.5
            assert apart > 20, (a, b)  # 2.3 can just be seen


def test_every_style_has_its_rules() -> None:
    """In the page and in the files of drawings, which have rules of their own."""
    page = (files(templates) / "page" / "report.css").read_text("utf-8")
    for tone in TONES:
        assert f".key.{tone}, .card.{tone} {{ --own: var(--{tone}); }}" in page
        style = figure_style(frozenset({"curve", "mark", "named", tone}))
        assert re.search(rf"svg \.{tone} \{{ color: #[0-9a-f]{{6}}; \}}", style)
        assert "svg .curve.named { stroke: currentColor; }".replace(" ", "") in style.replace(
            " ", ""
        )
    for number in range(1, PATTERNS):
        assert f"svg .curve.d{number} {{ stroke-dasharray" in page


def test_models_of_a_run_differ_and_stay_as_they_are() -> None:
    models = ["ann", "snn", "finetuned"]
    seen: dict[str, tuple[str, str]] = {}
    for name in (f"c{i}" for i in range(NAMED)):
        models += [f"snn@{name}", f"finetuned@{name}"]
        looks = Looks.of(models)
        now = {model: (looks.style(model), shape_of(model)) for model in models}
        assert seen.items() <= now.items()  # nothing changes where a conversion comes
        seen = now
    assert len({style for style, _ in seen.values()}) == len(models)
    lines = [looks.line(model) for model in models if model.startswith("snn@")]
    assert len({line.rpartition(" ")[2] for line in lines}) == PATTERNS
    assert looks.line("snn") == "curve snn"
    # attacks: controls of ANNs, variants in memory, victims of another kind
    assert looks.style("ann+noise@c1") == "ann" and looks.style("snn@poisson:7") == "snn"
    assert looks.style("snn+deterministic@c1") == looks.style("snn@c1") == "named named2"
    assert looks.style("mine") == "ink" and looks.style("quantised-ann") == "ann"


def test_a_model_looks_the_same_and_has_one_name_all_over_the_page(tmp_path: Path) -> None:
    run = write_run(tmp_path / "run", grown())
    html = report(run).read_text("utf-8")
    page = Page(html)
    looks = Run(run).looks
    for name in NAMES:
        for kind, model in (("snn", "Converted SNN"), ("finetuned", "Fine-tuned SNN")):
            style, shown = looks.style(f"{kind}@{name}"), f"{model} @{name}"
            assert f'<span class="key {style}" aria-hidden="true"></span>{shown}' in html
            assert f'<li class="card {style}"><h2>{shown}</h2>' in html
            pattern = looks.pattern(f"{kind}@{name}")
            drawn = {str(a.get("class")) for _, a in page.tags if a.get("class")}
            assert f"{looks.line(f'{kind}@{name}')}" in drawn  # accuracy
            assert f"mark {style}" in drawn and f"fill {style}" in drawn  # confusion matrices
            assert f"curve thin {style} {pattern}" in drawn  # energy
            assert f"value halo small {style}" in drawn  # its name there
            assert f"{kind}@{name}" not in page.text
        assert f"Conversion @{name}" in page.text and f"Fine-tuning @{name}" in page.text
        for command in ("convert", "finetune"):  # the commands that made the run
            assert f"snnconvert {command} {run} --name {name}" in page.text
    assert len({looks.style(f"{kind}@{name}") for name in NAMES for kind in OF_RUN[1:]}) == 6


def test_runs_with_several_conversions_are_compared_line_by_line(tmp_path: Path) -> None:
    first = write_run(tmp_path / "one", grown())
    second = write_run(tmp_path / "two", grown(("t2",)))
    lines = series({"one": Run(first), "two": Run(second)})
    assert [(own.run, own.kind) for own in lines] == [
        *(("one", "finetuned"), ("two", "finetuned")),
        *(("one", f"finetuned@{name}") for name in NAMES),
        ("two", "finetuned@t2"),
    ]
    assert len({own.style for own in lines}) == len({own.style[:2] for own in lines}) == 6
    assert [own.style[0] for own in lines[:2]] == ["one", "two"]  # as without further conversions
    page = Page(Path(compare([first, second])).read_text("utf-8"))
    assert all(own.name in page.text for own in lines)
    drawn = {str(attributes.get("class")) for _, attributes in page.tags}
    assert all(f"curve {own.style[0]} {own.style[2]}" in drawn for own in lines)


def test_lines_of_the_energy_plot_differ() -> None:
    found = made(EnergyStage, grown()["energy"])
    looks = victim_lines(found)
    assert len(looks) >= 7
    assert len({look["color"] for look in looks.values()}) == len(looks)
    assert len({str(look["ls"]) for look in looks.values()}) == len(NAMES) + 1
    assert looks["finetuned@t2"]["marker"] != looks["snn@t2"]["marker"]


def test_lines_of_an_attack_sweep_differ(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The colour is the code's in every rule; the rule has a line and a marker."""
    from matplotlib.axes import Axes

    drawn: list[tuple[Any, ...]] = []
    errorbar = Axes.errorbar

    def note(axes: Axes, *words: Any, **named: Any) -> Any:
        drawn.append((named["color"], named["marker"], named["ls"]))
        return errorbar(axes, *words, **named)

    monkeypatch.setattr(Axes, "errorbar", note)
    rows = [
        {"victim": "v", "attack": "a", "encoder": code, "threshold": rule, "steps": steps, "n": 4,
         "accuracy_under_attack": 0.5, "low": 0.4, "high": 0.6}
        for code in ("saf", "poisson", "mine")
        for rule in (None, "max", "mse")
        for steps in (2, 4)
    ]  # fmt: skip
    sweep.plot(tmp_path / "sweep.png", rows)
    assert len(drawn) == len({(c, m, str(ls)) for c, m, ls in drawn}) == 9
    assert len({c for c, _, _ in drawn}) == len({m for _, m, _ in drawn}) == 3
    rates = dict.fromkeys(("accuracy_under_attack", "low", "high"))
    rows = [row | rates for row in rows]  # every text ended in an error
    rows.append(rows[0] | {"victim": "ann", "encoder": None})
    sweep.plot(tmp_path / "errors.png", rows)
    assert len(drawn) == 9 and (tmp_path / "errors.png").is_file()


def test_the_legend_has_room_above_the_curves(tmp_path: Path) -> None:
    """However many models: no name of the legend lies over the axis or another name."""
    for names in ((), NAMES, tuple(f"a-long-name-{i}" for i in range(6))):
        models = Run(write_run(tmp_path / str(len(names)), grown(names))).models
        drawn = str(accuracy_plot(models)).replace("</svg>", "</svg>\0").split("\0")[:2]
        for svg in map(ElementTree.fromstring, drawn):
            shown = {title(kind) for kind in models if kind != "ann"}
            heights = [float(t.get("y", 0)) for t in svg.iter("text") if t.text in shown]
            assert len(heights) == len(shown)
            axis = min(float(line.get("y1", 0)) for line in svg.iter("line")
                       if line.get("class") == "grid")  # fmt: skip
            assert max(heights) <= axis - 14
            places = {(t.get("x"), t.get("y")) for t in svg.iter("text") if t.text in shown}
            assert len(places) == len(shown)


def test_points_of_one_step_stand_together(tmp_path: Path) -> None:
    """Also of many models on a telephone: none is nearer to the next step than to its own."""
    models = Run(write_run(tmp_path / "run", grown(tuple(f"c{i}" for i in range(5))))).models
    for markup in str(accuracy_plot(models)).replace("</svg>", "</svg>\0").split("\0")[:2]:
        steps: dict[str, list[float]] = {}
        for mark in ElementTree.fromstring(markup).iter():
            said = mark.findtext("title") or ""
            if ", T = " in said and str(mark.get("class")).startswith("mark"):
                place = mark.get("cx") or float(mark.get("x", 0)) + 4
                steps.setdefault(said.split("T = ")[1].split(":")[0], []).append(float(place))
        ends = [(min(places), max(places)) for places in steps.values()]
        assert len(ends) == 4 and all(a[1] < b[0] for a, b in pairwise(ends))
