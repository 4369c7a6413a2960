"""What robustness figures allow to be said, and what not, in sentences made from the numbers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from .compare import controls_of
from .defence import defence_sentences, is_defended
from .scores import wilson

Row = Mapping[str, Any]
ALPHA = 0.05
"""A corrected p below it is called significant."""
NEAR_ZERO = 0.05
"""Accuracy that an attack without budget may leave where nothing hides the way from it."""
NOISE = "noise"
"""The pseudo-attack of fresh noise on unchanged texts."""
UNLIMITED = ("unlimited", "zh-unlimited")
"""The attacks without budget."""
_CONTROL = {
    "noise": "the ANN with the same input noise",
    "levels": "the ANN with scores of T + 1 levels",
    "deterministic": "the SNN without noise",
}


def conclusions(
    rows: Sequence[Row],
    comparisons: Sequence[Row] = (),
    transfer: Sequence[Row] = (),
) -> list[str]:
    """Plain sentences about robustness figures.

    An SNN is called more robust where it keeps significantly more verified accuracy than the ANN
    after correction. A control explains that where it does not differ significantly from the SNN
    and has at least half of the SNN's advantage. Where an attack without budget leaves more than
    `NEAR_ZERO`, nothing is concluded about the victim.

    Args:
        rows: figures of `score` with ``victim``, ``attack``, ``base``, ``control``; the controls
            among them.
        comparisons: of `compare` and `correct`; those of verified outcome are read.
        transfer: rows of `transfer`.

    Returns:
        Items of one or a few sentences in English. What is missing is said to be missing.
    """
    everything = _Figures(rows, comparisons)
    if not everything.rows:
        return ["No attack was run, so nothing can be said about robustness."]
    return [
        *_sample(everything),
        *_differences(everything),
        *_unlimited(everything),
        *_claims(everything),
        *_noise(everything),
        *_transfer(everything, transfer),
        *defence_sentences(list(everything.rows.values()), everything.tests),
        "All of this is about one training of each model and about these attacks: other weights "
        "may differ by more than the intervals say, and an attack made for spiking networks may "
        "find more.",
    ]


class _Figures:
    """Rows by victim and attack, and verified comparisons by pair and attack."""

    def __init__(self, rows: Iterable[Row], comparisons: Iterable[Row]) -> None:
        self.rows = {(row["victim"], row["attack"]): row for row in rows}
        self.tests = [
            row
            for row in comparisons
            if row.get("outcome", "verified") == "verified" and row.get("p_corrected") is not None
        ]
        self.by_name = {
            row["victim"]: (row.get("base") or row["victim"], row.get("control") or "")
            for row in self.rows.values()
        }
        self.attacks = [
            a for a in dict.fromkeys(a for _, a in self.rows) if a not in (NOISE, *UNLIMITED)
        ]
        self.spiking = [
            name
            for name, (base, control) in self.by_name.items()
            if not control and not base.startswith("ann") and not is_defended(base)
        ]

    def accuracy(self, victim: str, attack: str) -> float | None:
        """Accuracy after verified successes; after claimed ones where that is all there is."""
        row = self.rows.get((victim, attack), {})
        found = row.get("verified_accuracy")
        return row.get("accuracy_under_attack") if found is None else found

    def tested(self, first: str, second: str) -> dict[str, float | None]:
        """By attack: by how much ``second`` is better if that is significant, else None."""
        found: dict[str, float | None] = {}
        for row in self.tests:
            if row["attack"] not in self.attacks:
                continue
            pair = row["victim_a"], row["victim_b"]
            if pair in ((first, second), (second, first)):
                better = -row["difference"] if pair[0] == first else row["difference"]
                found[row["attack"]] = better if row["p_corrected"] < ALPHA else None
        return found

    def masked(self, victim: str) -> bool:
        """Whether an attack without budget left too much."""
        return any((self.accuracy(victim, a) or 0.0) > NEAR_ZERO for a in UNLIMITED)


def _sample(figures: _Figures) -> list[str]:
    sizes = [row.get("n") or 0 for (_, attack), row in figures.rows.items() if attack != NOISE]
    errors = sum(row.get("errors") or 0 for row in figures.rows.values())
    n = max(sizes, default=0)
    found = []
    if n:
        low, high = wilson(n // 2, n) or (0.0, 1.0)
        text = (
            f"Every victim was attacked on {_count(n, 'text')}, so the 95 % interval of an "
            f"accuracy can reach {50 * (high - low):.0f} points to either side"
        )
        m = len(figures.tests)
        if m:
            k = next(k for k in range(1, 10_000) if m * 2 * 0.5**k < ALPHA)
            text += (
                f"; with {_count(m, 'paired test')}, corrected for, the clearest difference "
                f"needs at least {k} texts that one of two victims withstands and the other does "
                "not to be significant, so smaller ones can be there and not be seen"
            )
        found.append(text + ".")
    if errors:
        found.append(
            f"{_count(errors, 'attack')} on a text ended in an error; those texts are left out of "
            "every rate."
        )
    return found


def _differences(figures: _Figures) -> list[str]:
    """What is known of every SNN against the ANN; those that are alike in one item."""
    tests = {snn: figures.tested("ann", snn) for snn in figures.spiking}
    found = [_about(figures, snn, own) for snn, own in tests.items() if any(own.values())]
    alike: dict[tuple[str, ...], list[str]] = {}
    for snn, own in tests.items():
        if own and not any(own.values()):
            alike.setdefault(tuple(own), []).append(snn)
    found += [
        f"No difference between the ANN and {_join(names, 'or')} is significant after correction "
        f"({_join(attacks)}): neither is shown to be more robust, nor are they shown to be equally "
        "robust."
        for attacks, names in alike.items()
    ]
    missing = [snn for snn, own in tests.items() if not own]
    return found + ([f"Not compared with the ANN: {_join(missing)}."] if missing else [])


def _about(figures: _Figures, snn: str, tests: Mapping[str, float | None]) -> str:
    """One SNN that differs from the ANN, and what explains an advantage."""
    more = {a: d for a, d in tests.items() if d is not None and d > 0}
    less = {a: -d for a, d in tests.items() if d is not None and d < 0}
    same = [a for a, d in tests.items() if d is None]
    parts = [
        f"{word} accuracy than the ANN under {_points(found)}"
        for word, found in (("more", more), ("less", less))
        if found
    ]
    text = f"{snn} keeps {_join(parts)}, significantly after correction"
    text += f"; under {_join(same)} no difference is significant." if same else "."
    masked = [victim for victim in ("ann", snn) if figures.masked(victim)]
    if masked:
        why = f"the attack without budget did not come close to zero on {_join(masked)}"
        text += f" That is no evidence of robustness: {why}."
    return " ".join([text, *_explained(figures, snn, more)]) if more else text


def _explained(figures: _Figures, snn: str, more: Mapping[str, float]) -> list[str]:
    """One sentence for each control of ``snn``, over the attacks it does better under."""
    found: list[str] = []
    for control in controls_of(snn, figures.by_name):
        tests = {a: d for a, d in figures.tested(control, snn).items() if a in more}
        kind = figures.by_name[control][1] or "deterministic"
        name = f"{_CONTROL.get(kind, 'the control')} ({control})"
        enough = [a for a, d in tests.items() if d is None and _half(figures, control, a, more[a])]
        beyond = {a: d for a, d in tests.items() if d is not None and d > 0}
        above = {a: -d for a, d in tests.items() if d is not None and d < 0}
        unclear = [a for a in tests if a not in (*enough, *beyond, *above)]
        parts = []
        if enough or above:
            what = "loses no advantage" if kind == "deterministic" else "explains the advantage"
            parts.append(f"{what} under {_join([*enough, *above])}")
        if beyond:
            parts.append(f"keeps less under {_points(beyond)}")
        if unclear:
            parts.append(f"decides nothing under {_join(unclear)}")
        if parts:
            meaning = _meaning(kind, bool(enough or above), bool(beyond))
            found.append(f"{name[0].upper()}{name[1:]} {_join(parts)}{meaning}.")
    if not found:
        found.append(
            f"No control of {snn} was compared with it, so that advantage must not be put down to "
            "spikes: input noise and coarse scores can cause it too."
        )
    return found


def _meaning(kind: str, enough: bool, beyond: bool) -> str:
    """What follows from a control that has the advantage, or has it not."""
    if enough == beyond:
        return ""
    if kind == "deterministic":
        return ": noise is not what it is made of" if enough else ": noise is part of it"
    cause, verb = ("input noise", "is") if kind == "noise" else ("coarse scores", "are")
    if enough:
        return f": {cause} without any spiking neuron {verb} enough for it"
    return f": {cause} alone {verb} not enough to explain it"


def _half(figures: _Figures, control: str, attack: str, advantage: float) -> bool:
    """Whether a control has at least half of an advantage over the ANN."""
    own, ann = figures.accuracy(control, attack), figures.accuracy("ann", attack)
    return own is not None and ann is not None and own - ann >= advantage / 2


def _unlimited(figures: _Figures) -> list[str]:
    run = {victim: attack for victim, attack in figures.rows if attack in UNLIMITED}
    left = {victim: figures.accuracy(victim, attack) for victim, attack in run.items()}
    measured = {victim: share for victim, share in left.items() if share is not None}
    if not measured:
        return [
            "The attack without budget was not run, so it is not known whether the scores of any "
            "victim hide the way from the search: the figures hold for this budget alone."
        ]
    found = []
    near = {v: share for v, share in measured.items() if share <= NEAR_ZERO}
    if near:
        found.append(
            f"The attack without budget leaves at most {_percent(max(near.values()))} accuracy of "
            f"{_join(near)}: the search is not led astray there."
        )
    far = {v: share for v, share in measured.items() if v not in near}
    lucky = [v for v in far if _claimed_all(figures.rows[v, run[v]])]
    masked = [v for v in far if v not in lucky]
    if masked:
        found.append(
            f"The attack without budget still leaves {_shares(far, masked)}: the attack may be "
            "masked rather than the model robust, and nothing may be concluded about the "
            f"robustness of {_these(masked)}."
        )
    if lucky:
        found.append(
            f"The attack without budget still leaves {_shares(far, lucky)} after verification, "
            f"though the search claims at least {_percent(1 - NEAR_ZERO)}: it stops at lucky "
            "noise, a search that averages more draws may find more, and nothing may be concluded "
            f"about the robustness of {_these(lucky)}."
        )
    missing = [v for v in ("ann", *figures.spiking) if v in figures.by_name and v not in measured]
    if missing:
        found.append(f"The attack without budget was not run on {_join(missing)}.")
    return found


def _claims(figures: _Figures) -> list[str]:
    """How many claimed successes did not hold."""
    totals: dict[str, tuple[int, int]] = {}
    for (victim, attack), row in figures.rows.items():
        if attack != NOISE and row.get("verified") is not None:
            claimed, held = totals.get(victim, (0, 0))
            totals[victim] = claimed + row["successes"], held + row["verified"]
    lost = [
        f"{claimed - held} of {claimed} on {victim} ({_percent((claimed - held) / claimed)})"
        for victim, (claimed, held) in totals.items()
        if held < claimed
    ]
    found = []
    if lost:
        found.append(
            f"Of the claimed successes {_join(lost)} did not hold on fresh noise: accuracy after "
            "claimed successes understates what such a victim withstands."
        )
    held_all = [victim for victim, (claimed, held) in totals.items() if 0 < claimed == held]
    if held_all:
        found.append(f"Every success that was claimed on {_join(held_all)} held when repeated.")
    return found


def _noise(figures: _Figures) -> list[str]:
    """What fresh noise does to unchanged texts."""
    some, none = [], []
    for (victim, attack), row in figures.rows.items():
        if attack != NOISE or not row.get("attacked"):
            continue
        flips, votes = row["successes"], row.get("verified")
        text = f"{flips} of {row['attacked']} on {victim} ({_percent(flips / row['attacked'])}"
        text += f", {votes} in a vote of fresh draws)" if votes not in (None, flips) else ")"
        some += [text] * (flips > 0)
        none += [victim] * (flips == 0)
    found = []
    if some:
        found.append(
            f"Noise alone, on unchanged texts, changes right predictions: {_join(some)}. That much "
            "of what an attack wins there takes no attack."
        )
    if none:
        found.append(f"Noise alone, on unchanged texts, changes no right prediction of "
                     f"{_join(none, 'or')}.")  # fmt: skip
    return found


def _transfer(figures: _Figures, transfer: Sequence[Row]) -> list[str]:
    """Adversarial texts of the ANN on each SNN and back, all attacks together."""
    pooled: dict[tuple[str, str], tuple[int, int]] = {}
    for row in transfer:
        if row["attack"] in figures.attacks:
            pair = row["source"], row["target"]
            hits, n = pooled.get(pair, (0, 0))
            pooled[pair] = hits + row["successes"], n + row["n"]
    there: list[str] = []
    back: list[str] = []
    for snn in figures.spiking:
        for source, target, name, found in (("ann", snn, snn, there), (snn, "ann", snn, back)):
            hits, n = pooled.get((source, target), (0, 0))
            if n:
                found.append(f"{name} {_percent(hits / n)} ({hits} of {n})")
    said = []
    if there:
        said.append(f"texts made against the ANN fool {_join(there)}")
    if back:
        said.append(f"texts made against an SNN fool the ANN: {_join(back)}")
    return [f"Transfer, all attacks together: {'; '.join(said)}."] if said else []


def _claimed_all(row: Row) -> bool:
    """Whether the search claimed next to every text."""
    claimed = row.get("accuracy_under_attack")
    return claimed is not None and claimed <= NEAR_ZERO


def _shares(shares: Mapping[str, float], victims: Sequence[str]) -> str:
    return _join(f"{_percent(shares[victim])} of {victim}" for victim in victims)


def _these(victims: Sequence[str]) -> str:
    return "this victim" if len(victims) == 1 else "these victims"


def _points(differences: Mapping[str, float]) -> str:
    """``pwws (by 12.0 points) and iga (by 3.5 points)``."""
    return _join(f"{attack} (by {100 * d:.1f} points)" for attack, d in differences.items())


def _join(names: Iterable[str], word: str = "and") -> str:
    *first, last = names
    return f"{', '.join(first)} {word} {last}" if first else last


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"


def _count(n: int, what: str, ending: str = "s") -> str:
    return f"{n} {what}{'' if n == 1 else ending}"
