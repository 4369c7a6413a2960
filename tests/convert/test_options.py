"""Recipes: every choice checked, flat options and YAML round trips, presets of the papers."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snnconvert.convert.recipes import recipe as recipes
from snnconvert.convert.recipes.file import read_recipe, save_recipe
from snnconvert.convert.recipes.options import (
    from_options,
    override,
    recipe_options,
    to_options,
)
from snnconvert.convert.recipes.published import PUBLISHED, load_options
from snnconvert.convert.recipes.recipe import ConversionRecipe
from snnconvert.convert.thresholds import RULES
from snnconvert.convert.thresholds.spec import GRANULARITIES, LOCATIONS, SOURCES, ThresholdRule
from snnconvert.errors import InputError
from snnconvert.models.encoders import CODES, MAPPINGS
from snnconvert.models.encoders.encoder import Encoder
from snnconvert.models.neurons import NEURONS
from snnconvert.models.neurons.spec import NeuronSpec
from snnconvert.models.spikes import POOLING_RULES
from snnconvert.tests.helpers.own_codes import odd_code


@st.composite
def options(draw: st.DrawFn) -> dict:
    """Options of every kind; some do not go together."""
    pools = {
        "steps": st.sampled_from([1, 3, 4, 7]),
        "encoder": st.sampled_from(sorted(CODES)),
        "mapping": st.sampled_from([*MAPPINGS, "auto"]),
        "threshold": st.sampled_from(sorted(RULES)),
        "granularity": st.sampled_from(GRANULARITIES),
        "percentile": st.floats(0.5, 100),
        "source": st.sampled_from(SOURCES),
        "location": st.sampled_from(LOCATIONS),
        "threshold_value": st.none() | st.floats(0.1, 9),
        "initial": st.floats(0, 1),
        "reset": st.sampled_from(["soft", "hard"]),
        "bias_shift": st.booleans(),
        "pooling": st.sampled_from(["auto", *POOLING_RULES]),
        "allow_inexact": st.booleans(),
        "neuron": st.sampled_from(sorted(NEURONS)),
        "leak": st.floats(0, 0.9),
        "burst": st.integers(1, 4),
        "negative": st.floats(0, 2),
        "correction": st.sampled_from(recipes.CORRECTIONS),
        "srp_steps": st.integers(0, 4),
        "normalise": st.sampled_from(recipes.NORMALISE),
        "soft_threshold": st.floats(0, 0.9),
        "gain": st.none() | st.floats(0.1, 9),
        "bits": st.just(0),  # only books have others (`test_stored`)
        "current_decay": st.floats(0.01, 1),
        "voltage_decay": st.floats(0.01, 1),
    }
    assert set(pools) == set(recipe_options())
    names = draw(st.sets(st.sampled_from(sorted(pools)), max_size=6))
    return {name: draw(pools[name]) for name in names}


@given(options())
def test_options_name_a_recipe_or_are_refused_in_one_line(chosen: dict):
    try:
        recipe = from_options(chosen)
    except InputError as error:
        assert "\n" not in str(error)
        return
    flat = to_options(recipe)
    assert from_options(flat) == recipe
    kept = {name: value for name, value in chosen.items() if value != "auto" and name != "bits"}
    assert all(flat.get(name) == value for name, value in kept.items())


def test_no_options_are_the_packages_own_choices():
    assert from_options({}) == ConversionRecipe()
    unread = {"bits", "current_decay", "voltage_decay"}  # of books and of other neurons
    usual = {n: item.default for n, item in recipe_options().items() if n not in unread}
    assert to_options(ConversionRecipe()) == usual | {"mapping": "split"}
    assert from_options({"encoder": "direct"}).encoder == Encoder("direct", "none")
    assert from_options({"encoder": "direct", "mapping": "split"}).encoder.mapping == "split"
    assert from_options({"reset": "hard"}).neuron == NeuronSpec(reset="hard")


@pytest.mark.parametrize("name", PUBLISHED)
def test_every_preset_is_a_recipe_that_survives_its_file(name: str, tmp_path: Path):
    short, chosen = load_options(name)
    recipe = from_options(chosen)
    save_recipe(tmp_path / "mine.yaml", recipe)
    assert load_options(str(tmp_path / "mine.yaml"))[0] == "mine"
    assert from_options(read_recipe(tmp_path / "mine.yaml")) == recipe
    assert short == name
    preset = PUBLISHED[name]
    assert preset.source and preset.ours and (name == "default" or preset.theirs)


def test_presets_are_what_their_papers_say():
    made = {name: from_options(load_options(name)[1]) for name in PUBLISHED}
    assert made["default"] == ConversionRecipe()
    diehl = made["diehl2015"]
    assert (diehl.threshold.rule, diehl.normalise, diehl.initial) == ("max", "weights", 0)
    assert (diehl.reset, diehl.neuron.reset, diehl.encoder.code) == ("hard", "hard", "poisson")
    rueckauer = made["rueckauer2017"]
    assert rueckauer.threshold == ThresholdRule("percentile", "layer", percentile=99.9)
    assert (rueckauer.reset, rueckauer.encoder.code) == ("soft", "direct")
    assert rueckauer.pooling_rule()[0] == "gated"
    deng = made["deng2021"]
    assert deng.bias_shift and deng.initial == 0 and deng.threshold.rule == "max"
    assert made["tcl2021"].threshold.rule == "bound"
    bu = made["bu2022"]
    assert (bu.threshold.rule, bu.initial, bu.encoder.code) == ("qcfs", 0.5, "direct")
    li = made["li2021"]
    assert li.threshold == ThresholdRule("mse", "channel") and li.correction == "weights"
    assert made["hao2023"].srp_steps == 4
    lv = made["lv2023"]
    assert lv.encoder == Encoder("poisson", "shift") and lv.steps == 50
    assert lv.threshold.rule == "weights"


@pytest.mark.parametrize(
    ("base", "given_", "result"),
    [
        ({"steps": 50}, {"steps": 4}, {"steps": 4}),
        ({"steps": 50}, {}, {"steps": 50}),
        # what belongs to a choice goes with it
        ({"encoder": "poisson", "mapping": "shift"}, {"encoder": "direct"}, {"encoder": "direct"}),
        (
            {"encoder": "poisson", "mapping": "shift"},
            {"encoder": "poisson"},
            {"encoder": "poisson", "mapping": "shift"},
        ),
        (
            {"encoder": "poisson", "mapping": "shift"},
            {"encoder": "saf", "mapping": "split"},
            {"encoder": "saf", "mapping": "split"},
        ),
        (
            {"threshold": "fixed", "threshold_value": 2.0},
            {"threshold": "max"},
            {"threshold": "max"},
        ),
        ({"neuron": "lif", "leak": 0.1}, {"neuron": "burst"}, {"neuron": "burst"}),
        ({"neuron": "lif", "leak": 0.1}, {"leak": 0.2}, {"neuron": "lif", "leak": 0.2}),
        # unless the new choice reads it too
        (
            {"threshold": "auto", "percentile": 99.0, "granularity": "channel"},
            {"threshold": "percentile"},
            {"threshold": "percentile", "percentile": 99.0, "granularity": "channel"},
        ),
        (
            {"threshold": "auto", "percentile": 99.0, "granularity": "channel"},
            {"threshold": "max"},
            {"threshold": "max", "granularity": "channel"},
        ),
        (
            {"threshold": "auto", "percentile": 99.0, "granularity": "channel"},
            {"threshold": "bound"},
            {"threshold": "bound"},
        ),
    ],
)
def test_given_options_override_a_recipe(base: dict, given_: dict, result: dict):
    assert override(base, given_) == result
    from_options(result)


@pytest.mark.parametrize(
    ("chosen", "words"),
    [
        ({"stepz": 4}, "options of a recipe.*got 'stepz'"),
        ({4: 4}, "options of a recipe"),
        ({"steps": "four"}, "a whole number for steps, but got 'four'"),
        ({"steps": 4.0}, "a whole number for steps"),
        ({"steps": True}, "a whole number for steps"),
        ({"initial": "half"}, "a number for initial"),
        ({"bias_shift": "yes"}, "true or false for bias_shift"),
        ({"encoder": None}, "a word for encoder"),
        ({"bias_shift": True}, "either V.0. or the bias shift"),
        (
            {"correction": "luck"},
            "correction to be of none, bias, potential, weights",
        ),
        ({"normalise": "both"}, "normalise to be of thresholds, weights"),
        ({"srp_steps": -1}, "a number of at least 0 for srp_steps, but got -1"),
        ({"srp_steps": 2, "reset": "hard"}, "IF neurons with soft reset for SRP"),
        ({"neuron": "ttfs"}, "encoder ttfs with the neuron ttfs"),
        ({"encoder": "ttfs"}, "encoder ttfs with the neuron ttfs"),
    ],
)
def test_bad_options_are_refused(chosen: dict, words: str):
    with pytest.raises(InputError, match=words):
        from_options(chosen)


TTFS = {"neuron": "ttfs", "encoder": "ttfs"}
IGNORED = [
    # options that would have no effect together, and what the refusal says
    (TTFS | {"initial": 0.0}, "initial 0.5 with the neuron ttfs.*got 0.0"),
    (TTFS | {"pooling": "counts"}, "pooling auto with the neuron ttfs"),
    (TTFS | {"initial": 0.5, "bias_shift": True}, "either V.0. or the bias shift"),
    (TTFS | {"initial": 0.0, "bias_shift": True}, "initial 0.5 with the neuron ttfs"),
    (TTFS | {"correction": "bias"}, "correction none with the neuron ttfs.*got bias"),
    (TTFS | {"correction": "potential"}, "correction none with the neuron ttfs"),
    (TTFS | {"correction": "weights"}, "correction none with the neuron ttfs"),
    (TTFS | {"normalise": "weights"}, "normalise thresholds with the neuron ttfs"),
    (TTFS | {"srp_steps": 4}, "IF neurons with soft reset for SRP.*got ttfs"),
    (TTFS | {"reset": "hard"}, "soft reset for the ttfs neuron"),
    (TTFS | {"leak": 0.1}, "leak only with the lif neuron"),
    (TTFS | {"burst": 2}, "burst only with the burst neuron"),
    ({"neuron": "lif", "leak": 0.1, "srp_steps": 4}, "IF neurons with soft reset for SRP.*lif"),
    ({"neuron": "signed", "srp_steps": 4}, "IF neurons with soft reset for SRP.*signed"),
    ({"neuron": "burst", "burst": 2, "srp_steps": 4}, "IF neurons with soft reset for SRP.*burst"),
    ({"neuron": "signed", "reset": "hard"}, "soft reset for the signed neuron"),
    ({"neuron": "burst", "reset": "hard"}, "soft reset for the burst neuron"),
    ({"leak": 0.1}, "leak only with the lif neuron"),
    ({"burst": 2}, "burst only with the burst neuron"),
    ({"neuron": "lif", "burst": 2}, "burst only with the burst neuron"),
    ({"negative": 0.5}, "negative only with the signed neuron"),
    (
        {"threshold_value": 1.0},
        "threshold_value only with the rules fixed, but",
    ),
    ({"threshold": "fixed"}, "a threshold value with the rule fixed"),
    ({"threshold": "max", "percentile": 99.0}, "percentile only with the rules auto, perc.*max"),
    ({"threshold": "mse", "percentile": 99.0}, "percentile only with"),
    ({"threshold": "qcfs", "percentile": 99.0}, "percentile only with"),
    (
        {"threshold": "qcfs", "granularity": "channel"},
        "granularity only .*auto, max.* with the rule qcfs",
    ),
    (
        {"threshold": "bound", "granularity": "channel"},
        "granularity only .*auto, max.* with the rule bound",
    ),
    (
        {"threshold": "fixed", "threshold_value": 1.0, "granularity": "channel"},
        "granularity only .*auto, max.* with the rule fixed",
    ),
    (
        {"threshold": "qcfs", "source": "relu"},
        "source only .*auto, max.*relu with the rule qcfs",
    ),
    (
        {"threshold": "weights", "location": "neurons"},
        "location only .*auto, max.* with the rule weights",
    ),
    ({"encoder": "saf", "mapping": "none"}, "the saf code spikes, so it needs values"),
    ({"encoder": "individual", "steps": 4, "srp_steps": 2}, "before SRP .* worth 2 .* worth 4"),
]


@pytest.mark.parametrize(("chosen", "words"), IGNORED)
def test_options_that_would_be_ignored_are_refused_in_one_line(chosen: dict, words: str):
    with pytest.raises(InputError, match=words) as caught:
        from_options(chosen)
    assert "\n" not in str(caught.value)


def test_steps_before_srp_are_steps_of_the_code():
    words = "before SRP .* input code: .*1, 3, 5 .* but got 4"
    with odd_code() as code, pytest.raises(InputError, match=words):
        from_options({"encoder": code, "steps": 3, "srp_steps": 4})


@pytest.mark.parametrize("preset", sorted(PUBLISHED))
def test_a_preset_with_another_neuron_works_or_says_what_does_not_go_with_it(preset: str):
    for neuron in ({"neuron": "lif", "leak": 0.1}, {"neuron": "signed"}, {"neuron": "burst"}, TTFS):
        options = override(load_options(preset)[1], neuron)
        try:
            recipe = from_options(options)
        except InputError as error:
            assert "\n" not in str(error)
        else:
            assert recipe.neuron.kind == neuron["neuron"]


def test_two_resets_are_refused():
    with pytest.raises(InputError, match="expected one reset"):
        ConversionRecipe(neuron=NeuronSpec(reset="hard"))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("steps: [", "recipe in YAML"),
        ("- steps", "map option names to values"),
        ("step: 4", "does not hold: expected the options"),
        ("encoder: odd\nsteps: 4", "does not hold: .*1, 3, 5"),
    ],
)
def test_bad_recipe_files_are_refused_with_their_name(text: str, words: str, tmp_path: Path):
    path = tmp_path / "mine.yaml"
    path.write_text(text, encoding="utf-8")
    with odd_code(), pytest.raises(InputError, match=words) as error:
        load_options(str(path))
    assert "mine.yaml" in str(error.value)


def test_an_unknown_recipe_names_the_known_ones(tmp_path: Path):
    with pytest.raises(InputError, match="default, deng2021.*or a YAML file, but got 'bu2021'"):
        load_options("bu2021")
    with pytest.raises(InputError, match="no such file"):
        load_options(str(tmp_path / "none.yaml"))
