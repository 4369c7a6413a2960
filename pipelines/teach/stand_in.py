"""Reading and cleaning of further texts, until `text.datasets` has it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from random import Random

from ...errors import InputError
from ...text.datasets.dataset import Dataset
from ...text.datasets.folders import read_path
from ...text.decoding.packed import read_bytes


@dataclass(frozen=True, kw_only=True)
class Leaks:
    """Texts left out, and those kept."""

    equal: int = 0
    repeated: int = 0
    kept: int = 0

    def to_dict(self) -> dict[str, int]:
        """For JSON."""
        return asdict(self)

    def __str__(self) -> str:
        return f"{self.kept:,} texts kept, left out {self.equal + self.repeated:,}"


def _key(text: str) -> str:
    return "".join(filter(str.isalnum, text.casefold()))


class HeldOut:
    """Texts that nothing is learned from."""

    def __init__(self, texts: Iterable[str], language: str) -> None:
        self.keys = set(map(_key, texts))

    def screen(self, texts: Sequence[str]) -> tuple[list[int], Leaks]:
        """Numbers of the texts that equal no held-out one, and counts."""
        seen, kept, equal = set(), [], 0
        for number, text in enumerate(texts):
            key = _key(text)
            equal += key in self.keys
            if key and key not in self.keys and key not in seen:
                seen.add(key)
                kept.append(number)
        return kept, Leaks(equal=equal, repeated=len(texts) - equal - len(kept), kept=len(kept))


def read_extra(
    path: str, limit: int | None = None, seed: int = 0, sentences: bool = False
) -> list[str]:
    """The texts of a file, one a line."""
    if not Path(path).is_file():
        raise InputError(f"expected a file of texts at {path}, but there is no such file")
    lines = read_bytes(Path(path)).decode("utf-8").splitlines()
    texts = [line.strip() for line in lines if line.strip()]
    if limit is None or limit >= len(texts):
        return texts
    return [texts[i] for i in sorted(Random(seed).sample(range(len(texts)), limit))]


def read_labelled(path: str, dataset: Dataset) -> tuple[list[str], list[int]]:
    """Texts and class numbers of a file or folder."""
    rows = [row for read in read_path(path)[1].values() for row in read.rows]
    index = {c: i for i, c in enumerate(dataset.classes)}
    index |= {str(i): i for i in range(len(dataset.classes))}
    wrong = next((label for label, _ in rows if label not in index), None)
    if wrong is not None:
        raise InputError(
            f"expected labels of {', '.join(dataset.classes)} in {path}, but got {wrong!r}"
        )
    return [text for _, text in rows], [index[label] for label, _ in rows]
