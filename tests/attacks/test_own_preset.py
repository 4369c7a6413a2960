"""An attack that is added at run time can do what one of the package's can."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from snnconvert.attacks.building.builders import substitution
from snnconvert.attacks.building.texts import candidate_swap
from snnconvert.attacks.preset import Preset, Role
from snnconvert.attacks.presets import PRESETS
from snnconvert.attacks.presets.catalogue import unlimited_attacks
from snnconvert.attacks.presets.requirements import check_gradients, default_presets
from snnconvert.attacks.records import read_records
from snnconvert.errors import InputError
from snnconvert.files import read_json
from snnconvert.pipelines.cli import main
from snnconvert.pipelines.settings.attack import AttackSettings
from snnconvert.tests.helpers.attacks import ENGLISH, Bag


def doubled(word: str) -> list[str]:
    """The word with one of its vowels doubled."""
    return [word[:i] + c + word[i:] for i, c in enumerate(word) if c in "aeiou"]


def own(name: str = "double", **more: object) -> Preset:
    build = substitution(lambda: candidate_swap(doubled), set, 0.9)
    return Preset(name, "en", (), build, "doubles a vowel", "none", **more)


@pytest.fixture
def added():
    """Adds presets; they are gone after the test."""
    names: list[str] = []

    def add(item: Preset) -> Preset:
        names.append(item.name)
        return PRESETS.add(item.name, item)

    yield add
    for name in names:
        if name in PRESETS.added():
            PRESETS.remove(name)


def test_it_is_chosen_and_listed_like_another(added, capsys) -> None:
    with pytest.raises(InputError, match="expected presets to be of auto, deepwordbug"):
        AttackSettings(presets=("double",))
    added(own(dropped=("no consonants",)))
    assert AttackSettings(presets=("double", "pwws")).presets == ("double", "pwws")
    assert main(["attack", "--list"]) == 0
    shown = capsys.readouterr().out
    assert "double (en): ready" in shown and "left out: no consonants" in shown
    with pytest.raises(InputError, match="expected a new name for the attack"):
        PRESETS.add("double", own())


def test_it_is_attacked_compared_and_reported(added, tiny_run, nltk_data, tmp_path) -> None:
    added(own(auto=True))
    assert "double" in default_presets("en")[0]
    run = tmp_path / "run"
    shutil.copytree(tiny_run, run)
    words = ["attack", str(run), "--presets", "double", "--victims", "ann,snn"]
    words += ["--examples", "4", "--query-budget", "40", "--controls", "none"]
    assert main(words) == 0 and main(["report", str(run)]) == 0
    figures = read_json(run / "results.json", "results")["attack"]
    assert [(row["victim"], row["attack"]) for row in figures["rows"]] == [
        ("ann", "double"),
        ("snn", "double"),
    ]
    assert [row["attack"] for row in figures["comparisons"]] == ["double"]
    header, records = read_records(run / "attack" / "snn.double.jsonl")
    assert header["configuration"]["preset"] == "double" and len(records) == 4
    page = (run / "report.html").read_text("utf-8")
    assert "double" in page
    PRESETS.remove("double")  # a report is made where the attack is not known, too
    assert main(["report", str(run)]) == 0
    assert (run / "report.html").read_text("utf-8") == page


def test_a_control_of_ones_own_is_compared_with_nothing(added, tiny_run, nltk_data, tmp_path):
    added(own())
    added(own("ruin", role=Role.UNLIMITED))
    assert unlimited_attacks("en") == ["unlimited", "ruin"]
    assert unlimited_attacks("zh") == ["zh-unlimited"]
    run = tmp_path / "run"
    shutil.copytree(tiny_run, run)
    words = ["attack", str(run), "--presets", "double,ruin", "--victims", "ann,snn"]
    words += ["--examples", "3", "--query-budget", "30", "--controls", "none"]
    assert main(words) == 0
    figures = read_json(run / "results.json", "results")["attack"]
    assert {row["attack"] for row in figures["rows"]} == {"double", "ruin"}
    assert {row["attack"] for row in figures["comparisons"]} == {"double"}
    assert any("The attack without budget" in text for text in figures["conclusions"])


def test_one_that_takes_gradients_is_refused_where_there_are_none(added) -> None:
    added(own("slope", gradient="rga"))
    with pytest.raises(InputError, match="the attack slope needs the gradients of its victim"):
        check_gradients([("bag", "slope")], lambda _: Bag("en", ENGLISH))


def test_the_page_shows_one_that_runs(root, tiny_run, nltk_data, tmp_path, monkeypatch) -> None:
    text = (root / "docs" / "extending" / "attack.md").read_text(encoding="utf-8")
    (source,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    assert len(source.splitlines()) < 40
    shutil.copytree(tiny_run, tmp_path / "runs" / "en")
    monkeypatch.chdir(tmp_path)
    before = set(PRESETS)
    try:
        exec(compile(source, "attack.md", "exec"), {"__name__": "page"})
    finally:
        for name in set(PRESETS) - before:
            PRESETS.remove(name)
    rows = read_json(Path("runs/en/results.json"), "results")["attack"]["rows"]
    assert "stretch" in {row["attack"] for row in rows}
