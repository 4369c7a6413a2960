"""What the rounds of one adversarial fine-tuning share; its state is in the files of its stage."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from torch import Tensor

from ...engine.engines import make_engine
from ...engine.reference import ann_logits
from ...errors import InputError
from ...models.devices import find_device
from ...models.saving import load_model
from ...models.snn import SpikingTextModel
from ...models.text_model import TextModel
from ..run_folder.run_folder import RunFolder
from ..run_folder.stages import conversion_of, kind_of, of_conversion
from ..settings.engine import EngineSettings
from ..settings.finetune import AdversarialSettings, FinetuneSettings
from ..training.texts import Texts

KINDS: dict[str, type[TextModel | SpikingTextModel]]
KINDS = {"ann": TextModel, "snn": SpikingTextModel}


def stage_of(base: str) -> str:
    """The stage that adversarial fine-tuning makes of the model ``base``."""
    return of_conversion(f"{kind_of(base)}-adversarial", conversion_of(base))


@dataclass(frozen=True)
class Tuning:
    """The adversarial fine-tuning of one model.

    base: the model of the run that it begins with, ``ann``, ``snn`` or that of a conversion
    settings: what is attacked
    training: how is trained
    """

    run: RunFolder
    base: str
    texts: Texts
    settings: AdversarialSettings
    training: FinetuneSettings
    seed: int
    engine: EngineSettings

    @property
    def attacks(self) -> tuple[str, ...]:
        """The attacks that are trained against."""
        return self.settings.adversarial or ()

    @property
    def stage(self) -> str:
        """The stage that is made."""
        return stage_of(self.base)

    def folder(self, number: int) -> Path:
        """Of the model after so many rounds."""
        if number == 0:
            return self.run.folder(self.base)
        return self.run.folder(self.stage) / "rounds" / str(number)

    def model(self, number: int) -> tuple[TextModel | SpikingTextModel, tuple[str, ...]]:
        """The model after so many rounds, on its device, and its classes.

        Raises:
            InputError: its folder holds a model of another kind.
        """
        model, classes = load_model(self.folder(number))
        if not isinstance(model, KINDS[kind_of(self.base)]):
            raise InputError(
                f"expected a model of the kind {self.base} in {self.folder(number)}, but it holds "
                f"a {type(model).__name__}; copy the whole folder of the run again"
            )
        return model.to(find_device(self.engine.device)), classes

    def logits(self, model: TextModel | SpikingTextModel, split: str) -> Tensor:
        """Logits (N, K) of a split."""
        sequences = self.texts.sequences[split]
        if isinstance(model, TextModel):
            return ann_logits(model, sequences)
        runner = make_engine(model, **self.engine.choice(), texts=len(sequences))
        return runner.running_logits(sequences, self.seed)[-1]
