"""What robustness figures allow to be said, and what not, in sentences made from the numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ...formatting import listing
from ..preset import Role
from .defence import ALPHA, defence_sentences
from .differences import difference_sentences
from .figures import NEAR_ZERO, Figures, Row
from .pairs import pair_sentences
from .scores import wilson
from .wording import counted, percent, shares_of, these_victims


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
    everything = Figures(rows, comparisons)
    if not everything.rows:
        return ["No attack was run, so nothing can be said about robustness."]
    if everything.searches() and not any(_scored(row) for _, _, row in everything.searches()):
        return ["Every attack on a text ended in an error, so nothing can be said of robustness."]
    return [
        *_sample(everything),
        *difference_sentences(everything),
        *pair_sentences(comparisons),
        *_unlimited(everything),
        *_claims(everything),
        *_noise(everything),
        *_transfer(everything, transfer),
        *defence_sentences(list(everything.rows.values()), everything.tests),
        "All of this is about one training of each model and about these attacks: other weights "
        "may differ by more than the intervals say, and an attack made for spiking networks may "
        "find more.",
    ]


def _sample(figures: Figures) -> list[str]:
    """How much so many texts and tests can show."""
    rows = [row for _, _, row in figures.searches()]
    errors = sum(row.get("errors") or 0 for row in figures.rows.values())
    sentences = [f"{_precision(rows)}{_smallest_difference(len(figures.tests))}."] if rows else []
    if errors:
        sentences.append(
            f"{counted(errors, 'attack')} on a text ended in an error; those texts are left out of "
            "every rate."
        )
    return sentences


def _scored(row: Row) -> int:
    """The texts that the rates of a row are over: errors count in none."""
    return (row.get("n") or 0) - (row.get("errors") or 0)


def _precision(rows: Sequence[Row]) -> str:
    """How many texts there were, and how far the interval of the fewest reaches."""
    least, most = (end(row.get("n") or 0 for row in rows) for end in (min, max))
    scored = min(filter(None, map(_scored, rows)))
    low, high = wilson(scored // 2, scored) or (0.0, 1.0)
    every = f"Every victim was attacked on {counted(most, 'text')}"
    if least < most:  # a run that grew
        every = f"Victims were attacked on {least} to {counted(most, 'text')}"
    return (
        f"{every}, so the 95 % interval of an accuracy can reach {50 * (high - low):.0f} points "
        "to either side"
    )


def _smallest_difference(tests: int) -> str:
    """The clause on the fewest texts that make a difference significant after correction."""
    if not tests:
        return ""
    k = next(k for k in range(1, 10_000) if tests * 2 * 0.5**k < ALPHA)
    return (
        f"; with {counted(tests, 'paired test')}, corrected for, the clearest difference "
        f"needs at least {k} texts that one of two victims withstands and the other does "
        "not to be significant, so smaller ones can be there and not be seen"
    )


def _unlimited(figures: Figures) -> list[str]:
    """What the attacks without budget leave, and what that says of the other figures."""
    left: dict[str, float] = {}  # the most that one of them leaves of each victim
    rows: dict[str, Row] = {}
    for victim, attack, row in figures.under(Role.UNLIMITED):
        share = figures.accuracy(victim, attack)
        if share is not None and share >= left.get(victim, 0.0):
            left[victim], rows[victim] = share, row
    if not left:
        return [
            "The attack without budget was not run, so it is not known whether the scores of any "
            "victim hide the way from the search: the figures hold for this budget alone."
        ]
    near = [victim for victim, share in left.items() if share <= NEAR_ZERO]
    sentences = []
    if near:
        sentences.append(
            f"The attack without budget leaves at most {percent(max(left[v] for v in near))} "
            f"accuracy of {listing(near)}: the search is not led astray there."
        )
    sentences += _withstood({v: share for v, share in left.items() if v not in near}, rows)
    missing = [v for v in ("ann", *figures.spiking) if v in figures.by_name and v not in left]
    if missing:
        sentences.append(f"The attack without budget was not run on {listing(missing)}.")
    return sentences


def _withstood(left: Mapping[str, float], rows: Mapping[str, Row]) -> list[str]:
    """About the victims of which attacks without budget leave much: that is suspicious."""
    lucky = [victim for victim in left if _claimed_all(rows[victim])]
    masked = [victim for victim in left if victim not in lucky]
    sentences = []
    if masked:
        sentences.append(
            f"The attack without budget still leaves {shares_of(left, masked)}: the attack may be "
            "masked rather than the model robust, and nothing may be concluded about the "
            f"robustness of {these_victims(masked)}."
        )
    if lucky:
        sentences.append(
            f"The attack without budget still leaves {shares_of(left, lucky)} after verification, "
            f"though the search claims at least {percent(1 - NEAR_ZERO)}: it stops at lucky "
            "noise, a search that averages more draws may find more, and nothing may be concluded "
            f"about the robustness of {these_victims(lucky)}."
        )
    return sentences


def _claims(figures: Figures) -> list[str]:
    """How many claimed successes did not hold."""
    totals: dict[str, tuple[int, int]] = {}
    for victim, _, row in figures.searches():
        if row.get("verified") is not None:
            claimed, held = totals.get(victim, (0, 0))
            totals[victim] = claimed + row["successes"], held + row["verified"]
    lost = [
        f"{claimed - held} of {claimed} on {victim} ({percent((claimed - held) / claimed)})"
        for victim, (claimed, held) in totals.items()
        if held < claimed
    ]
    sentences = []
    if lost:
        sentences.append(
            f"Of the claimed successes {listing(lost)} did not hold on fresh noise: accuracy after "
            "claimed successes understates what such a victim withstands."
        )
    held_all = [victim for victim, (claimed, held) in totals.items() if 0 < claimed == held]
    if held_all:
        sentences.append(
            f"Every success that was claimed on {listing(held_all)} held when repeated."
        )
    return sentences


def _noise(figures: Figures) -> list[str]:
    """What fresh noise does to unchanged texts."""
    some, none = [], []
    for victim, _, row in figures.under(Role.NOISE):
        if not row.get("attacked"):
            continue
        flips, votes = row["successes"], row.get("verified")
        text = f"{flips} of {row['attacked']} on {victim} ({percent(flips / row['attacked'])}"
        text += f", {votes} in a vote of fresh draws)" if votes not in (None, flips) else ")"
        some += [text] * (flips > 0)
        none += [victim] * (flips == 0)
    sentences = []
    if some:
        sentences.append(
            f"Noise alone, on unchanged texts, changes right predictions: {listing(some)}. That "
            "much of what an attack wins there takes no attack."
        )
    if none:
        sentences.append(f"Noise alone, on unchanged texts, changes no right prediction of "
                     f"{listing(none, 'or')}.")  # fmt: skip
    return sentences


def _transfer(figures: Figures, transfer: Sequence[Row]) -> list[str]:
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
        for source, target, name, parts in (("ann", snn, snn, there), (snn, "ann", snn, back)):
            hits, n = pooled.get((source, target), (0, 0))
            if n:
                parts.append(f"{name} {percent(hits / n)} ({hits} of {n})")
    clauses = []
    if there:
        clauses.append(f"texts made against the ANN fool {listing(there)}")
    if back:
        clauses.append(f"texts made against an SNN fool the ANN: {listing(back)}")
    return [f"Transfer, all attacks together: {'; '.join(clauses)}."] if clauses else []


def _claimed_all(row: Row) -> bool:
    """Whether the search claimed next to every text."""
    claimed = row.get("accuracy_under_attack")
    return claimed is not None and claimed <= NEAR_ZERO
