"""What attacks made of some texts of a run, as texts to train on and to score."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from ...attacks.records import Record
from ...attacks.runs import Example, select_examples
from ...attacks.statistics.compare import OUTCOMES
from ...text.datasets.dataset import Split
from ..training.texts import Texts


@dataclass(frozen=True)
class Attacked:
    """Texts with their true classes."""

    texts: list[str]
    labels: list[int]


def attacked_texts(records: Sequence[Record], only_adversarial: bool = False) -> Attacked:
    """Texts as attacks left them: adversarial where that holds on fresh noise, else unchanged.

    Args:
        records: those whose attack ended in an error are left out
        only_adversarial: leave out unchanged texts too
    """
    texts: list[str] = []
    labels: list[int] = []
    for record in records:
        changed = record.adversarial_text if record.verified else None
        if record.status == "error" or (changed is None and only_adversarial):
            continue
        texts.append(record.text if changed is None else changed)
        labels.append(record.label)
    return Attacked(texts, labels)


def outcome(records: Sequence[Record]) -> dict[str, int]:
    """How many texts were attacked, and with what result."""
    return {
        "texts": len(records),
        "errors": sum(r.status == "error" for r in records),
        "skipped": sum(r.status == "skipped" for r in records),
        "successes": sum(r.status == "success" for r in records),
        "verified": sum(r.verified for r in records),
    }


def accuracy_under_attack(found: Mapping[str, Sequence[Record]]) -> float:
    """Share of texts that are right after the attack, in the mean of the attacks.

    Only adversarial texts that hold on fresh noise count; errors are left out; 0 where nothing is
    left.
    """
    right = OUTCOMES["verified"]
    shares = []
    for records in found.values():
        sound = [r for r in records if r.status != "error"]
        shares.append(sum(map(right, sound)) / len(sound) if sound else 0.0)
    return sum(shares) / len(shares)


def examples_of_round(split: Split, count: int, number: int, seed: int) -> list[Example]:
    """``count`` texts for the round ``number`` (from 1): new ones, as long as there are any.

    They come from one order drawn by ``seed``, the first round's being its first; after its end it
    begins again. In one round no text is there twice.
    """
    drawn = select_examples(split.texts, split.labels, len(split.texts), seed)
    count = min(count, len(drawn))
    first = (number - 1) * count
    return [drawn[(first + i) % len(drawn)] for i in range(count)]


def with_attacked(texts: Texts, train: Attacked, dev: Attacked, share: float) -> Texts:
    """``texts`` with adversarial ones in ``train``, and the attacked dev texts as ``attacked``.

    The adversarial texts are repeated in turn until they make up ``share`` of the training texts;
    each is there at least once.
    """
    clean = len(texts.labels["train"])
    count = max(len(train.texts), math.ceil(share / (1 - share) * clean))
    turns = [i % len(train.texts) for i in range(count)]
    adversarial = texts.stage.encode(train.texts)
    return replace(
        texts,
        sequences={
            **texts.sequences,
            "train": [*texts.sequences["train"], *(adversarial[i] for i in turns)],
            "attacked": texts.stage.encode(dev.texts),
        },
        labels={
            **texts.labels,
            "train": [*texts.labels["train"], *(train.labels[i] for i in turns)],
            "attacked": dev.labels,
        },
    )
