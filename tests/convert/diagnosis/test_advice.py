"""Every advice: given where its figure is over the limit, and not where it is below."""

from __future__ import annotations

import pytest

from snnconvert.convert.diagnosis.advice import Limits, advise, dominant_part
from snnconvert.convert.diagnosis.error_parts import PARTS
from snnconvert.convert.recipes.recipe import ConversionRecipe
from snnconvert.convert.thresholds.spec import ThresholdRule
from snnconvert.models.encoders.encoder import Encoder


def row(kind: str = "neurons", clipped: float = 0.0, mean: float = 0.0, **parts: float) -> dict:
    """A budget row of layer conv3 whose parts have these root mean squares."""
    whole = {f"{part}_rms": parts.get(part, 0.0) for part in PARTS}
    total = sum(value * value for value in whole.values()) ** 0.5
    head = {"name": "act3", "layer": "conv3", "kind": kind, "clipped": clipped}
    return head | whole | {"total_rms": total, "total_mean": mean}


def activity(silent: float = 0.0, saturated: float = 0.0, name: str = "act3") -> dict:
    return {"name": name, "silent": silent, "saturated": saturated}


def texts(budget: list, layers: list | None = None, **recipe) -> list[str]:
    return [entry["text"] for entry in advise(budget, layers or [], ConversionRecipe(**recipe))]


CLIPS = row(clipped=0.04, clipping=0.02)


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        (ThresholdRule("percentile", percentile=99.0), "raise the percentile (it is 99)"),
        (ThresholdRule("auto"), "raise the percentile (it is 99.9)"),
        (ThresholdRule("percentile", percentile=100), "more calibration texts"),
        (ThresholdRule("max"), "more calibration texts"),
        (ThresholdRule("qcfs"), "the threshold rule percentile, or train longer"),
        (ThresholdRule("mse"), "choose the threshold rule max"),
        (ThresholdRule("fixed", threshold_value=1.0), "raise the fixed threshold"),
    ],
)
def test_clipping_names_the_layer_the_share_and_the_remedy_of_its_rule(rule, words):
    (text,) = texts([CLIPS], threshold=rule)
    assert text.startswith("layer conv3 clips 4.0 % of its activation: ") and words in text


def test_little_clipping_is_not_mentioned():
    (text,) = texts([row(clipped=0.009, clipping=0.01)])
    assert text == "no layer is off by more than 0.010 of its threshold: nothing to change"


@pytest.mark.parametrize(
    ("part", "encoder", "start", "words"),
    [
        ("unevenness", "saf", "unevenness dominates in layer conv3", "bitplane code or more steps"),
        ("unevenness", "poisson", "unevenness dominates", "bitplane code or more steps"),
        ("unevenness", "direct", "unevenness dominates", "SRP"),
        (
            "quantisation",
            "saf",
            "quantisation dominates in layer conv3 at T = 4",
            "train with QCFS at L = 4 or raise T",
        ),
        ("encoder", "poisson", "the error of the input code dominates", "which have no noise"),
        ("encoder", "saf", "the error of the input code dominates", "rounded to 4 steps"),
        ("pooling", "saf", "pooling dominates in layer act3", "pooling rule counts"),
        ("carried_in", "saf", "error carried in dominates", "layers before it"),
        ("clipping", "saf", "clipping dominates", "raise its threshold"),
    ],
)
def test_the_dominant_part_has_its_remedy(part, encoder, start, words):
    mapping = "none" if encoder == "direct" else "split"
    kind = "pooling" if part == "pooling" else "neurons"
    budget = [
        row(kind, **{part: 0.2}, **({} if part == "quantisation" else {"quantisation": 0.05}))
    ]
    (text,) = texts(budget, encoder=Encoder(encoder, mapping))
    assert text.startswith(start) and words in text


def test_bitplane_is_not_advised_to_who_has_it():
    (text,) = texts([row(unevenness=0.2)], encoder=Encoder("bitplane"), steps=3)
    assert "bitplane" not in text and "more steps" in text


def test_v0_is_advised_where_it_is_zero():
    (text,) = texts([row(quantisation=0.2)], initial=0.0)
    assert "set V(0) to 0.5" in text
    (text,) = texts([row(quantisation=0.2)], initial=0.0, bias_shift=True)
    assert "V(0)" not in text


def test_no_part_dominates_and_small_errors_are_left_alone():
    even = row(unevenness=0.1, quantisation=0.1, carried_in=0.1)
    assert "nothing to change" in texts([even])[0]
    assert "nothing to change" in texts([row(unevenness=0.04)])[0]
    assert dominant_part(row()) == ("clipping", 0.0)
    assert dominant_part(row(unevenness=0.3, encoder=0.1)) == ("unevenness", pytest.approx(0.9))


def test_errors_of_one_sign_ask_for_a_correction():
    uneven = {"unevenness": 0.1, "quantisation": 0.1, "carried_in": 0.1}
    (text,) = texts([row(mean=-0.12, **uneven)])
    assert text == (
        "layer conv3 fires too little nearly everywhere (-0.120 thresholds on average): correct "
        "it on unlabelled texts (correction bias or potential)"
    )
    assert "too much" in texts([row(mean=0.12, **uneven)])[0]
    assert "nothing to change" in texts([row(mean=-0.05, **uneven)])[0]
    assert "nothing to change" in texts([row(mean=-0.12, **uneven)], correction="bias")[0]


def test_silent_and_saturated_neurons():
    (text,) = texts([], [activity(silent=0.25)])
    assert text.startswith("25 % of the channels of act3 never fire: use one threshold per channel")
    (text,) = texts([], [activity(silent=0.25)], threshold=ThresholdRule(granularity="channel"))
    assert "per channel" not in text
    (text,) = texts([], [activity(saturated=0.06)])
    assert text == (
        "6.0 % of the neurons of act3 fire at every step and can say no more: raise the threshold"
    )
    assert "more than one step" in texts([], [activity(saturated=0.06)], steps=1)[0]
    assert "nothing to change" in texts([], [activity(0.09, 0.04)])[0]
    assert "nothing to change" in texts([], [activity(0.9, 0.9, name="input")])[0]


def test_the_largest_error_comes_first_and_limits_can_be_set():
    small, large = row(unevenness=0.1) | {"layer": "conv2"}, row(quantisation=0.3)
    found = advise([small, large], [activity(silent=0.5)], ConversionRecipe())
    assert [(entry["kind"], entry["layer"]) for entry in found] == [
        ("quantisation", "conv3"),
        ("unevenness", "conv2"),
        ("silent", "act3"),
    ]
    assert found[0]["value"] == pytest.approx(0.3)
    strict = advise([small], [], ConversionRecipe(), Limits(error=0.2))
    assert strict[0]["kind"] == "none" and strict[0]["layer"] == ""


def test_a_pooling_row_speaks_of_pooling_only():
    assert "nothing to change" in texts([row("pooling", carried_in=3.0)])[0]


def test_the_output_row_gets_no_advice_of_its_own():
    assert "nothing to change" in texts([row(kind="output", carried_in=3.0)])[0]
