"""Fixed stratified splits that no library version changes, and small samples of them."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence

from ...errors import InputError
from .alike import alike

MINIMUM = 10
"""Different texts a class must have before a part of it can be set aside."""
_SHOWN = 6


def text_key(text: str) -> str:
    """What makes two texts the same for a split: stripped and lower-cased."""
    return text.strip().lower()


def _order(text: str, salt: str = "") -> str:
    return hashlib.sha256((salt + text).encode("utf-8", "replace")).hexdigest()


def assign(
    texts: Sequence[str],
    labels: Sequence[int],
    parts: Sequence[str],
    where: str,
    classes: Sequence[str],
    share: float = 0.1,
    keep_rare: bool = False,
) -> list[str]:
    """Put every row into one of ``parts`` (each ``share`` of every class) or into "train".

    Rows with the same text (see `text_key`) stay together, so that no text of one part is in
    another. Within each class the groups of equal texts are taken in the order of the SHA-256 of
    their text; a group enters a part while it fits into that part's share. A group whose rows
    disagree about the label counts for the class that most of them have.

    Args:
        texts: N texts.
        labels: N class indices.
        parts: the parts to set aside, for example ("test", "dev").
        where: what is being split, for the error.
        classes: class names, for the error.
        share: of every class that a part has, a tenth by default.
        keep_rare: leave classes of fewer than `MINIMUM` different texts in "train", where there are
            two others.

    Returns:
        N part names.

    Raises:
        InputError: a class has fewer than `MINIMUM` different texts, and is not to be kept.
    """
    groups: dict[str, list[int]] = {}
    for row, text in enumerate(texts):
        groups.setdefault(text_key(text), []).append(row)
    strata: dict[int, list[str]] = {label: [] for label in sorted(set(labels))}
    for key, rows in groups.items():
        votes = Counter(labels[row] for row in rows)
        strata[min(votes, key=lambda label: (-votes[label], label))].append(key)
    result = ["train"] * len(texts)
    few = {label: len(keys) for label, keys in strata.items() if len(keys) < MINIMUM}
    kept = few if keep_rare and len(strata) - len(few) > 1 else {}
    for label, keys in strata.items():
        if label in kept:
            continue
        if label in few:
            given = {text_key(texts[i]) for i, own in enumerate(labels) if own == label}
            raise InputError(_too_few(label, few, len(given), where, classes))
        remaining = sorted(keys, key=_order)
        wanted = int(sum(len(groups[key]) for key in keys) * share + 0.5)
        for part in parts:
            chosen = _fill(remaining, {key: len(groups[key]) for key in remaining}, wanted)
            for key in chosen:
                for row in groups[key]:
                    result[row] = part
            remaining = [key for key in remaining if key not in chosen]
    return result


def _too_few(
    label: int, few: Mapping[int, int], given: int, where: str, classes: Sequence[str]
) -> str:
    """The error of a class with too few texts; ``given`` name it, where others outvote them too."""
    return (
        f"expected at least {MINIMUM} different texts of each class to split {where}, but "
        f"class {classes[label]} has {few[label]}{_why(given - few[label])}"
        f"{_others({classes[k]: n for k, n in few.items() if k != label})}: "
        f"{_remedy(classes[label], classes)}"
    )


def _why(outvoted: int) -> str:
    """Why a class has fewer texts than rows that name it, where it has."""
    if not outvoted:
        return ""
    return f" ({outvoted} more count for other classes, which they are labelled with too)"


def _others(few: Mapping[str, int]) -> str:
    """The other classes of too few texts, so that they need not be found one by one."""
    if not few:
        return ""
    shown = ", ".join(f"{name}: {size}" for name, size in list(few.items())[:_SHOWN])
    return f", and {len(few)} more too few ({shown}{', ...' if len(few) > _SHOWN else ''})"


def _remedy(name: str, classes: Sequence[str]) -> str:
    """What to do about a class of too few texts."""
    same = next((group for group in alike(classes) if name in group), [])
    others = [repr(other) for other in same if other != name]
    if others:
        return f"write it as {' or '.join(others)} if that is the same class, or add texts"
    return "add texts, leave it out, or give a folder with train, dev and test files"


def _fill(keys: list[str], sizes: dict[str, int], target: int) -> set[str]:
    """Keys in order while their rows fit into ``target``; at least one (the smallest)."""
    chosen, rows = set(), 0
    for key in keys:
        if rows + sizes[key] <= target:
            chosen.add(key)
            rows += sizes[key]
    return chosen or {min(keys, key=lambda key: sizes[key])}


def sample(texts: Sequence[str], labels: Sequence[int], size: int) -> list[int]:
    """The rows of a stratified sample of ``size``: every class in its share, at least once.

    The order is drawn by the SHA-256 of the texts, and a smaller sample is the beginning of a
    larger one.

    Raises:
        InputError: ``size`` is smaller than the number of classes.
    """
    by_class: dict[int, list[int]] = {}
    for row, label in enumerate(labels):
        by_class.setdefault(label, []).append(row)
    if size < len(by_class):
        raise InputError(
            f"expected a limit of at least {len(by_class)}, one text of each class, got {size}"
        )
    ranked = []
    for label, rows in by_class.items():
        shuffled = sorted(rows, key=lambda row: (_order(texts[row], "sample/"), row))
        ranked += [(rank / len(rows), label, row) for rank, row in enumerate(shuffled)]
    return [row for _, _, row in sorted(ranked)[:size]]
