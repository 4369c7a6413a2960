"""Paired tests of two victims that were attacked on the same texts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ...errors import InputError
from ...seeds import derive
from ..controls.deterministic import CONTROL as DETERMINISTIC
from ..controls.deterministic import is_random
from ..records import Record
from ..victim_name import VictimName
from .defence import defence_pairs, is_defended

if TYPE_CHECKING:
    import numpy as np

OUTCOMES: dict[str, Callable[[Record], bool]] = {
    "clean": lambda r: r.status != "skipped",
    "claimed": lambda r: r.status == "failed",
    "verified": lambda r: r.status != "skipped" and not r.verified,
}
"""When a text counts as right: before the attack; before it and no adversarial text was claimed;
before it and no adversarial text was found that holds on fresh noise."""
SAMPLES = 10_000
"""Bootstrap samples."""
QUIET_TWIN = DETERMINISTIC.name
"""The control that a variant without noise is, though it has no control's name."""


def compare(
    records_a: Sequence[Record],
    records_b: Sequence[Record],
    *,
    victim_a: str,
    victim_b: str,
    attack: str,
    outcome: str = "verified",
    samples: int = SAMPLES,
    seed: int = 0,
) -> dict[str, Any]:
    """Compare two victims under one attack, text by text.

    Texts whose attack ended in an error on either victim are left out for both. ``p`` is from the
    exact test of McNemar (1947, Psychometrika 12): of the texts on which the victims differ, as
    many should favour either, so their number is binomial with 1/2. The intervals are those of
    a paired bootstrap, 2.5th to 97.5th percentile (Efron and Tibshirani 1993, chapter 13).

    Args:
        records_a: of the first victim.
        records_b: of the second, with the same examples in any order.
        victim_a: its name, for the result.
        victim_b: likewise.
        attack: likewise.
        outcome: one of `OUTCOMES`, what is compared.
        samples: of the bootstrap.
        seed: of the bootstrap.

    Returns:
        ``victim_a``, ``victim_b``, ``attack``, ``outcome``; ``n`` texts compared and ``excluded``;
        ``accuracy_a``, ``accuracy_b`` (shares of texts that count as right), their ``difference``
        a - b with ``low`` and ``high``; ``only_a``, ``only_b``: texts right on one victim alone;
        ``success_difference``, ``success_low``, ``success_high``: likewise for the success rate of
        the attack over the texts each victim had right before, None where that is undefined (and
        for "clean"); ``p``; ``p_corrected``, None until `correct` fills it. Figures over no text
        are None.

    Raises:
        InputError: an unknown outcome, or not the same examples.
    """
    if outcome not in OUTCOMES:
        raise InputError(f"expected an outcome of {', '.join(OUTCOMES)}, but got {outcome!r}")
    pairs = _pairs(records_a, records_b)
    sound = [(a, b) for a, b in pairs if "error" not in (a.status, b.status)]
    states = _states(sound, OUTCOMES[outcome])
    only_a = sum(n for s, n in states.items() if s[1] and not s[3])
    only_b = sum(n for s, n in states.items() if s[3] and not s[1])
    own = derive(seed, "bootstrap", victim_a, victim_b, attack, outcome)
    return {
        "victim_a": victim_a,
        "victim_b": victim_b,
        "attack": attack,
        "outcome": outcome,
        "n": len(sound),
        "excluded": len(pairs) - len(sound),
        "accuracy_a": _share(states, 1),
        "accuracy_b": _share(states, 3),
        **_differences(states, samples, own, rates=outcome != "clean"),
        "only_a": only_a,
        "only_b": only_b,
        "p": mcnemar(only_a, only_b) if sound else None,
        "p_corrected": None,
    }


def mcnemar(only_a: int, only_b: int) -> float:
    """Two-sided exact p of McNemar's test for the two numbers of discordant pairs."""
    from scipy.stats import binomtest

    n = only_a + only_b
    return float(binomtest(only_a, n, 0.5).pvalue) if n else 1.0


def correct(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The rows of `compare` with ``p_corrected`` for as many tests as there are rows.

    Holm's step-down procedure (Holm 1979, Scandinavian Journal of Statistics 6), as adjusted
    p: with p_(1) <= ... <= p_(m), that of the i-th is max over j <= i of min(1, (m - j + 1) p_(j)).
    Rows without a ``p`` are no test, and keep None.
    """
    tested = sorted((i for i, row in enumerate(rows) if row["p"] is not None), key=_by_p(rows))
    corrected: dict[int, float] = {}
    highest = 0.0
    for rank, i in enumerate(tested):
        highest = max(highest, min(1.0, (len(tested) - rank) * rows[i]["p"]))
        corrected[i] = highest
    return [{**row, "p_corrected": corrected.get(i)} for i, row in enumerate(rows)]


def victim_pairs(rows: Sequence[Mapping[str, Any]]) -> list[tuple[str, str]]:
    """Which victims to compare: the ANN with every other model, and an SNN with its controls.

    Adversarially tuned models are compared with what they come from, and with each other.

    Args:
        rows: with ``victim``, ``base`` (such as ``snn@poisson:7``) and ``control`` ("" for none).

    Returns:
        Names: the ANN or the control first, then the model; each pair once.
    """
    victims = {row["victim"]: (row["base"], row["control"] or "") for row in rows}
    plain = [name for name, (base, control) in victims.items() if not control and base != "ann"]
    plain = [name for name in plain if not is_defended(name)]
    pairs = [("ann", name) for name in plain] if "ann" in victims else []
    for name in plain:
        pairs += [(control, name) for control in controls_of(name, victims)]
    return list(dict.fromkeys(pairs + defence_pairs(victims)))


def controls_of(victim: str, victims: Mapping[str, tuple[str, str]]) -> list[str]:
    """Names of the controls of an SNN: of its own code, or else, for one that was trained further,
    of the run's SNN; none for an ANN.

    A variant with a random code has another variant for a control, its quiet twin.

    Args:
        victim: name of the SNN, which is its base too.
        victims: base and control by name, of all victims.
    """
    name = VictimName.of(victim)
    if name.is_ann:
        return []
    fitting = {f"ann{name.variant}", victim}
    own = [n for n, (base, control) in victims.items() if control and base in fitting]
    if is_random(name.code):  # the code of a variant
        twin = str(DETERMINISTIC.victim(name))
        own += [twin] if twin in victims else []
    return own


def _pairs(records_a: Sequence[Record], records_b: Sequence[Record]) -> list[tuple[Record, Record]]:
    """Records by example."""
    a, b = ({r.index: r for r in records} for records in (records_a, records_b))
    same = len(a) == len(records_a) and len(b) == len(records_b) and a.keys() == b.keys()
    if not same or any((a[i].text, a[i].label) != (b[i].text, b[i].label) for i in a):
        raise InputError(
            "expected records of the same examples, each once, for a paired comparison, but got "
            f"{len(records_a)} and {len(records_b)} records of different ones; attack both victims "
            "on one sample"
        )
    return [(a[i], b[i]) for i in a]


State = tuple[bool, bool, bool, bool]
"""What became of a text: right before and after the attack on a, then on b."""


def _states(
    pairs: Sequence[tuple[Record, Record]], right: Callable[[Record], bool]
) -> Mapping[State, int]:
    """How many texts are in each state; ``right`` says which are right after the attack."""
    return Counter(
        (a.status != "skipped", right(a), b.status != "skipped", right(b)) for a, b in pairs
    )


def _share(states: Mapping[State, int], place: int) -> float | None:
    n = sum(states.values())
    return sum(k for state, k in states.items() if state[place]) / n if n else None


def _differences(
    states: Mapping[State, int], samples: int, seed: int, rates: bool
) -> dict[str, float | None]:
    """Differences of accuracy and of success rate, with bootstrap intervals.

    Texts of one state are alike, so that drawing texts with replacement is drawing the numbers of
    the states from a multinomial distribution.
    """
    import numpy as np

    names = ("difference", "low", "high", "success_difference", "success_low", "success_high")
    gaps: dict[str, float | None] = dict.fromkeys(names)
    n = sum(states.values())
    if not n:
        return gaps
    kinds = sorted(states)
    flags = np.array(kinds, dtype=float)  # (S, 4)
    observed = np.array([[states[kind] for kind in kinds]])  # (1, S)
    drawn = np.random.default_rng(seed).multinomial(n, observed[0] / n, size=samples)  # (R, S)
    accuracy, success = _statistics(observed, flags)
    accuracies, successes = _statistics(drawn, flags)
    gaps["difference"] = float(accuracy[0])
    gaps["low"], gaps["high"] = _interval(accuracies)
    if rates and np.isfinite(success[0]):
        gaps["success_difference"] = float(success[0])
        gaps["success_low"], gaps["success_high"] = _interval(successes[np.isfinite(successes)])
    return gaps


def _statistics(counts: np.ndarray, flags: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Differences of accuracy and of success rate (R,) for counts of states (R, S)."""
    import numpy as np

    sums = counts @ flags  # (R, 4): right before and after, of a and of b
    clean_a, after_a, clean_b, after_b = sums.T
    accuracy = (after_a - after_b) / counts.sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        success = (clean_a - after_a) / clean_a - (clean_b - after_b) / clean_b
    return accuracy, success


def _interval(values: np.ndarray) -> tuple[float, float]:
    import numpy as np

    low, high = np.quantile(values, (0.025, 0.975))
    return float(low), float(high)


def _by_p(rows: Sequence[Mapping[str, Any]]) -> Callable[[int], float]:
    return lambda i: float(rows[i]["p"])
