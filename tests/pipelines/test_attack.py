"""`snnconvert attack` as a user runs it: variants, controls, paired tests, transfer, bad names."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snnconvert.attacks.controls import CONTROLS
from snnconvert.attacks.controls.control import AnnControl
from snnconvert.attacks.controls.quantised_scores import QuantisedScores
from snnconvert.attacks.records import records_path
from snnconvert.attacks.victim_name import VictimName
from snnconvert.convert.thresholds import RULES
from snnconvert.errors import InputError
from snnconvert.files import read_json
from snnconvert.models.encoders import CODES
from snnconvert.pipelines.attack.campaign import compare_all
from snnconvert.pipelines.attack.had import check_fixed
from snnconvert.pipelines.attack.models import AttackedModel, control_victims, load_victim
from snnconvert.pipelines.attack.names import parse_victim
from snnconvert.pipelines.cli import main
from snnconvert.pipelines.run_folder.run_folder import RunFolder
from snnconvert.tests.helpers.own_codes import odd_code
from snnconvert.tests.helpers.records import records

TEXT = "friendly staff and a great room"


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small run with a Poisson SNN."""
    folder = tmp_path_factory.mktemp("attacked") / "run"
    train = ["train", "--out", str(folder), "--limit", "60", "--dim", "8", "--max-length", "24"]
    train += ["--widths", "2,3", "--channels", "6", "--epochs", "3", "--tensorboard", "false"]
    assert main(train) == 0
    assert main(["convert", str(folder), "--steps", "3", "--encoder", "poisson"]) == 0
    return folder


@pytest.fixture(scope="module")
def attacked(run: Path) -> dict:
    """Its attack, with every control that needs no data."""
    words = ["attack", str(run), "--presets", "deepwordbug", "--examples", "6"]
    words += ["--query-budget", "60", "--draws", "2", "--controls", "victims,noise"]
    words += ["--victims", "ann,snn,snn@direct:3", "--verify-draws", "11"]
    assert main(words) == 0
    return read_json(run / "results.json", "results")["attack"]


def test_every_victim_and_control_has_a_row(attacked: dict) -> None:
    rows = {(row["victim"], row["attack"]): row for row in attacked["rows"]}
    victims = ["ann", "snn", "snn@direct:3"]
    controls = ["ann+levels", "ann+noise", "snn+deterministic", "ann+levels@direct:3"]
    assert list(rows) == [(v, "deepwordbug") for v in victims + controls] + [
        (v, "noise") for v in victims
    ]
    assert all(row["n"] == 6 for row in rows.values())
    shown = {
        v: (rows[v, "deepwordbug"]["encoder"], rows[v, "deepwordbug"]["steps"])
        for v in victims + controls
    }
    assert shown["ann"] == (None, None) and shown["snn"] == ("poisson", 3)
    assert shown["snn+deterministic"] == ("saf", 3) and shown["snn@direct:3"] == ("direct", 3)
    assert rows["ann", "noise"]["successes"] == rows["snn@direct:3", "noise"]["successes"] == 0


def test_differences_are_tested_in_pairs_and_corrected(attacked: dict) -> None:
    pairs = [(row["victim_a"], row["victim_b"]) for row in attacked["comparisons"]]
    assert ("ann", "snn") in pairs and ("ann+noise", "snn") in pairs
    assert ("snn+deterministic", "snn") in pairs and ("ann", "snn@direct:3") in pairs
    for row in attacked["comparisons"]:
        assert row["attack"] == "deepwordbug" and row["p_corrected"] >= row["p"]
    assert attacked["conclusions"] and all(isinstance(s, str) for s in attacked["conclusions"])


def test_what_is_no_attack_is_not_tested() -> None:
    """Controls and diagnostics would only make the correction of the others stricter."""
    made = records("ssff")
    names = ("pwws", "inputreduction", "unlimited", "noise")
    found = {(victim, name): made for name in names for victim in ("ann", "snn")}
    rows = [{"victim": v, "attack": a, "base": v, "control": ""} for v, a in found]
    assert [row["attack"] for row in compare_all(rows, found, 0)] == ["pwws"]


def test_adversarial_texts_are_replayed(attacked: dict) -> None:
    cells = {(row["source"], row["target"]) for row in attacked["transfer"]}
    assert ("ann", "snn") in cells and ("snn", "ann") in cells and ("ann", "ann") not in cells


def test_another_query_budget_is_another_attack(run: Path, attacked: dict, capsys) -> None:
    words = [
        "attack",
        str(run),
        "--presets",
        "deepwordbug",
        "--examples",
        "6",
        "--controls",
        "none",
    ]
    assert main(words) == 2
    assert "done with other settings" in capsys.readouterr().err


@given(
    st.builds(
        VictimName,
        model=st.just("snn"),
        code=st.sampled_from(list(CODES)),
        steps=st.integers(1, 999),
        rule=st.sampled_from(("", *RULES)),
    )
    | st.builds(VictimName, model=st.sampled_from(("ann", "snn", "finetuned")))
    | st.builds(
        VictimName,
        model=st.just("ann"),
        control=st.sampled_from([name for name in CONTROLS if CONTROLS[name].of_ann]),
        code=st.sampled_from(list(CODES)),
        steps=st.integers(1, 999),
    )
)
def test_names_are_read_as_they_are_written(name: VictimName) -> None:
    assert parse_victim(str(name)) == name


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("cnn", "a model of ann, snn"),
        ("snn@poisson", "like snn, ann[+]noise or snn@poisson:7"),
        ("snn@poisson:0", "at least one time step"),
        ("snn@gauss:4", "an input code of direct"),
        ("snn@saf:4:best", "a threshold rule of auto"),
        ("ann@saf:4", "with snn, ann[+]levels or ann[+]noise"),
        ("finetuned@saf:4", "other models are what they were trained as"),
        ("snn+noise", "with ann"),
        ("ann+deterministic", "with snn or finetuned"),
        ("ann+luck", "a control of levels, noise"),
        ("", "expected a victim"),
    ],
)
def test_other_names_are_refused(name: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        parse_victim(name)


def test_names_become_files() -> None:
    path = records_path(Path("x"), "ann+noise@poisson:7", "my/recipe.py")
    assert path == Path("x/ann+noise@poisson-7.recipe.jsonl")


def test_variants_are_converted_as_convert_does(run: Path) -> None:
    own, again = load_victim(run, "snn"), load_victim(run, "snn@poisson:3")
    assert (own.probabilities([TEXT], 4) == again.probabilities([TEXT], 4)).all()
    longer = load_victim(run, "snn@bitplane:7:percentile")
    assert longer.model.steps == 7 and longer.model.encoder.code == "bitplane"
    assert not longer.stochastic and own.stochastic


def test_controls_of_a_deterministic_snn_are_its_levels(run: Path) -> None:
    folder = RunFolder(run)
    saf, poisson = VictimName.parse("snn@saf:3"), VictimName.parse("snn@poisson:5")
    assert control_victims(folder, [VictimName("ann"), saf]) == [
        VictimName.parse("ann+levels@saf:3")
    ]
    assert [str(name) for name in control_victims(folder, [poisson])] == [
        "ann+levels@poisson:5",
        "ann+noise@poisson:5",
        "snn@saf:5",
    ]
    assert AttackedModel(folder, parse_victim("ann+noise@poisson:5")).describe() == {
        "base": "ann@poisson:5",
        "control": "noise",
        "encoder": "poisson",
        "steps": 5,
    }


@pytest.mark.parametrize(
    ("victim", "noisy"),
    [
        ("ann", False),
        ("snn", True),
        ("snn@saf:4", False),
        ("snn@poisson:4", True),
        ("ann+noise", True),
        ("ann+levels", False),
        ("ann+noise@saf:4", False),
        ("snn+deterministic", False),
    ],
)
def test_victims_whose_looks_can_differ(run: Path, victim: str, noisy: bool) -> None:
    assert AttackedModel(RunFolder(run), parse_victim(victim)).is_stochastic() == noisy
    assert load_victim(run, victim).stochastic == noisy


def test_a_model_that_is_not_there_is_named(run: Path, capsys) -> None:
    assert main(["attack", str(run), "--victims", "finetuned", "--presets", "deepwordbug"]) == 2
    assert "'finetuned'" in capsys.readouterr().err
    with odd_code():
        assert main(["attack", str(run), "--victims", "snn@odd:4"]) == 2
    assert "1, 3, 5" in capsys.readouterr().err


@pytest.fixture
def odd() -> Iterator[str]:
    with odd_code() as name:
        yield name


def test_a_sweep_attacks_every_combination(run: Path, odd: str, capsys) -> None:
    words = ["attack", str(run), "--sweep", "--presets", "deepwordbug", "--examples", "3"]
    words += ["--query-budget", "20", "--draws", "2", "--sweep.encoders", f"direct,{odd}"]
    assert main([*words, "--sweep.steps", "2,3"]) == 0
    said = capsys.readouterr().out
    content = read_json(run / "attack-sweep" / "sweep.json", "a sweep")
    assert [row["victim"] for row in content["rows"]] == [
        "ann",
        "snn@direct:2",
        "snn@direct:3",
        "snn@odd:3",
    ]
    assert content["refused"][0]["victim"] == "snn@odd:2" and "snn@odd:2" in said
    (share,) = {row["largest_class_share"] for row in content["rows"]}
    assert share in (2 / 3, 1)  # of three texts of two classes
    line = f"largest class always: {100 * share:.1f} % right, before and under every attack"
    assert line in said.splitlines()
    assert {"machine", "versions", "settings"} <= set(content)
    assert (run / "attack-sweep" / "sweep.png").read_bytes()[:4] == b"\x89PNG"
    assert (run / "attack-sweep" / "sweep.csv").read_text().count("\n") == 5
    before = {p: p.read_bytes() for p in (run / "attack-sweep").glob("*.jsonl")}
    assert main([*words, "--sweep.steps", "2,3", "--sweep.thresholds", "recipe,max"]) == 0
    assert {p: p.read_bytes() for p in before} == before, "what was found is taken over"


def test_options_that_a_sweep_does_not_read_are_refused(run: Path, capsys) -> None:
    assert main(["attack", str(run), "--sweep", "--victims", "ann"]) == 2
    assert "--sweep.encoders" in capsys.readouterr().err
    assert main(["attack", str(run), "--sweep.steps", "2"]) == 2
    assert "with --sweep only" in capsys.readouterr().err


def test_the_encoder_is_known_without_loading_the_network(run: Path, monkeypatch) -> None:
    from snnconvert.models import saving

    def never(*_: object) -> None:
        raise AssertionError("loads a model")

    monkeypatch.setattr(saving, "load_model", never)
    folder = RunFolder(run)
    for name in ("snn", "ann+noise", "snn+deterministic", "snn@saf:4"):
        encoder, steps = AttackedModel(folder, parse_victim(name)).code
        assert (encoder.code, steps) == (("saf", 4) if "@" in name else ("poisson", 3))


class Rounded(AnnControl):
    """The ANN with scores on two levels, as a control of every SNN."""

    name = "rounded"
    words = "the ANN that says yes or no"

    def applies(self, encoder):
        return True

    def stochastic(self, encoder):
        return False

    def build(self, model, encoder, steps):
        return QuantisedScores(model, 1)


def test_a_control_that_is_added_is_a_victim_like_another(run: Path, tmp_path: Path) -> None:
    copy = tmp_path / "run"
    shutil.copytree(run, copy)
    with pytest.raises(InputError, match="a control of levels, noise, deterministic in the victim"):
        parse_victim("ann+rounded")
    CONTROLS.add("rounded", Rounded())
    try:
        with pytest.raises(InputError, match=r"\+rounded with ann"):
            parse_victim("snn+rounded")
        words = ["attack", str(copy), "--presets", "deepwordbug", "--examples", "4", "--force"]
        words += ["--query-budget", "30", "--draws", "2", "--controls", "victims"]
        assert main([*words, "--victims", "ann,snn", "--verify-draws", "5"]) == 0
    finally:
        CONTROLS.remove("rounded")
    figures = read_json(copy / "results.json", "results")["attack"]
    (row,) = [row for row in figures["rows"] if row["victim"] == "ann+rounded"]
    assert (row["base"], row["control"], row["encoder"], row["steps"]) == (
        "ann",
        "rounded",
        "poisson",
        3,
    )
    pairs = {(test["victim_a"], test["victim_b"]) for test in figures["comparisons"]}
    assert ("ann+rounded", "snn") in pairs


def test_settings_of_an_attack_without_records_bind_nobody(tmp_path: Path) -> None:
    """As where it was refused before its first text: another command need not begin by force."""
    (tmp_path / "results.json").write_text("{}")
    run, other = RunFolder(tmp_path), {"query_budget": 20, "seed": 0}
    run.begin("attack", {"query_budget": 500, "seed": 0})
    check_fixed(run, other)
    path = records_path(run.folder("attack"), "ann", "deepwordbug")
    path.parent.mkdir(exist_ok=True)
    path.write_text("{}\n")
    with pytest.raises(InputError, match="query_budget was 500, now 20"):
        check_fixed(run, other)
