"""Sentences from numbers made up for every case that they tell apart."""

from __future__ import annotations

import pytest

from snnconvert.attacks.statistics.compare import compare, correct, victim_pairs
from snnconvert.attacks.statistics.conclusions import conclusions
from snnconvert.attacks.statistics.scores import score
from snnconvert.tests.helpers.records import records

POISSON, NOISY, LEVELS = "snn@poisson:7", "ann+noise@poisson:7", "ann+levels@poisson:7"
QUIET = "snn@saf:7"
CONTROLS = {NOISY: "noise", LEVELS: "levels", "snn+deterministic": "deterministic"}


def facts(victim):
    control = CONTROLS.get(victim, "")
    return {"victim": victim, "base": victim.replace(f"+{control}", ""), "control": control}


def said(made, transfer=(), compared=True):
    """Conclusions from records, by victim and attack."""
    rows = [{**facts(v), "attack": a, **score(found)} for (v, a), found in made.items()]
    tests = [
        compare(made[a, attack], made[b, attack], victim_a=a, victim_b=b, attack=attack)
        for attack in dict.fromkeys(attack for _, attack in made)
        for a, b in victim_pairs(rows)
        if (a, attack) in made and (b, attack) in made
    ]
    return conclusions(rows, correct(tests) if compared else [], transfer)


def one(sentences, *parts):
    """The one sentence with all the parts."""
    found = [s for s in sentences if all(part in s for part in parts)]
    assert len(found) == 1, (parts, sentences)
    return found[0]


WEAK, STRONG, MIDDLE = (records("s" * k + "f" * (100 - k)) for k in (90, 40, 65))
BROKEN, LEFT = records("s" * 98 + "ff"), records("s" * 70 + "f" * 30)


def test_no_attack():
    assert conclusions([]) == ["No attack was run, so nothing can be said about robustness."]


def test_attacks_that_all_ended_in_an_error():
    """Nothing was measured, so no precision is claimed of it."""
    made = {("ann", "pwws"): records("eee"), ("snn", "pwws"): records("eee")}
    assert said(made) == [
        "Every attack on a text ended in an error, so nothing can be said of robustness."
    ]


def test_texts_that_not_every_victim_was_attacked_on():
    """A run that grew says so, and its precision is that of the fewest texts with a rate."""
    few, many = records("s" * 10 + "f" * 10), records("s" * 90 + "f" * 10)
    text = one(said({("ann", "pwws"): many, ("ann", "iga"): few}), "were attacked on")
    assert "Victims were attacked on 20 to 100 texts" in text and "reach 20 points" in text
    text = one(said({("ann", "pwws"): records("s" * 20 + "e" * 80)}), "was attacked on")
    assert "Every victim was attacked on 100 texts" in text and "reach 20 points" in text


def test_a_diagnostic_says_nothing_of_robustness():
    """Input reduction keeps predictions: a difference under it is one of clean accuracy."""
    made = {("ann", "inputreduction"): records("f" * 60 + "k" * 40)}
    made |= {("snn", "inputreduction"): records("f" * 90 + "k" * 10)}
    made |= {("ann", "pwws"): WEAK, ("snn", "pwws"): WEAK}
    sentences = said(made)
    assert "(pwws)" in one(sentences, "No difference between the ANN and snn")
    assert not any("keeps more accuracy" in sentence for sentence in sentences)


@pytest.mark.parametrize(
    ("tuned", "keeps"),
    [
        (WEAK, "keeps as much accuracy as ann (95 % interval of the difference +0.0 to +0.0)"),
        (STRONG, "keeps 50.0 points more accuracy than ann ("),
        (BROKEN, "keeps 8.0 points less accuracy than ann ("),
    ],
)
def test_what_a_defence_changes(tuned, keeps):
    made = {("ann", "pwws"): WEAK, ("ann-adversarial", "pwws"): tuned}
    text = one(said(made), "Under pwws, which was held out, ann-adversarial")
    assert keeps in text and "-0.0" not in text


def test_no_difference():
    text = one(said({("ann", "pwws"): WEAK, ("snn", "pwws"): WEAK}), "No difference between")
    assert "the ANN and snn" in text and "(pwws)" in text and "equally robust" in text


def test_not_compared():
    made = {("ann", "pwws"): WEAK, ("snn", "pwws"): STRONG}
    assert "Not compared with the ANN: snn." in said(made, compared=False)
    assert "Not compared with the ANN: snn." in said({("snn", "pwws"): STRONG})


def test_more_and_less_robust_and_no_control():
    made = {("ann", "x"): WEAK, ("snn", "x"): STRONG, ("ann", "y"): STRONG, ("snn", "y"): WEAK}
    sentences = said(made | {("ann", "z"): WEAK, ("snn", "z"): WEAK})
    text = one(sentences, "significantly after correction")
    assert "snn keeps more accuracy than the ANN under x (by 50.0 points) and less" in text
    assert "; under z no difference is significant. No control of snn was compared" in text
    assert "must not be put down to spikes" in text


def test_a_difference_that_correction_takes_away():
    # 8 to 1 has p = .039 alone; among two tests it is not significant
    a, b = records("s" * 8 + "f" + "s" * 91), records("f" * 8 + "s" * 92)
    alone = said({("ann", "x"): a, ("snn", "x"): b})
    one(alone, "keeps more", "x (by 7.0 points)")
    both = said({("ann", "x"): a, ("snn", "x"): b, ("ann", "y"): WEAK, ("snn", "y"): WEAK})
    one(both, "No difference between the ANN and snn", "(x and y)")


@pytest.mark.parametrize(
    ("control", "parts"),
    [
        (STRONG, ["explains the advantage under x", "input noise without any spiking neuron"]),
        (WEAK, ["keeps less under x (by 50.0 points)", "input noise alone is not enough"]),
        (BROKEN, ["keeps less under x", "is not enough"]),
        (records("s" * 2 + "f" * 98), ["explains the advantage under x"]),  # better than the SNN
    ],
)
def test_noise_as_the_cause(control, parts):
    made = {("ann", "x"): WEAK, (POISSON, "x"): STRONG, (NOISY, "x"): control}
    one(said(made), f"The ANN with the same input noise ({NOISY})", *parts)


def test_a_control_that_decides_nothing():
    # few texts: neither like the ANN nor unlike the SNN
    ann, snn, control = (records("s" * k + "f" * (20 - k)) for k in (20, 11, 16))
    made = {("ann", "x"): ann, (POISSON, "x"): snn, (NOISY, "x"): control}
    text = one(said(made), NOISY, "decides nothing under x")
    assert text.endswith("decides nothing under x.")


def test_coarse_scores_as_the_cause_under_one_attack_of_two():
    made = {("ann", a): WEAK for a in "xy"} | {(POISSON, a): STRONG for a in "xy"}
    sentences = said(made | {(LEVELS, "x"): STRONG, (LEVELS, "y"): WEAK})
    text = one(sentences, f"The ANN with scores of T + 1 levels ({LEVELS})")
    assert "explains the advantage under x and keeps less under y (by 50.0 points)." in text
    text = one(said(made | {(LEVELS, a): STRONG for a in "xy"}), LEVELS, "explains")
    assert text.endswith("coarse scores without any spiking neuron are enough for it.")


@pytest.mark.parametrize("name", ["snn+deterministic", QUIET])
def test_the_snn_without_noise(name):
    victim = "snn" if name == "snn+deterministic" else POISSON
    made = {("ann", "x"): WEAK, (victim, "x"): STRONG}
    text = one(said(made | {(name, "x"): STRONG}), f"The SNN without noise ({name})")
    assert text.endswith("loses no advantage under x: noise is not what it is made of.")
    text = one(said(made | {(name, "x"): WEAK}), f"The SNN without noise ({name})")
    assert text.endswith("keeps less under x (by 50.0 points): noise is part of it.")


def test_an_attack_without_budget_that_works():
    made = {("ann", "x"): WEAK, ("snn", "x"): STRONG}
    free = {("ann", "unlimited"): BROKEN, ("snn", "unlimited"): records("s" * 100)}
    text = one(said(made | free), "without budget")
    assert "leaves at most 2.0 % accuracy of ann and snn" in text and "not led astray" in text
    assert not any("Not compared" in s for s in said(made | free))


def test_an_attack_without_budget_that_fails_forbids_conclusions():
    made = {("ann", "x"): WEAK, ("snn", "x"): STRONG, ("finetuned", "x"): STRONG}
    free = {("ann", "zh-unlimited"): BROKEN, ("snn", "zh-unlimited"): LEFT}
    sentences = said(made | free)
    one(sentences, "That is no evidence of robustness", "close to zero on snn.")
    one(
        sentences,
        "still leaves 30.0 % of snn: the attack may be masked",
        "nothing may be concluded",
    )
    one(sentences, "leaves at most 2.0 % accuracy of ann:")
    one(sentences, "was not run on finetuned.")
    one(sentences, "No control of finetuned")
    one(sentences, "No control of snn")
    masked_ann = said(made | {("ann", "unlimited"): LEFT})
    assert sum("That is no evidence of robustness" in s for s in masked_ann) == 2


def test_an_attack_without_budget_that_stops_at_lucky_noise():
    made = {
        ("ann", "x"): WEAK,
        (POISSON, "x"): STRONG,
        (POISSON, "unlimited"): records("u" * 40 + "s" * 60),
    }
    text = one(said(made), "still leaves 40.0 % of snn@poisson:7 after verification")
    assert "claims at least 95.0 %" in text and "lucky noise" in text
    masked = records("f" * 60 + "s" * 40)
    made |= {(v, "unlimited"): masked for v in ("ann", "snn")}
    both = one(said(made), "still leaves 60.0 % of ann and 60.0 % of snn:", "of these victims.")
    assert "poisson" not in both


def test_no_attack_without_budget():
    one(said({("ann", "x"): WEAK}), "was not run, so it is not known", "this budget alone")


def test_claims():
    made = {
        ("ann", "x"): records("ssf"),
        (POISSON, "x"): records("suu"),
        (POISSON, "y"): records("ssu"),
    }
    sentences = said(made)
    text = one(sentences, "did not hold on fresh noise")
    assert text.startswith("Of the claimed successes 3 of 6 on snn@poisson:7 (50.0 %) did not")
    one(sentences, "Every success that was claimed on ann held")
    assert not any("claimed on" in s for s in said({("ann", "x"): records("fff")}))


def test_noise_alone():
    made = {("ann", "x"): WEAK, ("ann", "noise"): records("f" * 99 + "k")}
    noisy = {(POISSON, "x"): WEAK, (POISSON, "noise"): records("s" + "uuu" + "f" * 96)}
    sentences = said(made | noisy)
    one(sentences, "changes no right prediction of ann.")
    text = one(sentences, "changes right predictions: 4 of 100 on snn@poisson:7 (4.0 %, 1 in")
    assert "vote of fresh draws)" in text and "on ann" not in text
    # noise is no attack: neither compared, nor counted among the claims
    assert not any("noise)" in s for s in sentences)
    assert not any("did not hold" in s for s in sentences)


def test_transfer_is_pooled_over_attacks():
    cells = [("ann", "snn", "x", 40, 10), ("ann", "snn", "y", 60, 20), ("snn", "ann", "x", 20, 15)]
    cells += [("snn", "ann", "unlimited", 99, 99), ("finetuned", "ann", "x", 0, 0)]
    rows = [
        dict(zip(("source", "target", "attack", "n", "successes"), c, strict=True)) for c in cells
    ]
    made = {(v, a): WEAK for v in ("ann", "snn", "finetuned") for a in "xy"}
    text = one(said(made, rows), "texts made against the ANN fool snn 30.0 % (30 of 100); ")
    assert text.endswith("texts made against an SNN fool the ANN: snn 75.0 % (15 of 20).")
    assert "finetuned" not in text


def test_sample_size_errors_and_the_last_word():
    sentences = said({("ann", "x"): records("ssfe"), ("snn", "x"): records("ssfs")})
    # Wilson at 1 of the 3 that the ANN has a rate over: reach 0.37; one test: 2 x .5^6 < .05
    text = one(sentences, "attacked on 4 texts", "37 points")
    assert "with 1 paired test, corrected for" in text and "at least 6 texts" in text
    one(sentences, "1 attack on a text ended in an error")
    assert "one training of each model" in sentences[-1]
    assert "paired" not in said({("ann", "x"): records("s")})[0]


def test_rows_of_older_runs():
    row = {"victim": "ann", "attack": "pwws", "n": 3, "errors": 0, "attacked": 2, "successes": 1,
           "accuracy_under_attack": 1 / 3}  # fmt: skip
    sentences = conclusions([row, row | {"victim": "snn"}])
    assert "Not compared with the ANN: snn." in sentences
    assert "None" not in " ".join(sentences)
