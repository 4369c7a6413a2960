"""What looks like an attack and is a diagnostic of the victim, by name."""

from __future__ import annotations

from ..building.reduction import input_reduction
from ..preset import Preset, Role

INPUTREDUCTION = Preset(
    "inputreduction",
    "any",
    ("stopwords",),
    input_reduction,
    "a diagnostic, not an attack: deletes the least important words while the prediction "
    "stays; words changed are those deleted",
    "Feng et al. 2018, Pathologies of Neural Models Make Interpretations Difficult, EMNLP D18-1407",
    ("no beam search, and stop words stay, as in TextAttack",),
    role=Role.DIAGNOSTIC,
)
