"""``snn+deterministic``: the same SNN with a deterministic code of the same rates."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ...errors import InputError
from ...models.encoders import CODES
from ..victim_name import VictimName
from .control import Control

if TYPE_CHECKING:
    from ...engine.classifier import ModelClassifier
    from ...models.encoders.encoder import Encoder
    from ..victims import Classifier


class Deterministic(Control):
    """An SNN without the noise of its input."""

    name = "deterministic"
    of_ann = False
    words = "the SNN without noise"
    explains = "loses no advantage"
    enough = "noise is not what it is made of"
    not_enough = "noise is part of it"

    def victim(self, snn: VictimName) -> VictimName:
        """A variant has its twin among the variants; another SNN is exchanged its code."""
        if snn.code:
            return replace(snn, code=CODES[snn.code].noiseless)
        return replace(snn, control=self.name)

    def applies(self, encoder: Encoder) -> bool:
        """To SNNs whose code is drawn at random."""
        return encoder.stochastic

    def code(self, encoder: Encoder) -> str:
        """The one without noise, as sum and fire is of Bernoulli spikes."""
        return encoder.coding.noiseless

    def stochastic(self, encoder: Encoder) -> bool:
        """Never."""
        return False

    def build(self, model: ModelClassifier, encoder: Encoder, steps: int) -> Classifier:
        """The SNN with the code without noise."""
        return without_noise(model)


CONTROL = Deterministic()


def is_random(code: str) -> bool:
    """Whether the input code of that name is drawn at random; no for one that is not known here."""
    return code in CODES and CODES[code].stochastic


def without_noise(snn: ModelClassifier) -> ModelClassifier:
    """The same SNN, its random code exchanged for a deterministic one of the same rates.

    Raises:
        InputError: the model is no SNN, or its code is deterministic.
    """
    from ...engine.classifier import ModelClassifier
    from ...models.encoders.encoder import Encoder
    from ...models.snn import SpikingTextModel

    model = snn.model
    if not isinstance(model, SpikingTextModel) or not isinstance(model.encoder, Encoder):
        raise InputError("expected an SNN to take the noise from, but the model is an ANN")
    if not CONTROL.applies(model.encoder):
        raise InputError(
            f"expected an SNN with random input for the control snn+deterministic, but its code "
            f"is {model.encoder.code}: leave this control out"
        )
    quiet = SpikingTextModel(
        model.table,
        replace(model.encoder, code=model.encoder.coding.noiseless),
        model.network,
        model.steps,
    )
    return ModelClassifier(
        snn.stage, quiet.eval(), snn.classes, snn.draws, snn.engine_name, snn.precision
    )
