"""Robustness figures of one attack, with 95 % intervals."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from difflib import SequenceMatcher
from math import sqrt
from statistics import fmean
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..records import Record

MOST_PAIRS = 4_000_000
"""Pairs of letters up to which texts are compared without difflib's short cut."""


def wilson(k: int, n: int, z: float = 1.959964) -> tuple[float, float] | None:
    """Wilson's score interval for ``k`` hits in ``n`` trials; None for ``n = 0``.

    With p = k/n: (p + z^2/2n -+ z sqrt(p(1-p)/n + z^2/4n^2)) / (1 + z^2/n)
    (Wilson 1927, J. Am. Stat. Assoc. 22). ``z`` is the normal quantile, 1.96 for 95 %.

    Raises:
        ValueError: not 0 <= k <= n.
    """
    if not 0 <= k <= n:
        raise ValueError(f"expected 0 <= k <= n, got k = {k}, n = {n}")
    if n == 0:
        return None
    p = k / n
    centre = p + z * z / (2 * n)
    reach = z * sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    scale = 1 + z * z / n
    # The ends are exactly 0 and 1 at k = 0 and k = n; rounding would miss them by 1e-17.
    low = 0.0 if k == 0 else (centre - reach) / scale
    high = 1.0 if k == n else (centre + reach) / scale
    return low, high


def similarity(text: str, adversarial: str) -> float:
    """How alike two texts are spelled, from 0 to 1: 2 M / (letters of both), 1 for two empty ones.

    M counts the letters in matching blocks (Ratcliff and Metzener 1988, "Pattern matching: the
    gestalt approach", as difflib finds them), of whole words first, then of letters between
    matching words. It is of spelling and says nothing of meaning: a synonym is less alike than a
    misspelling.
    """
    letters = len(text) + len(adversarial)
    if not letters:
        return 1.0
    a, b = (re.findall(r"\S+\s*|\s+", t) for t in (text, adversarial))
    matched = 0
    for tag, i, i_end, j, j_end in SequenceMatcher(None, a, b, autojunk=False).get_opcodes():
        old, new = "".join(a[i:i_end]), "".join(b[j:j_end])
        matched += len(old) if tag == "equal" else _matching_letters(old, new)
    return 2 * matched / letters


def _matching_letters(old: str, new: str) -> int:
    # without autojunk the time can grow as the product of the lengths
    matcher = SequenceMatcher(None, old, new, autojunk=len(old) * len(new) > MOST_PAIRS)
    return sum(block.size for block in matcher.get_matching_blocks())


def quantile(values: Sequence[float], q: float) -> float | None:
    """The ``q``-quantile with linear interpolation, as NumPy's default; None of no values.

    Type 7 of Hyndman and Fan 1996 (The American Statistician 50).
    """
    if not values:
        return None
    ordered = sorted(values)
    place = q * (len(ordered) - 1)
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (place - below) * (ordered[above] - ordered[below])


def words_changed_shares(records: Sequence[Record]) -> list[float]:
    """Share of a text's words that were changed, of every claimed success.

    A diagnostic such as input reduction has no successes: there it is the share of words deleted.
    """
    changed = (r for r in records if r.status == "success" or r.words_changed)
    return [r.words_changed / r.words for r in changed if r.words]


def _rate(name: str, k: int, n: int) -> dict[str, float | None]:
    low, high = wilson(k, n) or (None, None)
    return {name: k / n if n else None, f"{name}_low": low, f"{name}_high": high}


def largest_share(records: Sequence[Record]) -> float | None:
    """The share of the most frequent class among the texts without an error; None without any."""
    labels = Counter(record.label for record in records if record.status != "error")
    return max(labels.values()) / labels.total() if labels else None


def score(records: Sequence[Record]) -> dict[str, int | float | None]:
    """Sum up the records of one attack on one victim.

    Texts whose attack ended in an error count in ``n`` and ``errors`` and in nothing else, so
    every rate is over ``n - errors`` texts where nothing else is said.

    Returns:
        A figure over no text is None. Counts: ``n``, ``errors``, ``attacked`` (classified rightly
        before the attack), ``successes`` (claimed by the search) and ``verified`` (those that hold
        in a vote of fresh noise draws). Rates, each with ``_low`` and ``_high`` (95 % Wilson
        interval): ``clean_accuracy``; ``accuracy_under_attack`` (after claimed successes) and
        ``verified_accuracy`` (after verified ones); ``success_rate`` and ``verified_rate``, over
        ``attacked``; ``unverified_share``: of the claimed successes, those that do not hold.
        Means over claimed successes: ``words_changed``, the share of a text's words, and
        ``similarity`` of spelling, see `similarity`. ``queries``: mean over attacked texts, with
        ``queries_median`` and ``queries_q90``, the 0.9 quantile. ``largest_class_share``: what
        always answering the class of most of these texts would get right, before an attack and
        under it.
    """
    counts = dict.fromkeys(("success", "failed", "skipped", "error"), 0)
    for record in records:
        counts[record.status] += 1
    scored = len(records) - counts["error"]
    claimed, attacked = counts["success"], counts["success"] + counts["failed"]
    verified = sum(record.verified for record in records)
    shares = words_changed_shares(records)
    queries = [r.queries for r in records if r.status in ("success", "failed")]
    alike = [similarity(r.text, r.adversarial_text or "") for r in records if r.status == "success"]
    return {
        "n": len(records),
        "errors": counts["error"],
        "attacked": attacked,
        "successes": claimed,
        "verified": verified,
        **_rate("clean_accuracy", attacked, scored),
        **_rate("accuracy_under_attack", counts["failed"], scored),
        **_rate("verified_accuracy", attacked - verified, scored),
        **_rate("success_rate", claimed, attacked),
        **_rate("verified_rate", verified, attacked),
        **_rate("unverified_share", claimed - verified, claimed),
        "words_changed": fmean(shares) if shares else None,
        "similarity": fmean(alike) if alike else None,
        "queries": fmean(queries) if queries else None,
        "queries_median": quantile(queries, 0.5),
        "queries_q90": quantile(queries, 0.9),
        "largest_class_share": largest_share(records),
    }
