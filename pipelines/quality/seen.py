"""Which texts of a user's file a run has seen: an accuracy on them says little of new ones."""

from __future__ import annotations

from contextlib import suppress

from ...errors import SnnConvertError
from ...text.datasets.dataset import Split
from ...text.datasets.repeats import count_repeats
from ..data import load_run_data
from ..run_folder.run_folder import RunFolder
from .doubts import MOST_SEEN


def seen_texts(run: RunFolder, own: Split) -> dict[str, int]:
    """How many texts of the user's are in the run's train split, and how many in its dev split.

    Nothing where the run's data set is not here: they are measured all the same.
    """
    with suppress(SnnConvertError):
        data = load_run_data(run)
        splits = {"train": data.train, "dev": data.dev, "own": own}
        found = count_repeats({name: (part.texts, part.labels) for name, part in splits.items()})
        return {name: found.between[f"{name}-own"].texts for name in ("train", "dev")}
    return {}


def seen_doubt(seen: dict[str, int], texts: int) -> str | None:
    """What to warn of where many of ``texts`` are those of `seen_texts`; None for few."""
    if sum(seen.values()) <= MOST_SEEN * texts:
        return None
    trained, chosen = seen["train"], seen["dev"]
    return (
        f"of these {texts:,} texts {trained:,} are in the run's train split and {chosen:,} in its "
        "dev split: an accuracy on them says little of new texts"
    )
