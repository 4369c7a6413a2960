"""Transfer: whether adversarial texts that were made against one victim fool another."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any

from ..files import sha256
from ..progress import bar
from ..seeds import derive
from .records import Record
from .runs import VERIFY_DRAWS
from .statistics.scores import wilson
from .victims import Classifier

Row = dict[str, Any]
Key = tuple[str, str, int]  # attack, source, index of the example


def transfer(
    records_by_victim: Mapping[str, Sequence[Record]],
    classifiers: Callable[[str], Classifier],
    seed: int = 0,
    draws: int = VERIFY_DRAWS,
    attack: str = "",
) -> list[Row]:
    """Show the adversarial texts of one attack on each victim to every other victim.

    See `transfer_attacks`, which does it for many attacks and makes each classifier once.
    """
    return transfer_attacks({attack: records_by_victim}, classifiers, seed, draws)


def transfer_attacks(
    records: Mapping[str, Mapping[str, Sequence[Record]]],
    classifiers: Callable[[str], Classifier],
    seed: int = 0,
    draws: int = VERIFY_DRAWS,
    progress: bool = False,
    done: Iterable[Row] = (),
) -> list[Row]:
    """Show the adversarial texts of every attack and victim to every other victim.

    Only texts that hold on their own victim (`Record.verified`) are shown, and only those that the
    target classified rightly before its own attack count. A text fools the target when most of
    ``draws`` noise draws (one for a target without noise) are wrong, be it in different classes.
    They depend on the seed, target and text alone, not on what else is shown.

    Args:
        records: by attack, then by victim; of the same examples.
        classifiers: gives the classifier of a victim by name; called once for each target.
        seed: of the noise.
        draws: noise draws for a stochastic target.
        progress: show a bar.
        done: cells that are there already, for the same records.

    Returns:
        One row a cell, for each attack, source and other target: ``source``, ``target``,
        ``attack``, ``n`` (texts shown that count), ``successes``, ``rate`` with ``low`` and
        ``high`` (95 % Wilson interval); the last three are None where ``n`` is 0.
    """
    targets = list(dict.fromkeys(name for victims in records.values() for name in victims))
    cells = {(row["attack"], row["source"], row["target"]): row for row in done}
    for target in _bar(targets, progress):
        shown = _shown(records, target, cells)
        fooled = _fooled(shown, classifiers(target), target, seed, draws) if shown else {}
        for attack, victims in records.items():
            if target not in victims:
                continue
            for source in victims:
                if source != target and (attack, source, target) not in cells:
                    hits = [fooled[k] for k in fooled if k[:2] == (attack, source)]
                    cells[attack, source, target] = _row(source, target, attack, hits)
    return [
        cells[attack, source, target]
        for attack, victims in records.items()
        for source in victims
        for target in victims
        if source != target
    ]


def _shown(
    records: Mapping[str, Mapping[str, Sequence[Record]]],
    target: str,
    done: Collection[tuple[str, str, str]],
) -> dict[Key, tuple[str, int]]:
    """Text and label of whatever counts for ``target``, without cells that are done."""
    texts: dict[Key, tuple[str, int]] = {}
    for attack, victims in records.items():
        right = {r.index for r in victims.get(target, ()) if r.status in ("success", "failed")}
        for source, made in victims.items():
            if source == target or (attack, source, target) in done:
                continue
            for r in made:
                if r.verified and r.index in right:
                    texts[attack, source, r.index] = r.adversarial_text or "", r.label
    return texts


def _fooled(
    shown: Mapping[Key, tuple[str, int]],
    classifier: Classifier,
    target: str,
    seed: int,
    draws: int,
) -> dict[Key, bool]:
    """Whether each text is misclassified; equal texts are shown once."""
    texts = list(dict.fromkeys(text for text, _ in shown.values()))
    if classifier.stochastic:  # a call each, for the noise depends on the place in a call
        names = [sha256(text.encode("utf-8", "surrogatepass")) for text in texts]
        seeds = [derive(seed, "transfer", target, name) for name in names]
        rows = [classifier.votes([t], draws, s)[0] for t, s in zip(texts, seeds, strict=True)]
    else:
        draws = 1
        rows = list(classifier.votes(texts, draws, derive(seed, "transfer", target)))
    votes = dict(zip(texts, rows, strict=True))
    return {key: 2 * int(votes[text][label]) < draws for key, (text, label) in shown.items()}


def _row(source: str, target: str, attack: str, hits: Sequence[bool]) -> Row:
    n, successes = len(hits), sum(hits)
    low, high = wilson(successes, n) or (None, None)
    return {
        "source": source,
        "target": target,
        "attack": attack,
        "n": n,
        "successes": successes,
        "rate": successes / n if n else None,
        "low": low,
        "high": high,
    }


def _bar(targets: Sequence[str], progress: bool) -> Iterable[str]:
    if not progress:
        return targets
    return bar(targets, desc="transfer", unit="victim", leave=False)
