"""The names of splits, and the column of a file that says which split each of its rows is in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice

SPLITS = ("train", "dev", "test")
_ALIASES = dict.fromkeys(("validation", "valid", "val", "eval", "development"), "dev")
_ALIASES |= {"training": "train", "testing": "test"}
_NAMES = frozenset(("split", "splits", "set", "subset", "partition", "dataset_split", "data_split"))


def split_of(name: str) -> str:
    """The split that ``name`` stands for; ``name`` in small letters where it is none."""
    plain = name.strip().lower()
    return _ALIASES.get(plain, plain)


def has_splits(splits: set[str]) -> bool:
    """Whether there are rows to train on, and others to choose or to report by."""
    return "train" in splits and bool(splits & {"dev", "test"})


def split_column(
    columns: Mapping[int, Iterator[str]], names: Sequence[str] | None
) -> tuple[int, list[str]] | None:
    """Which of ``columns`` (by place) says the split of a row, and the split of each row.

    Where its name does not say what it is, it has nothing but splits; rows of further ones are the
    caller's to leave out.
    """
    for place, cells in columns.items():
        first = list(islice(cells, 100))
        if len(set(first)) > 20:  # texts, numbers: nothing to look at
            continue
        found = [split_of(cell) for cell in (*first, *cells)]
        named = names is not None and _plain(names[place]) in _NAMES
        if split_like(found) or (named and has_splits(set(found))):
            return place, found
    return None


def split_like(cells: Iterable[str]) -> bool:
    """Whether ``cells`` are names of splits, of rows to train on and others, and nothing else."""
    splits = {split_of(cell) for cell in set(cells)}
    return has_splits(splits) and splits <= set(SPLITS)


def _plain(name: str) -> str:
    return "_".join(name.lower().replace("_", " ").split())


def told(column: str, splits: Sequence[str]) -> str:
    """What a column of splits says of the rows, in words."""
    counts = Counter(splits)
    parts = ", ".join(f"{counts[split]:,} {split}" for split in SPLITS if counts[split])
    others = [f"{counts[split]:,} {split or 'empty'}" for split in counts if split not in SPLITS]
    left = f"; left out: {', '.join(others)}" if others else ""
    return f"splits are in column {column}: {parts}{left}"
