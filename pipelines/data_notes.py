"""What loading a data set says, on the terminal and in the results."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..text.datasets.dataset import Dataset
from ..text.datasets.readers.columns import listed
from ..text.datasets.readers.options import OPTION_NAMES, FileOptions
from .display.output import note


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
        Figures for the results: "notes" in sentences, the facts about each file as "source", and
        "overlap", how many dev and test texts are also training texts.
    """
    overlap = dataset.overlap()
    notes = list(dataset.notes)
    for name, count in overlap.items():
        if count:
            notes.append(f"{count} of {len(dataset.split(name))} {name} texts are also in train")
    if dataset.source or notes:
        sizes = "/".join(str(len(dataset.split(name))) for name in ("train", "dev", "test"))
        begin = f"{dataset.name}: {sizes} texts, {dataset.language}"
        note("; ".join([begin, f"classes {listed(dataset.classes)}", *notes]))
    return {"overlap": overlap, "notes": notes, "source": list(dataset.source)}
