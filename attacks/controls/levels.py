"""``ann+levels``: the ANN with scores of T + 1 levels (see `QuantisedScores`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .control import AnnControl

if TYPE_CHECKING:
    from ...engine.classifier import ModelClassifier
    from ...models.encoders.encoder import Encoder
    from ..victims import Classifier


class Levels(AnnControl):
    """The ANN, whose scores are as coarse as spike counts."""

    name = "levels"
    words = "the ANN with scores of T + 1 levels"
    enough = "coarse scores without any spiking neuron are enough for it"
    not_enough = "coarse scores alone are not enough to explain it"

    def applies(self, encoder: Encoder) -> bool:
        """To every SNN."""
        return True

    def stochastic(self, encoder: Encoder) -> bool:
        """Never: the ANN has no noise."""
        return False

    def build(self, model: ModelClassifier, encoder: Encoder, steps: int) -> Classifier:
        """The ANN with rounded scores."""
        from .quantised_scores import QuantisedScores

        return QuantisedScores(model, steps)


CONTROL = Levels()
