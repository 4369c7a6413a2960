"""How the models of a run are told apart in drawings: by colour, marker and line.

The models of the conversion without a name have colours of their own. Those of conversions with a
name have one for each conversion, by its place in the run, in a light tone where converted and in a
dark one where fine-tuned; its lines have a pattern too. So a model looks the same in every drawing
of a run, and goes on doing so when conversions are added. Style sheet: ``report.css``.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ....attacks.victim_name import VictimName
from ...run_folder.stages import PIPELINE, conversions, kind_of

SHAPES = {"ann": "circle", "snn": "circle", "finetuned": "square"}
OTHER = "diamond"  # of other models
NAMED = 6
"""Conversions with a name that have a colour of their own; later ones begin again."""
PATTERNS = 6
"""Patterns of lines in the style sheet, ``d0`` (drawn through) to ``d5``."""
ALIKE = {"sparse-ann": "ann", "quantised-ann": "ann", "baseline": "baseline"}
"""Colours of what is no model of a run: an ANN as energy is counted of it, the linear model."""


def shape_of(model: str) -> str:
    """The marker of a model: that of its kind, whatever conversion it is of."""
    return SHAPES.get(kind_of(model), OTHER)


@dataclass(frozen=True)
class Looks:
    """The looks of a run's models, and of the victims of attacks on them.

    Attributes:
        named: the names of the run's conversions that have one, in their order
    """

    named: tuple[str, ...] = ()

    @classmethod
    def of(cls, models: Iterable[str]) -> Looks:
        """Those of the run that has these models."""
        return cls(tuple(conversions(models)[1:]))

    def place(self, model: str) -> int:
        """The place of the model's conversion, from 1; 0 of the one without a name."""
        name = VictimName.of(model).conversion
        if not name:
            return 0
        return self.named.index(name) + 1 if name in self.named else len(self.named) + 1

    def style(self, model: str) -> str:
        """The classes that give a mark its colour; ``ink`` of what is none of a run's models.

        >>> looks = Looks(("t2", "t8"))
        >>> looks.style("finetuned"), looks.style("snn@t8"), looks.style("ann+noise@t8")
        ('finetuned', 'named named2', 'ann')
        """
        victim, place = VictimName.of(model), self.place(model)
        if model in ALIKE:
            return ALIKE[model]
        if place and not victim.is_ann:
            tone = "tuned" if victim.model == "finetuned" else "named"
            return f"named {tone}{(place - 1) % NAMED + 1}"
        return next((kind for kind in PIPELINE if victim.model.startswith(kind)), "ink")

    def pattern(self, model: str, more: int = 0) -> str:
        """The class of the pattern of its line, ``more`` patterns on; one without a name has d0."""
        return f"d{(self.place(model) + more) % PATTERNS}"

    def line(self, model: str) -> str:
        """The classes of its line: thinner and broken where its conversion has a name."""
        style = f"curve {self.style(model)}"
        return f"{style} thin {self.pattern(model)}" if self.place(model) else style


PLAIN = Looks()
"""Of a run whose conversions have no names."""
