"""What an export format answers, and what it is given to write."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from ..models.snn import SpikingTextModel
from ..models.text_model import TextModel


@dataclass(frozen=True)
class Exported:
    """A model on its way out.

    Attributes:
        model: ANN or SNN, in evaluation mode
        classes: K names, one an output
        words: V words, one a row of the word vectors; the first two are padding and unknown
        texts: how texts become words: "language", "max_length", and what is made alike before
    """

    model: TextModel | SpikingTextModel
    classes: Sequence[str]
    words: Sequence[str]
    texts: Mapping[str, Any] = field(default_factory=dict)


class Export(Protocol):
    """A format that foreign programs read.

    Attributes:
        suffix: of the file, as in ``.npz``
        about: what it is and who reads it, in one line
    """

    suffix: str
    about: str

    def refuses(self, model: TextModel | SpikingTextModel) -> str:
        """Why ``model`` cannot be written so, in words; empty where it can."""

    def write(self, exported: Exported, path: Path) -> None:
        """Write one file, whole or not at all."""
