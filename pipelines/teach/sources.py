"""The texts besides those of a data set that a teacher gives its logits for.

Whatever is, holds or is a long part of a dev or test text is left out of every one of them, before
anything is trained (`text.datasets.leaks`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

from ...progress import say
from ...seeds import derive
from ...text.datasets.dataset import Dataset
from ...text.datasets.extra import read_extra, read_labelled
from ...text.datasets.leaks import HeldOut, Leaks
from ...text.datasets.named import shared_note
from ..display.output import warn
from ..settings.teach import TeachSettings
from .augment import Shares, augmented

LABELLED, EXTRA = "labelled", "extra"  # the other sources are how a text was altered


@dataclass
class Auxiliary:
    """Further texts: M of them.

    texts; sources: ``labelled``, ``extra``, ``mask``, ``ngram`` or ``replace``; labels: class
    numbers, None where there is no label; leaks: by source, what was left out and how many are kept
    """

    texts: list[str] = field(default_factory=list)
    sources: list[str] = field(default_factory=list)
    labels: list[int | None] = field(default_factory=list)
    leaks: dict[str, Leaks] = field(default_factory=dict)

    def add(
        self,
        held_out: HeldOut,
        source: str,
        texts: Sequence[str],
        labels: Sequence[int] | None = None,
    ) -> None:
        """Add the texts of one source that give away no held-out text, each once."""
        if not texts:
            return
        kept, self.leaks[source] = held_out.screen(texts)
        self.texts += [texts[i] for i in kept]
        self.labels += [None if labels is None else labels[i] for i in kept]
        self.sources += [source] * len(kept)

    def labelled(self) -> tuple[list[str], list[int]]:
        """Texts that have labels, and these; they come first."""
        known = [(t, k) for t, k in zip(self.texts, self.labels, strict=True) if k is not None]
        return [text for text, _ in known], [label for _, label in known]

    def counts(self) -> dict[str, dict[str, int]]:
        """`leaks` for a file."""
        return {source: found.to_dict() for source, found in self.leaks.items()}

    def rows(self, classes: Sequence[str]) -> list[dict[str, Any]]:
        """One mapping a text, for a file: text, source, and class name or None."""
        names = [None if label is None else classes[label] for label in self.labels]
        entries = zip(self.texts, self.sources, names, strict=True)
        return [{"text": text, "source": source, "label": label} for text, source, label in entries]


def auxiliary_texts(
    dataset: Dataset, settings: TeachSettings, seed: int, graphemes: bool = False
) -> Auxiliary:
    """Labelled texts, texts without labels and altered copies, in this order, without leaks.

    Args:
        dataset: of the run
        settings: which texts
        seed: of what is drawn
        graphemes: how the run's text stage cuts texts, and so copies are (`Writing.graphemes`)

    Raises:
        InputError: a file is missing or unreadable, or has a label that is no class.
    """
    for path in (*(settings.extra or ()), *(settings.extra_labelled or ())):
        warn(shared_note(dataset.name, path))
    found = Auxiliary()
    held_out = HeldOut([*dataset.dev.texts, *dataset.test.texts], dataset.language)
    texts, labels = _files_with_labels(dataset, settings, seed)
    found.add(held_out, LABELLED, texts, labels)
    found.add(held_out, EXTRA, _files(settings, seed))
    by_way: dict[str, list[str]] = {}
    for text, way in _copies(dataset, settings, seed, graphemes):
        by_way.setdefault(way, []).append(text)
    for way in sorted(by_way):
        found.add(held_out, way, by_way[way])
    return found


def _files_with_labels(
    dataset: Dataset, settings: TeachSettings, seed: int
) -> tuple[list[str], list[int]]:
    """The texts of all files of labelled texts, and their class numbers."""
    texts: list[str] = []
    labels: list[int] = []
    for path in settings.extra_labelled or ():
        some, known = read_labelled(path, dataset)
        drawn = _drawn(len(some), settings.extra_labelled_limit, seed)
        texts += [some[i] for i in drawn]
        labels += [known[i] for i in drawn]
    return texts, labels


def _files(settings: TeachSettings, seed: int) -> list[str]:
    """The texts of all files of texts without labels."""
    limit, sentences = settings.extra_limit, settings.extra_sentences
    own = derive(seed, "teacher", "extra")
    found = [
        read_extra(path, limit=limit, seed=own, sentences=sentences)
        for path in settings.extra or ()
    ]
    return [text for texts in found for text in texts]


def _drawn(count: int, limit: int | None, seed: int) -> Sequence[int]:
    """The numbers of the texts of a file that are used, in its order."""
    if limit is None or limit >= count:
        return range(count)
    return sorted(Random(derive(seed, "teacher", "labelled")).sample(range(count), limit))


def _copies(
    dataset: Dataset, settings: TeachSettings, seed: int, graphemes: bool
) -> list[tuple[str, str]]:
    shares = Shares(settings.mask_share, settings.replace_share, settings.ngram_share)
    random = Random(derive(seed, "teacher", "augment"))
    own = dataset.train.texts
    return list(augmented(own, dataset.language, settings.augment, shares, random, graphemes))


def say_leaks(more: Auxiliary) -> None:
    """Say in one line for each source how many texts were left out, and why."""
    for source, found in more.leaks.items():
        say(f"further texts, {source}: {found}")
