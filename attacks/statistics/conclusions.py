"""What robustness figures allow to be said, and what not, in sentences made from the numbers."""

from __future__ import annotations

from collections.abc import Sequence

from .defence import defence_sentences
from .differences import _differences
from .figures import ALPHA, NEAR_ZERO, NOISE, UNLIMITED, Row, _Figures
from .scores import wilson
from .wording import _count, _join, _percent, _shares, _these


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
