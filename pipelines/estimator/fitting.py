"""The stages of a run, one after the other, in a folder that is gone afterwards."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import torch

from ...models.autocast import without_autocast
from ...models.devices import check_default_type
from ...progress import silenced
from ..convert.convert import convert
from ..finetune.finetune import finetune
from ..run_folder.run_folder import RunFolder
from ..train import train
from .choices import Chosen, data_of
from .packed import pack
from .rows import write_rows


@dataclass(frozen=True)
class Fitted:
    """A model that has been made.

    Attributes:
        packed: text stage and model, see `packed.pack`
        epochs: of the training
        set_aside: whether the epoch was chosen by texts that were not trained on
    """

    packed: bytes
    epochs: int
    set_aside: bool


def fit(
    settings: Chosen,
    texts: Sequence[str],
    labels: Sequence[int],
    names: Sequence[str],
    seed: int,
    shown: bool = False,
) -> Fitted:
    """Train, convert and fine-tune as the commands do, as far as the model that is wanted.

    Args:
        settings: of the stages
        texts: N of them
        labels: N classes
        names: of the K classes
        seed: of all draws
        shown: say what is done, with progress bars

    Raises:
        InputError: texts or settings that the stages refuse, or a default type of torch.
    """
    check_default_type()
    learning = torch.inference_mode(False)  # a caller's, as its no_grad, is not for training
    quiet, whole = silenced(not shown), without_autocast()
    with TemporaryDirectory(prefix="snnconvert-") as folder, quiet, learning, whole:
        rows = Path(folder) / "texts"
        set_aside = write_rows(rows, texts, labels, names, settings.validation_fraction)
        place = Path(folder) / "run"
        run = train(place, data_of(settings.run, str(rows)), settings.run.train, seed)
        if settings.which != "ann":
            convert(place, settings.run.convert, seed)
        if settings.which == "finetuned":
            finetune(place, settings.run.finetune, seed)
        return Fitted(pack(run, settings.which), epochs_of(run), set_aside)


def epochs_of(run: RunFolder) -> int:
    """How many epochs the ANN of a run was trained; 1 where that is not recorded."""
    return int(run.results().get("ann", {}).get("epochs") or 1)
