"""What loading a data set says, on the terminal and in the results."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from ...text.datasets.dataset import Dataset
from ...text.datasets.readers.columns import listed
from ...text.datasets.readers.options import OPTION_NAMES, FileOptions
from ...text.datasets.readers.split_column import SPLITS
from ...text.datasets.repeats import Repeats
from ..display.output import note


def file_options(settings: Mapping[str, Any], known: Sequence[str] = ()) -> FileOptions:
    """How to read files by data settings, which those of an older run may have less of.

    Args:
        settings: of the data stage
        known: labels that a file may have
    """
    given: dict[str, Any] = {name: settings.get(name) for name in OPTION_NAMES}
    return FileOptions(**given, known=tuple(known))


def tell_data(dataset: Dataset) -> dict[str, Any]:
    """Say in one line what was read, where it is a user's own or there is something to note.

    Returns:
        Figures for the results: "notes" in sentences, the facts about each file as "source",
        "repeats", how many texts are there more than once, and of those "overlap", how many dev and
        test texts are also training texts.
    """
    repeats = dataset.repeats()
    sizes = {name: len(dataset.split(name)) for name in SPLITS}
    notes = [*dataset.notes, *repeat_notes(repeats, sizes)]
    if dataset.source or notes:
        shown = "/".join(map(str, sizes.values()))
        begin = f"{dataset.name}: {shown} texts, {dataset.language}"
        note("; ".join([begin, f"classes {listed(dataset.classes)}", *notes]))
    return {"notes": notes, "source": list(dataset.source), **repeat_figures(repeats)}


def repeat_figures(repeats: Repeats) -> dict[str, Any]:
    """The figures "repeats" and "overlap" of the results."""
    overlap = {name: repeats.between[f"train-{name}"].texts for name in ("dev", "test")}
    return {"overlap": overlap, "repeats": asdict(repeats)}


def repeat_notes(repeats: Repeats, sizes: Mapping[str, int]) -> list[str]:
    """A sentence on each split, and each pair of splits, with texts that are there more than once.

    Args:
        repeats: of a data set
        sizes: texts of each split
    """
    notes = []
    for pair, own in repeats.between.items():
        if own.texts:
            first, second = pair.split("-")
            torn = f" ({own.other_label} of them with another label)" if own.other_label else ""
            notes.append(f"{own.texts} of {sizes[second]} {second} texts are also in {first}{torn}")
    for name, own in repeats.within.items():
        if own.texts:
            torn = f" ({own.other_label} of them with different labels)" if own.other_label else ""
            notes.append(f"{own.texts} of {sizes[name]} {name} texts occur more than once{torn}")
    return [*notes, f"texts are {repeats.rule}"] if notes else []
