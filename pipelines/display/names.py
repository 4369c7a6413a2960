"""What a model is called wherever it is shown: in tables, plots, pages and sentences."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import PurePath


@dataclass(frozen=True)
class ModelName:
    """A model's name: one, with small letters inside a sentence.

    Attributes:
        title: at the head of a row, of a column, of a line of a plot
    """

    title: str

    @property
    def sentence(self) -> str:
        """Inside a sentence, after "the"."""
        is_word = self.title[1:2].islower()
        return self.title[0].lower() + self.title[1:] if is_word else self.title


NAMES = {
    "ann": ModelName("ANN"),
    "snn": ModelName("Converted SNN"),
    "finetuned": ModelName("Fine-tuned SNN"),
    "ann-adversarial": ModelName("Adversarially tuned ANN"),
    "snn-adversarial": ModelName("Adversarially tuned SNN"),
    "spiking": ModelName("Directly trained SNN"),
    # an ANN as energy is counted of it
    "sparse-ann": ModelName("Sparse ANN"),
    "quantised-ann": ModelName("Quantised ANN"),
    "twin-ann": ModelName("ANN of the same matrices"),
}
"""By the name that a model has in a run folder and in records."""


def _named(model: str) -> ModelName:
    """The names of a model; of one that is not known, its own."""
    kind, at, conversion = model.partition("@")
    if kind not in NAMES or ":" in conversion:
        return ModelName(model)
    own, end = NAMES[kind], f" {at}{conversion}" if at else ""
    return ModelName(own.title + end)


def title(model: str) -> str:
    """A model's name at the head of a row, as ``Converted SNN @t4``; its own where unknown."""
    return _named(model).title


def in_sentence(model: str) -> str:
    """A model's name inside a sentence, after "the"."""
    return _named(model).sentence


def victim(name: str) -> str:
    """The name of an attack's victim: ``ann+noise@poisson:7`` as ``ANN +noise @poisson:7``."""
    model, *rest = re.split(r"(?=[+@])", name)
    return " ".join([title(model), *rest])


def victim_in_sentence(name: str) -> str:
    """The same inside a sentence, after "the"."""
    model, *rest = re.split(r"(?=[+@])", name)
    return " ".join([in_sentence(model), *rest])


def with_names(sentence: str, victims: Collection[str]) -> str:
    """A sentence of records with the names that models have on a page in place of their own.

    ``the SNN`` of a sentence that writes ``snn keeps more than ann``: each of ``victims`` as a word
    of its own becomes its name; a sentence may begin with one.

    >>> with_names("snn keeps more than the ANN or finetuned.", ["ann", "snn", "finetuned"])
    'Converted SNN keeps more than the ANN or fine-tuned SNN.'
    """
    if not victims:
        return sentence
    known = "|".join(re.escape(name) for name in sorted(victims, key=len, reverse=True))

    def named(found: re.Match[str]) -> str:
        name = victim_in_sentence(found[0])
        return name[0].upper() + name[1:] if found.start() == 0 else name

    return re.sub(rf"(?<![\w@+-])(?:{known})(?![\w@+-])", named, sentence)


def attack(name: str) -> str:
    """An attack's name; of a file of one's own its last part."""
    return PurePath(name.replace("\\", "/")).name if name.endswith(".py") else name
