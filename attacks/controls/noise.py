"""``ann+noise``: the ANN fed the mean of the SNN's spikes (see `CodedAnn`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .control import AnnControl

if TYPE_CHECKING:
    from ...engine.classifier import ModelClassifier
    from ...models.encoders.encoder import Encoder
    from ..victims import Classifier


class Noise(AnnControl):
    """The ANN, with the noise of the SNN's input code."""

    name = "noise"
    words = "the ANN with the same input noise"
    enough = "input noise without any spiking neuron is enough for it"
    not_enough = "input noise alone is not enough to explain it"

    def applies(self, encoder: Encoder) -> bool:
        """To SNNs whose code is drawn at random."""
        return encoder.stochastic

    def stochastic(self, encoder: Encoder) -> bool:
        """As the SNN."""
        return encoder.stochastic

    def build(self, model: ModelClassifier, encoder: Encoder, steps: int) -> Classifier:
        """The ANN on the mean of the spikes."""
        from .coded_ann import CodedAnn

        return CodedAnn(model, encoder, steps, model.draws)


CONTROL = Noise()
