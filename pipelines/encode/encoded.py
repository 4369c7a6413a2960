"""A text as an SNN of a run sends it: its words, and the frames of each."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ...engine.classifier import ModelClassifier
from ...engine.sending import Sent, send
from ...errors import InputError
from ...models.encoders.encoder import Encoder
from ...models.snn import SpikingTextModel
from ...text.stages.stage import Stage
from ...text.stages.vocabulary import UNK_ID
from ...text.stages.words import TextStage
from ..attack.models import load_victim
from ..attack.names import parse_victim
from ..run_folder.run_folder import RunFolder


@dataclass(frozen=True)
class Sender:
    """An SNN with its text stage.

    name: what it is called in the run; seed: of the draw of a stochastic code
    """

    name: str
    stage: Stage
    model: SpikingTextModel
    seed: int = 0

    @property
    def encoder(self) -> Encoder:
        """Code and mapping."""
        assert isinstance(self.model.encoder, Encoder)
        return self.model.encoder

    def encode(self, text: str) -> Encoded:
        """``text`` as frames; one without words has none."""
        (sequence,) = self.stage.encode([text])
        if isinstance(self.stage, TextStage):
            words = self.stage.read_words(text)
            known = [int(i) != UNK_ID for i in sequence]
            left_out = max(len(self.stage.segment(text)) - self.stage.max_length, 0)
        else:
            words, left_out = self.stage.positions(text), 0
            known = [bool(row.any()) for row in sequence]
        return Encoded(text, words, known, left_out, send(self.model, sequence, self.seed))


@dataclass(frozen=True)
class Encoded:
    """One text and what is sent of it.

    words: L words as the model reads them; known: whether something is known of each; left_out:
    words after the first ``max_length``, which it does not read
    """

    text: str
    words: list[str]
    known: list[bool]
    left_out: int
    sent: Sent


def load_sender(out: Path | str, name: str | None = None, seed: int = 0) -> Sender:
    """The SNN called ``name`` of a run, or its ANN converted with another code.

    Args:
        out: run folder
        name: ``snn``, ``finetuned``, ``snn@t4``, ``snn@saf:8`` ...; the last SNN made where none is
            named
        seed: of the draw of a stochastic code, and of the texts that a variant is balanced on

    Raises:
        InputError: no such model, it has not been made, or it is no SNN.
    """
    run = RunFolder(out)
    name = name or run.last_model()
    parts = parse_victim(name)
    if parts.control or parts.is_ann:
        raise InputError(
            f"expected an SNN, which sends spikes, but {name} is "
            f"{'a control' if parts.control else 'an ANN, which reads vectors as they are'}: give "
            "--model snn after snnconvert convert, or a code, as in --model snn@saf:4"
        )
    found = load_victim(run.path, name, seed=seed)
    if not isinstance(found, ModelClassifier) or not isinstance(found.model, SpikingTextModel):
        raise InputError(
            f"expected an SNN that words are sent to as spikes, but {name} reads vectors as they "
            "are and makes spikes inside: give a run with a converted SNN"
        )
    return Sender(name, found.stage, found.model, seed)
