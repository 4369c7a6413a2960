"""Control: what is asked of a victim that shares one property with an SNN."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ...engine.classifier import ModelClassifier
    from ...models.encoders.encoder import Encoder
    from ..victim_name import VictimName
    from ..victims import Classifier


class Control(ABC):
    """One kind of control; the part of a victim's name after ``+`` is its name.

    The attributes are what conclusions say of it. The modules of controls load no torch: what they
    are made of is loaded when one is built.

    Attributes:
        name: as in a victim's name.
        of_ann: whether it is made of an ANN; otherwise of an SNN.
        words: what it is, in a few words.
        explains: the words for where it has an SNN's advantage over the ANN.
        enough: what then follows.
        not_enough: what follows where it has less than that.
    """

    name: str
    of_ann: bool
    words: str
    explains: str = "explains the advantage"
    enough: str = ""
    not_enough: str = ""

    @abstractmethod
    def victim(self, snn: VictimName) -> VictimName:
        """The victim that is this control of the SNN called ``snn``."""

    @abstractmethod
    def applies(self, encoder: Encoder) -> bool:
        """Whether it says anything of an SNN with that encoder."""

    @abstractmethod
    def code(self, encoder: Encoder) -> str:
        """The input code that results say it has, given its SNN's encoder."""

    @abstractmethod
    def stochastic(self, encoder: Encoder) -> bool:
        """Whether two looks of it at one text can differ, given its SNN's encoder."""

    @abstractmethod
    def build(self, model: ModelClassifier, encoder: Encoder, steps: int) -> Classifier:
        """The victim.

        Args:
            model: the ANN or SNN that it is made of.
            encoder: of the SNN that it is a control of.
            steps: T of that SNN.

        Raises:
            InputError: it does not apply to them.
        """


class AnnControl(Control):
    """A control that is made of the ANN, and about one property of an SNN's code or scores."""

    of_ann = True

    def victim(self, snn: VictimName) -> VictimName:
        """The ANN, with what it shares with ``snn``."""
        return replace(snn, model="ann", control=self.name)

    def code(self, encoder: Encoder) -> str:
        """That of the SNN."""
        return encoder.code
