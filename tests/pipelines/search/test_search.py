"""The search: spaces, what is tried next, and a search that is stopped, goes on and grows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snnconvert.errors import InputError
from snnconvert.files import read_json, read_yaml_mapping
from snnconvert.pipelines.cli import main
from snnconvert.pipelines.search import trial as trial_module
from snnconvert.pipelines.search.outputs import best_of, front_of, search_text
from snnconvert.pipelines.search.sampler import ask, importances
from snnconvert.pipelines.search.space import OneOf, Range, read_space, with_options
from snnconvert.pipelines.settings.search import SearchSettings

pytest.importorskip("optuna")
DATA = ["--limit", "48", "--dim", "6", "--max-length", "20", "--vectors", "random"]
SMALL = ["--train.widths", "2", "--train.channels", "4", "--train.epochs", "1"]
SMALL += ["--finetune.epochs", "1", "--train.tensorboard", "false"]
SPACE = "finetune.lr: {low: 1.0e-4, high: 1.0e-2, log: true}\nconvert.mapping: [split, none]\n"


def search(folder: Path, space: str, *more: str) -> int:
    place = folder.parent / "space.yaml"
    place.write_text(space)
    words = ["search", "--out", str(folder), "--space", str(place), *DATA, *SMALL, *more]
    return main(words)


def rows(folder: Path) -> list[dict[str, Any]]:
    found = [read_json(path, "a row") for path in sorted((folder / "rows").glob("*.json"))]
    return [{k: v for k, v in row.items() if k != "seconds"} for row in found]


def test_every_option_of_the_default_space_is_one():
    settings = SearchSettings()
    space = read_space(None, settings)
    assert {name.split(".")[0] for name in space} == {"train", "finetune"}
    made = with_options(settings, {"train.widths": (1, 2), "finetune.lr": 1e-3})
    assert made.train.widths == (1, 2) and made.finetune.lr == 1e-3
    assert with_options(settings, {"train.widths": [1, 2]}).train == made.train  # as a row has it
    assert made.data == settings.data and made.convert == settings.convert


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("train.rl: [1, 2]", "did you mean"),
        ("attack.examples: [1, 2]", "options of train, convert, finetune in a space"),
        ("train.lr: [0.1]", "two or more different values"),
        ("train.lr: {low: 1, high: 1}", "two or more different values"),
        ("train.lr: {low: 0, high: 1, log: true}", "log: true above 0 alone"),
        ("train.lr: {low: .nan, high: 1}", "is no number"),
        ("train.dropout: {low: 0.1, high: 1.5}", "dropout"),
        ("convert.encoder: [saf, sfa]", "'sfa'"),
        ("{}", "it has none"),
    ],
)
def test_a_space_that_cannot_be(
    content: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    assert search(tmp_path / "s", content) == 2
    line = capsys.readouterr().err.strip().splitlines()[-1]
    assert line.startswith("snnconvert: expected") and said in line
    assert not (tmp_path / "s").exists()


@given(st.integers(1, 40), st.integers(0, 2**40), st.integers(1, 3))
def test_what_is_asked_lies_in_the_space_and_comes_again(done: int, seed: int, count: int):
    space = {"a.x": Range(0.12344, 0.9, True), "a.n": Range(2, 9), "a.w": OneOf(((1, 2), "b"))}
    made: list[dict[str, Any]] = []
    for number in range(done % 12):
        chosen = {"a.x": 0.2 + number / 99, "a.n": 2 + number % 8, "a.w": ["b", [1, 2]][number % 2]}
        made.append({"number": number, "chosen": chosen, "dev_accuracy": number % 5 / 5})
    asked = ask(space, made, count, False, seed)
    assert asked == ask(space, made, count, False, seed) and len(asked) == count
    for chosen in asked:
        assert 0.12344 <= chosen["a.x"] <= 0.9 and float(f"{chosen['a.x']:.5g}") == chosen["a.x"]
        assert chosen["a.n"] in range(2, 10) and isinstance(chosen["a.n"], int)
        assert chosen["a.w"] in ((1, 2), "b")


def test_it_goes_where_the_good_ones_are_and_says_what_mattered():
    """A hill at 0.3 of one option, nothing of the other; evenly drawn, 0.29 away on average."""
    space = {"a.x": Range(0.0, 1.0), "a.y": Range(0.0, 1.0)}
    made: list[dict[str, Any]] = []
    while len(made) < 40:
        (chosen,) = ask(space, made, 1, False, 5)
        score = 1 - abs(chosen["a.x"] - 0.3)
        made.append({"number": len(made), "chosen": chosen, "dev_accuracy": score})
    late = [abs(row["chosen"]["a.x"] - 0.3) for row in made[20:]]
    assert sum(late) / len(late) < 0.2
    shares = importances(space, made, 0)
    assert shares["a.x"] > 0.8 and sum(shares.values()) == pytest.approx(1)
    assert importances(space, made[:3], 0) == {}


figures = st.tuples(st.integers(0, 5), st.integers(0, 5))


@given(st.lists(figures, min_size=1, max_size=12))
def test_the_front_is_what_none_beats(drawn: list[tuple[int, int]]):
    made = [
        {"number": i, "dev_accuracy": a, "sops_per_sample": s} for i, (a, s) in enumerate(drawn)
    ]
    expected = {
        (a, s)
        for a, s in drawn
        if not any(b >= a and r <= s and (b, r) != (a, s) for b, r in drawn)
    }
    front = [(row["dev_accuracy"], row["sops_per_sample"]) for row in front_of(made)]
    assert set(front) == expected and len(front) == len(expected)
    best = best_of(made)
    assert (best["dev_accuracy"], best["sops_per_sample"]) == max(front)


def test_stopped_and_grown_it_is_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    """Four trials at once; and two, a stop within the third, and the same command again."""
    assert search(tmp_path / "whole", SPACE, "--trials", "4") == 0
    said = capsys.readouterr().out
    assert "as given" in said and "on test: as given" in said
    stopped = tmp_path / "stopped"
    assert search(stopped, SPACE, "--trials", "2") == 0
    tune, left = trial_module.finetune, [1]

    def stopping(*args: Any, **options: Any) -> Any:
        if left:
            left.pop()
            raise KeyboardInterrupt
        return tune(*args, **options)

    monkeypatch.setattr(trial_module, "finetune", stopping)
    while (code := search(stopped, SPACE, "--trials", "4", "--keep")) == 130:
        assert len(rows(stopped)) < 4
    assert code == 0 and not left
    assert rows(stopped) == rows(tmp_path / "whole")
    mappings = {row["chosen"].get("convert.mapping"): "refused" in row for row in rows(stopped)}
    assert mappings.get("none", True) and not mappings[None]  # saf has no mapping of that name
    found = read_json(tmp_path / "whole" / "search.json", "the search")
    (kept,) = (tmp_path / "whole" / "runs").iterdir()  # the others were removed
    assert kept.name.startswith(f"{found['best']:04d}-") and len(found["rows"]) == 4
    assert (tmp_path / "whole" / "search.png").stat().st_size > 1000
    header = (tmp_path / "whole" / "search.csv").read_text("utf-8").split("\n")[0].split(",")
    assert header[:2] == ["number", "finetune.lr"] and len(set(header)) == len(header)
    best = tmp_path / "whole" / "best.yaml"
    assert read_yaml_mapping(best, "a config")["train"]["channels"] == 4
    assert main(["run", "--config", str(best), "--out", "x", "--print-config"]) == 0
    assert search(stopped, SPACE, "--trials", "4", "--seed", "1") == 2
    assert "begun with others" in capsys.readouterr().err


def test_a_damaged_row_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    (tmp_path / "s" / "rows").mkdir(parents=True)
    (tmp_path / "s" / "rows" / "0000.json").write_text('{"number": 0, "chosen": {}}')
    assert search(tmp_path / "s", SPACE) == 2
    assert "expected the row of trial 0" in capsys.readouterr().err


def test_without_optuna(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    import sys

    from snnconvert.pipelines.search.search import search as run

    monkeypatch.setitem(sys.modules, "optuna", None)
    with pytest.raises(InputError, match=r"expected the package optuna.*\[search\]"):
        run(tmp_path / "s", SearchSettings())


def test_a_score_of_the_task_takes_the_place_of_accuracy():
    figures = ("dev_accuracy", "ann_dev_accuracy", "snn_dev_accuracy", "test_accuracy")
    rows = []
    for number, (accuracy, score) in enumerate([(0.9, -0.1), (0.8, 0.3), (0.7, 0.3)]):
        own = dict.fromkeys(figures, accuracy)
        own |= {name.replace("accuracy", "score"): score for name in figures}
        more = {"score": "matthews", "sops_per_sample": 10.0 - number, "steps": 2}
        rows.append({"number": number, "chosen": {}} | own | more)
    assert best_of(rows) is rows[2]  # of equal ones the one with the fewest operations
    assert front_of(rows) == [rows[2]]
    assert front_of(rows[:1]) == rows[:1]  # below zero too
    found = {"rows": [r | {"front": False} for r in rows], "importance": {}, "best": 2}
    told = search_text(found, Path("x"))
    assert "figures are of the task's score: matthews" in told
    assert "as given -10.0 %, the best on dev 30.0 %" in told
