"""The settings of `snnconvert train`."""

from __future__ import annotations

from dataclasses import dataclass

from ...errors import InputError
from ..training.options import LoopOptions
from .fields import Settings, option


@dataclass(frozen=True)
class TrainSettings(LoopOptions, Settings):
    """The text CNN and its training."""

    model: str = option("textcnn", "network", ("textcnn", "dpcnn"))
    blocks: int = option(2, "residual blocks of a DPCNN", least=1)
    widths: tuple[int, ...] = option((3, 4, 5), "filter widths in words", least=1)
    channels: int = option(100, "filters per width", least=1)
    activation: str = option("qcfs", "activation", ("qcfs", "relu", "tcl"))
    levels: int = option(4, "QCFS levels L; best equal to the time steps", least=1)
    bound: float = option(1.0, "initial bound of QCFS or TCL", above=0)
    pooling: str = option("max", "pooling over positions", ("max", "mean"))
    dropout: float = option(0.5, "dropout before the readout", least=0, below=1)
    word_dropout: float | None = option(
        None,
        "share of a text's words read as unknown in training",
        shown="0.25 where the word vectors are trained too, else 0",
        least=0,
        below=1,
    )
    train_vectors: bool | None = option(
        None,
        "train the word vectors too",
        shown="true with --vectors train and random, else false",
    )
    lr: float | None = option(None, "learning rate of AdamW", shown="0.002", above=0)
    vector_lr: float | None = option(
        None,
        "learning rate of word vectors that are trained too",
        shown="up to 10 times --lr for few texts with --vectors train and random, else --lr",
        above=0,
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        read_by = {
            "blocks": ("model", ("dpcnn",)),
            "widths": ("model", ("textcnn",)),
            "levels": ("activation", ("qcfs",)),
            "bound": ("activation", ("qcfs", "tcl")),
        }
        for name, (owner, readers) in read_by.items():
            chosen = getattr(self, owner)
            if chosen not in readers and getattr(self, name) != getattr(TrainSettings, name):
                raise InputError(
                    f"expected {name} only with the {owner} {' or '.join(readers)}, but got it "
                    f"with {chosen}, which has none: leave it out"
                )
