"""A text stage of your own: characters in place of words."""

from __future__ import annotations

from pathlib import Path

from snnconvert.pipelines.settings import DataSettings, TrainSettings
from snnconvert.pipelines.train import train
from snnconvert.text.stages import STAGES
from snnconvert.text.stages.fitting import Cutter
from snnconvert.text.stages.words import TextStage


class Characters(TextStage):
    """Every character that is no blank has an id and a vector."""

    kind = "characters"

    @classmethod
    def cutter(cls, language: str) -> Cutter:
        """Cuts a text into its characters, whatever the language."""
        return lambda text: [character for character in text.lower() if not character.isspace()]


STAGES.add(Characters.kind, Characters)


def train_on_characters(out: Path) -> Path:
    """A small network that reads windows of five and seven characters."""
    data = DataSettings(stage="characters", dim=16, max_length=120, limit=60)
    train(out, data, TrainSettings(widths=(5, 7), channels=8, epochs=2, tensorboard=False))
    return out
