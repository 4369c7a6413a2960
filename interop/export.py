"""What an export format answers, and what it is given to write.

A format's own file is light, so that the command line can list its options: torch, NumPy and
foreign packages are loaded by the methods that need them.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from ..errors import InputError

if TYPE_CHECKING:
    from ..models.snn import SpikingTextModel
    from ..models.text_model import TextModel
    from ..text.datasets.dataset import Split
    from ..text.stages.stage import Stage


def _no_splits() -> Mapping[str, Split]:
    raise InputError(
        "expected a model of a run, whose texts go along with it, but it came without: export it "
        "from its run folder"
    )


@dataclass(frozen=True)
class NoOptions:
    """The options of a format that has none."""


@dataclass(frozen=True)
class Exported:
    """A model on its way out.

    Attributes:
        model: ANN or SNN, in evaluation mode
        classes: K names, one an output
        words: V words, one a row of the word vectors; the first two are padding and unknown
        texts: how texts become words: "language", "max_length", and what is made alike before
        stage: what a text passes before the model; None where that is not known
        splits: gives the run's labelled texts, "train", "dev" and "test"; called only by formats
            that need them, since they are read from their files
        facts: of the run: "model" (its name there), "sha256" of the model, "text_stage" (its hash),
            and "results", the figures of every stage
        options: of the format, an object of its ``Options``
    """

    model: TextModel | SpikingTextModel
    classes: Sequence[str]
    words: Sequence[str]
    texts: Mapping[str, Any] = field(default_factory=dict)
    stage: Stage | None = None
    splits: Callable[[], Mapping[str, Split]] = _no_splits
    facts: Mapping[str, Any] = field(default_factory=dict)
    options: Any = NoOptions()


@dataclass(frozen=True)
class Outcome:
    """What a format says of what it has written.

    Attributes:
        figures: JSON-able, for ``--json``
        text: the same for people, printed below the path
        good: False where a check that was asked for has failed; the command then ends with 1
    """

    figures: Mapping[str, Any] = field(default_factory=dict)
    text: str = ""
    good: bool = True


class Export(ABC):
    """A format that foreign programs read.

    Attributes:
        suffix: of the file, as in ``.npz``; "" where the format writes a folder
        about: what it is and who reads it, in one line
        Options: dataclass of what may be chosen, its fields made by `snnconvert.options.option`;
            each is an option of the command line
    """

    suffix: ClassVar[str] = ""
    about: ClassVar[str]
    Options: ClassVar[type[Any]] = NoOptions

    def refuses(self, model: TextModel | SpikingTextModel) -> str:
        """Why ``model`` cannot be written so, in words; empty where it can."""
        return ""

    def name(self, which: str, options: Any) -> str:
        """What the file or folder of the model called ``which`` is called, where nobody says."""
        return f"{which}{self.suffix}"

    @abstractmethod
    def write(self, exported: Exported, path: Path) -> Outcome | None:
        """Write one file, whole or not at all; or the files of a folder that is there and empty.

        A folder is put in its place by the caller once it is whole (`files.replace_folder`).

        Raises:
            InputError: the options do not fit the model.
        """
