"""What there is to gain by fine-tuning, said before it begins."""

from __future__ import annotations

from collections.abc import Mapping

from ...formatting import percent
from ..display.output import note
from ..run_folder.records.models import ModelStage


def say_to_gain(models: Mapping[str, ModelStage], converted: str) -> None:
    """Say `to_gain` on the error stream."""
    said = to_gain(models, converted)
    if said:
        note(f"finetune  {said}")


def to_gain(models: Mapping[str, ModelStage], converted: str) -> str:
    """One line on what a conversion has lost on dev; nothing where that is not known.

    Args:
        models: records of a run's models
        converted: the stage of the conversion that is tuned
    """
    ann, snn = models.get("ann"), models.get(converted)
    if ann is None or snn is None or ann.dev_accuracy is None or snn.dev_accuracy is None:
        return ""
    both = f"{percent(snn.dev_accuracy)} % on dev, its ANN {percent(ann.dev_accuracy)} %"
    if snn.dev_accuracy >= ann.dev_accuracy:
        return f"the converted SNN has {both}: little to gain, and no epoch may be better"
    lost = 100 * (ann.dev_accuracy - snn.dev_accuracy)
    return f"the converted SNN has {both}: {lost:.1f} points to win back"
