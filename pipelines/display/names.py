"""What a model is called wherever it is shown: in tables, plots, pages and sentences."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import PurePath


@dataclass(frozen=True)
class ModelName:
    """A model's name.

    Attributes:
        title: at the head of a row, of a column, of a line of a plot
        short: the same where there is little room
        sentence: inside a sentence
    """

    title: str
    short: str
    sentence: str


NAMES = {
    "ann": ModelName("ANN", "ANN", "ANN"),
    "snn": ModelName("SNN", "SNN", "converted SNN"),
    "finetuned": ModelName("Fine-tuned SNN", "Fine-tuned", "fine-tuned SNN"),
    "ann-adversarial": ModelName("ANN adversarial", "ANN adversarial", "adversarially tuned ANN"),
    "snn-adversarial": ModelName("SNN adversarial", "SNN adversarial", "adversarially tuned SNN"),
    # an ANN as energy is counted of it
    "sparse-ann": ModelName("Sparse ANN", "Sparse ANN", "sparse ANN"),
    "quantised-ann": ModelName("Quantised ANN", "Quantised ANN", "quantised ANN"),
}
"""By the name that a model has in a run folder and in records."""


def _named(model: str) -> ModelName:
    """The names of a model; of one that is not known, its own."""
    kind, at, conversion = model.partition("@")
    if kind not in NAMES or ":" in conversion:
        return ModelName(model, model, model)
    own, end = NAMES[kind], f" {at}{conversion}" if at else ""
    return ModelName(own.title + end, own.short + end, own.sentence + end)


def title(model: str) -> str:
    """A model's name at the head of a row, as ``SNN @t4``; one that is not known is its own."""
    return _named(model).title


def short(model: str) -> str:
    """A model's name where there is little room."""
    return _named(model).short


def in_sentence(model: str) -> str:
    """A model's name inside a sentence, after "the"."""
    return _named(model).sentence


def victim(name: str, is_short: bool = False) -> str:
    """The name of an attack's victim: ``ann+noise@poisson:7`` as ``ANN +noise @poisson:7``."""
    model, *rest = re.split(r"(?=[+@])", name)
    return " ".join([short(model) if is_short else title(model), *rest])


def attack(name: str) -> str:
    """An attack's name; of a file of one's own its last part."""
    return PurePath(name.replace("\\", "/")).name if name.endswith(".py") else name
