"""What a run out of a user's own module says for itself: whether it fits its texts."""

from __future__ import annotations

from typing import Any

from ..display.tables import percent, table
from ..run_folder.run_folder import RunFolder

COVERED = 0.9  # below this share of running words the module was probably trained on other words


def own_text(run: RunFolder) -> str:
    """Accuracies of the module and of the ANN made of it, coverage, and what looks wrong."""
    results = run.results()
    ann, covered = results["ann"], results["data"]["vectors"]
    rows = [
        [name, *(percent(ann[f"{key}{split}_accuracy"]) for split in ("dev", "test"))]
        for name, key in (("the module itself", "module_"), ("ANN of this run", ""))
    ]
    lines = [
        f"{ann['module']} is the ANN of {run.path}",
        table(["", "dev %", "test %"], rows),
        f"its vocabulary has {percent(covered['tokens'])} % of the running words of the training "
        f"texts, and {percent(covered['types'])} % of the distinct ones",
        f"on {ann['compared_texts']} dev and test texts its outputs and the network's are"
        f" {ann['largest_difference'] or 0:.1g} apart at most",
    ]
    return "\n".join([*lines, *(f"note: {note}" for note in _notes(ann, covered))])


def _notes(ann: dict[str, Any], covered: dict[str, float]) -> list[str]:
    """What a user should look at before he goes on."""
    notes = []
    if covered["tokens"] < COVERED:
        notes.append(
            "many words have no id: was the module trained on texts that were cut into words in "
            "another way, or is this the vocabulary of another one?"
        )
    theirs, share = ann["module_dev_accuracy"], ann["largest_class"]
    if theirs is not None and theirs <= share:
        notes.append(
            f"the module is right on {percent(theirs)} % of the dev texts, not above the "
            f"{percent(share)} % of the largest class: check the vocabulary, and give classes in "
            "the order of the module's outputs"
        )
    if ann["unread_texts"]:
        notes.append(
            f"the module cannot read {ann['unread_texts']} dev and test texts, which are too short "
            "for it and have no padding: give padding=ID"
        )
    return notes
