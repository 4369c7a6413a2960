"""What a run out of a user's own module says for itself: whether it fits its texts."""

from __future__ import annotations

from ...formatting import percent
from ..display.aligned import table
from ..display.names import title
from ..run_folder.records.data import DataStage
from ..run_folder.records.models import Imported, ModelStage
from ..run_folder.run_folder import RunFolder

COVERED = 0.9  # below this share of running words the module was probably trained on other words


def own_text(run: RunFolder) -> str:
    """Accuracies of the module and of the ANN made of it, coverage, and what looks wrong."""
    ann = run.record("ann", ModelStage)
    module, covered = ann.imported, run.record("data", DataStage).vectors
    assert module is not None
    shares = {
        "the module itself": (module.module_dev_accuracy, module.module_test_accuracy),
        f"{title('ann')} of this run": (ann.dev_accuracy, ann.test_accuracy),
    }
    rows = [[name, *map(percent, pair)] for name, pair in shares.items()]
    lines = [
        f"{module.module} is the ANN of {run.path}",
        table(["", "dev %", "test %"], rows),
        f"its vocabulary has {percent(covered['tokens'])} % of the running words of the training "
        f"texts, and {percent(covered['types'])} % of the distinct ones",
        f"on {module.compared_texts} dev and test texts its outputs and the network's are"
        f" {module.largest_difference or 0:.1g} apart at most",
    ]
    return "\n".join([*lines, *(f"note: {note}" for note in _notes(module, covered))])


def _notes(module: Imported, covered: dict[str, float]) -> list[str]:
    """What a user should look at before he goes on."""
    notes = []
    if covered["tokens"] < COVERED:
        notes.append(
            "many words have no id: was the module trained on texts that were cut into words in "
            "another way, or is this the vocabulary of another one?"
        )
    theirs, share = module.module_dev_accuracy, module.largest_class
    if theirs is not None and share is not None and theirs <= share:
        notes.append(
            f"the module is right on {percent(theirs)} % of the dev texts, not above the "
            f"{percent(share)} % of the largest class: check the vocabulary, and give classes in "
            "the order of the module's outputs"
        )
    if module.unread_texts:
        notes.append(
            f"the module cannot read {module.unread_texts} dev and test texts, which are too short "
            "for it and have no padding: give padding=ID"
        )
    return notes
