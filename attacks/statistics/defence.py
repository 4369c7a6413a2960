"""What adversarial fine-tuning gains: which models to compare, and what the numbers allow to say.

Attacks that a model was trained on say little about its robustness: it has seen what they do. Those
that were held out do, and every figure is marked as one or the other (``trained_on`` of a row).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from ..victim_name import VictimName
from .wording import shown_difference

SUFFIX = "-adversarial"
"""What the names of adversarially tuned models end with; before it stands what they were."""
ALPHA = 0.05
"""A corrected p below it is called significant."""

Row = Mapping[str, Any]


def is_defended(victim: str) -> bool:
    """Whether a victim's name is that of an adversarially tuned model (no control of it)."""
    name = VictimName.of(victim)
    return name.model.endswith(SUFFIX) and not name.control


def undefended(victim: str, victims: Collection[str]) -> list[str]:
    """What an adversarially tuned model is to be compared with, of ``victims``.

    The model that it comes from, and for the SNN also the plain fine-tuned one: that was trained
    for as long, and without adversarial texts.
    """
    own = VictimName.of(victim)
    base = own.model.removesuffix(SUFFIX)
    models = [base, "finetuned"] if base == "snn" else [base]
    wanted = [str(replace(own, model=model)) for model in models]
    return [name for name in wanted if name in victims]


def defence_pairs(victims: Collection[str]) -> list[tuple[str, str]]:
    """Pairs (without the defence, with it), and of the defended models (ANN, SNN)."""
    defended = [name for name in victims if is_defended(name)]
    pairs = [(plain, name) for name in defended for plain in undefended(name, victims)]
    ann = f"ann{SUFFIX}"
    return pairs + [(ann, name) for name in defended if ann in defended and name != ann]


def held_out(attacks: Iterable[str], rows: Sequence[Row]) -> list[str]:
    """The attacks that none of the victims was trained on, in their order."""
    seen = {row["attack"] for row in rows if row.get("trained_on")}
    return [name for name in dict.fromkeys(attacks) if name not in seen]


def defence_sentences(rows: Sequence[Row], comparisons: Sequence[Row]) -> list[str]:
    """What the defence changes, attack by attack, in sentences made from the numbers.

    Args:
        rows: figures of `score` with ``victim``, ``attack`` and ``trained_on``.
        comparisons: of `compare` and `correct`; those of verified outcome are read.
    """
    trained = {(row["victim"], row["attack"]): bool(row.get("trained_on")) for row in rows}
    victims = dict.fromkeys(row["victim"] for row in rows)
    sentences = []
    for plain, name in defence_pairs(victims):
        for row in comparisons:
            pair = row["victim_a"], row["victim_b"], row.get("outcome", "verified")
            if pair == (plain, name, "verified") and (name, row["attack"]) in trained:
                sentences.append(_sentence(row, trained[name, row["attack"]]))
    defended = [name for name in victims if is_defended(name)]
    if sentences and all(trained[key] for key in trained if key[0] in defended):
        sentences.append(
            "Every attack here is one that was trained on, so nothing is known about the "
            "robustness of the adversarially tuned models to others: attack with one held out."
        )
    return sentences


def _sentence(row: Row, trained: bool) -> str:
    """One paired difference; ``difference`` of a comparison is a - b."""
    if row["difference"] is None:
        return f"Under {row['attack']}, no text can tell {row['victim_a']} and {row['victim_b']}."
    gain = -shown_difference(row)
    p = row.get("p_corrected")
    sure = p is not None and p < ALPHA
    keeps = f"{100 * abs(gain):.1f} points {'more' if gain > 0 else 'less'} accuracy than"
    keeps = keeps if gain else "as much accuracy as"
    low, high = (round(-100 * row[end], 1) + 0.0 for end in ("high", "low"))  # never -0.0
    kind = "which was trained on" if trained else "which was held out"
    return (
        f"Under {row['attack']}, {kind}, {row['victim_b']} keeps {keeps} {row['victim_a']} "
        f"(95 % interval of the difference {low:+.1f} to {high:+.1f}), "
        f"{'significant' if sure else 'not significant'} after correction."
    )
