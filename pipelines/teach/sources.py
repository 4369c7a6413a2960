"""The texts besides those of a data set that a teacher gives its logits for.

Whatever is, holds or is a long part of a dev or test text is left out of every one of them, before
anything is trained (`text.datasets.leaks`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from ...errors import InputError
from ...files import file_sha256, sha256
from ...progress import say
from ...seeds import derive
from ...text.datasets.dataset import Dataset
from ..settings.teach import TeachSettings
from .augment import Shares, augmented
from .stand_in import Leaks, read_extra, read_labelled, without_leaks

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

    def labelled(self) -> tuple[list[str], list[int]]:
        """Texts that have labels, and these; they come first."""
        known = [(t, k) for t, k in zip(self.texts, self.labels, strict=True) if k is not None]
        return [text for text, _ in known], [label for _, label in known]

    def counts(self) -> dict[str, dict[str, int]]:
        """`leaks` for a file."""
        return {source: asdict(found) for source, found in self.leaks.items()}

    def rows(self, classes: Sequence[str]) -> list[dict[str, Any]]:
        """One mapping a text, for a file: text, source, and class name or None."""
        names = [None if label is None else classes[label] for label in self.labels]
        entries = zip(self.texts, self.sources, names, strict=True)
        return [{"text": text, "source": source, "label": label} for text, source, label in entries]


def auxiliary_texts(dataset: Dataset, settings: TeachSettings, seed: int) -> Auxiliary:
    """Labelled texts, texts without labels and altered copies, in this order, without leaks.

    Raises:
        InputError: a file is missing or unreadable, or has a label that is no class.
    """
    found = Auxiliary()
    texts, labels = _files_with_labels(dataset, settings, seed)
    _add(found, dataset, LABELLED, texts, labels)
    _add(found, dataset, EXTRA, _files(settings, seed))
    by_way: dict[str, list[str]] = {}
    for text, way in _copies(dataset, settings, seed):
        by_way.setdefault(way, []).append(text)
    for way in sorted(by_way):
        _add(found, dataset, way, by_way[way])
    return found


def _add(
    found: Auxiliary,
    dataset: Dataset,
    source: str,
    texts: Sequence[str],
    labels: Sequence[int] | None = None,
) -> None:
    """Add the texts of one source that are no leaks."""
    if not texts:
        return
    held_out = [*dataset.dev.texts, *dataset.test.texts]
    kept, leaks = without_leaks(texts, held_out, dataset.language)
    found.texts += [texts[i] for i in kept]
    found.labels += [None if labels is None else labels[i] for i in kept]
    found.sources += [source] * len(kept)
    found.leaks[source] = leaks


def _files_with_labels(
    dataset: Dataset, settings: TeachSettings, seed: int
) -> tuple[list[str], list[int]]:
    texts: list[str] = []
    labels: list[int] = []
    for path in settings.extra_labelled or ():
        some, known = read_labelled(path, dataset)
        drawn = _drawn(len(some), settings.extra_limit, seed)
        texts += [some[i] for i in drawn]
        labels += [known[i] for i in drawn]
    return texts, labels


def _files(settings: TeachSettings, seed: int) -> list[str]:
    texts: list[str] = []
    for path in settings.extra or ():
        some = read_extra(path)
        texts += [some[i] for i in _drawn(len(some), settings.extra_limit, seed)]
    return texts


def _drawn(count: int, limit: int | None, seed: int) -> Sequence[int]:
    """The numbers of the texts of a file that are used, in its order."""
    if limit is None or limit >= count:
        return range(count)
    return sorted(Random(derive(seed, "teacher", "extra")).sample(range(count), limit))


def _copies(dataset: Dataset, settings: TeachSettings, seed: int) -> list[tuple[str, str]]:
    shares = Shares(settings.mask_share, settings.replace_share, settings.ngram_share)
    random = Random(derive(seed, "teacher", "augment"))
    own = dataset.train.texts
    return list(augmented(own, dataset.language, settings.augment, shares, random))


def file_hashes(settings: TeachSettings) -> dict[str, list[str]]:
    """What tells the files of further texts from others, by the option that names them.

    Raises:
        InputError: there is no such file.
    """
    return {
        name: [_hash(path) for path in getattr(settings, name) or ()]
        for name in ("extra", "extra_labelled")
    }


def _hash(path: str) -> str:
    """The hash of a file, or of all files of a folder."""
    place = Path(path)
    if not place.exists():
        raise InputError(
            f"expected further texts at {path}, but there is no such file: give the path of a "
            "file of texts"
        )
    inside = sorted(p for p in place.rglob("*") if p.is_file()) if place.is_dir() else [place]
    return sha256(*(file_sha256(file).encode() for file in inside))[:16]


def say_leaks(more: Auxiliary) -> None:
    """Say in one line for each source how many texts were left out, and why."""
    for source, found in more.leaks.items():
        say(
            f"{source}: {found.kept} texts kept; left out: {found.equal} that are a dev or test "
            f"text, {found.contains} that hold one, {found.part} that are a long part of one, "
            f"{found.repeated} repeated"
        )
