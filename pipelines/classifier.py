"""`TextClassifier`: a model of a run folder, as programs, attacks and predictions use it."""

from __future__ import annotations

from pathlib import Path

from ..engine.classifier import ModelClassifier
from ..errors import InputError
from .data import load_parts
from .run_folder.run_folder import RunFolder
from .run_folder.stages import MODELS, is_model
from .settings.engine import DeviceSettings


class TextClassifier(ModelClassifier):
    """A trained model with its text stage: texts in, classes and their probabilities out."""

    @classmethod
    def load(
        cls,
        run: Path | str,
        which: str | None = None,
        draws: int = 8,
        engine: str = "auto",
        precision: str = "exact",
        device: str = "cpu",
    ) -> TextClassifier:
        """A model of a run folder.

        Args:
            run: the folder
            which: ``ann``, ``snn``, ``finetuned`` ...; by default the last one made: the
                fine-tuned SNN, else the SNN, else the ANN
            draws: see the class, also for the next
            engine: what runs an SNN, and at which
            precision: see `engines.make_engine`
            device: where the model runs, of `models.devices.DEVICES`

        Raises:
            InputError: no run folder, no such model in it, or its files are missing or damaged.
        """
        folder = RunFolder(run)
        which = which or folder.last_model()
        if not is_model(which):
            raise InputError(f"expected a model of {', '.join(MODELS)}, but got {which!r}")
        parts = load_parts(folder, which, DeviceSettings(device), whole=True)
        return cls(*parts, draws, engine, precision)
