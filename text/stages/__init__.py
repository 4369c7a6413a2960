"""What a trained model does to a text before its network reads it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...registry import Registry

if TYPE_CHECKING:
    from .stage import Stage

STAGES: Registry[type[Stage]] = Registry(
    "text stage",
    __name__,
    "STAGE",
    ("words", "mean", "sentence", "wordpiece"),
    {"sentence": "sentence.stage", "wordpiece": "wordpiece.stage"},
    says="kind",
)
