"""The section of settings, data and versions."""

from __future__ import annotations

from typing import Any

from ...run_folder.stages import conversion_of, kind_of
from ...sources.notes import repeat_notes
from ..read import Run
from ..section import Section

STAGE_NAMES = {
    "data": "Texts and vectors",
    "ann": "Training",
    "spiking": "Training of the spiking network",
    "snn": "Conversion",
    "finetuned": "Fine-tuning",
    "ann-adversarial": "Adversarial training, ANN",
    "snn-adversarial": "Adversarial training, SNN",
    "attack": "Attack",
    "energy": "Energy",
}


class Settings(Section[Run]):
    """What a run was made of, and with."""

    title = "Settings"
    stage = "data"
    template = "settings.html"

    def read(self, run: Run) -> Run:
        """The run, whose settings have been read."""
        return run

    def heading(self, figures: Run | None) -> str:
        """What the section shows."""
        return "Settings, data and versions"

    def context(self, figures: Run) -> dict[str, Any]:
        """Names of the stages, the commands that make them, their seeds, and repeated texts."""
        data = figures.data
        stages = [
            name for name in figures.results if kind_of(name) in STAGE_NAMES and name != "data"
        ]
        return {
            "stage_names": {name: _title(name) for name in (*figures.results, *figures.settings)},
            "repeats": repeat_notes(data.repeats, data.sizes) if data and data.repeats else None,
            "commands": {name: figures.made_by(name) for name in stages},
            "seeds": {
                name: figures.settings[name]["seed"]
                for name in stages
                if "seed" in figures.settings.get(name, {})
            },
        }


def _title(stage: str) -> str:
    """What a stage is called, with the name of its conversion: ``Conversion @t2``."""
    name = conversion_of(stage)
    return STAGE_NAMES.get(kind_of(stage), stage) + (f" @{name}" if name else "")


SECTION = Settings()
