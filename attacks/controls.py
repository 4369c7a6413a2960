"""Controls: victims that share one property with an SNN, to see what its robustness is made of.

- `CodedAnn`: the ANN fed what the SNN's input code leaves of the word vectors: the mean of its
  spikes over T steps. With Poisson spikes that is randomised smoothing (Cohen et al., ICML 2019)
  without a spiking neuron.
- `QuantisedScores`: a classifier whose scores have T + 1 levels, as few as spike counts have; a
  search that is led by scores then often sees no difference between two candidates.
- `without_noise`: the same SNN with a deterministic code of the same rates.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, cast

import numpy as np
import torch
from torch import Tensor

from ..engine.classifier import ModelClassifier
from ..engine.exact_sums import products_as_on_cpu
from ..engine.gradients.text import DRAWS, TextGradient, WordGradients, text_gradient
from ..errors import InputError
from ..models.batches import by_length, to_batch
from ..models.encoders.encoder import Encoder
from ..models.network import Signal
from ..models.snn import SpikingTextModel
from ..models.text_model import TextModel
from ..seeds import derive, generator
from ..text.inputs import TextsLike, as_texts
from .victims import Classifier

if TYPE_CHECKING:
    from .presets.white_box import WhiteBox

MOST_VALUES = 1 << 24
"""Input values over all steps in one batch: 64 MB in float32."""


class CodedAnn:
    """An ANN whose input is the time average of an SNN's spikes.

    Args:
        ann: the ANN with its text stage
        encoder: the SNN's input code
        steps: T
        draws: noise draws whose log-probabilities are averaged, as for the SNN

    Raises:
        InputError: the model is no ANN, or the code leaves the vectors as they are.
    """

    def __init__(self, ann: ModelClassifier, encoder: Encoder, steps: int, draws: int = 8) -> None:
        if not isinstance(ann.model, TextModel):
            raise InputError("expected an ANN to give the noise of a code to, but got an SNN")
        if not encoder.spiking:
            raise InputError(
                "expected a code of spikes for the control ann+noise, but got direct input, which "
                "changes nothing: leave this control out"
            )
        encoder.check_steps(steps)
        self.ann, self.model = ann, ann.model
        self.encoder, self.steps, self.draws = encoder, steps, draws
        self._gradients: WordGradients | None = None
        self.language, self.classes = ann.language, ann.classes

    @property
    def stochastic(self) -> bool:
        """Whether the code is drawn at random."""
        return self.encoder.stochastic

    def segment(self, text: str) -> list[str]:
        """The words of ``text`` as the model sees them."""
        return self.ann.segment(text)

    @torch.no_grad()
    def logits(self, texts: TextsLike, seed: int, shared: bool = True) -> Tensor:
        """Logits (N, K) under one noise field for all texts, or with noise for each."""
        self.model.eval()
        sequences = self.ann.stage.encode(texts)
        rows = torch.empty(len(sequences), len(self.classes))
        width = self.encoder.channels(self.model.embedding.embedding_dim)
        most = max(1, MOST_VALUES // (self.steps * width))  # positions
        for number, batch in enumerate(by_length(sequences, 128, most)):
            ids, lengths = to_batch([sequences[i] for i in batch], self.model)
            noise = generator(seed, "noise", 0 if shared else number)
            x = self.model.embed(ids)  # (B, D, L)
            frames = self.encoder.encode(x, lengths, self.steps, noise, shared)  # (T, B, D', L)
            decoded = self.encoder.decode(frames.mean(dim=0))  # (B, D, L)
            with products_as_on_cpu(decoded.device):
                found = self.model.network(Signal(decoded, lengths))  # (B, K)
            rows[batch] = found.cpu()
        return rows

    def probabilities(self, texts: TextsLike, seed: int = 0) -> np.ndarray:
        """Class probabilities (N, K), as `ModelClassifier.probabilities`."""
        texts = as_texts(texts)
        if not texts:
            return np.zeros((0, len(self.classes)))
        draws = self.draws if self.stochastic else 1
        total = torch.zeros(len(texts), len(self.classes), dtype=torch.float64)
        for draw in range(draws):
            logits = self.logits(texts, derive(seed, "draw", draw)).double()  # (N, K)
            total += torch.log_softmax(logits, dim=1)
        return torch.softmax(total / draws, dim=1).numpy()

    def votes(self, texts: TextsLike, draws: int, seed: int = 0) -> np.ndarray:
        """As `ModelClassifier.votes`: classes of single draws, int64 (N, K)."""
        texts = as_texts(texts)
        votes = np.zeros((len(texts), len(self.classes)), np.int64)
        times = draws if self.stochastic else 1
        for i, text in enumerate(texts):
            winners = self.logits([text] * times, derive(seed, "vote", i), shared=False)
            np.add.at(votes[i], winners.argmax(dim=1).numpy(), draws // times)
        return votes

    def gradient(
        self, text: str, label: int, kind: str = "surrogate", seed: int = 0, draws: int = DRAWS
    ) -> TextGradient:
        """As `ModelClassifier.gradient`; the code is passed as the rate that it sends."""
        code = (self.encoder, self.steps)
        self._gradients = self._gradients or WordGradients(self.model, seen_through=code)
        return text_gradient(self.ann.stage, self._gradients, text, label, kind, seed, draws)

    def first_order(self, found: TextGradient, texts: TextsLike) -> np.ndarray:
        """As `ModelClassifier.first_order`."""
        return self.ann.first_order(found, texts)


class QuantisedScores:
    """A classifier whose probabilities are multiples of 1/T.

    Rows are rounded by largest remainders, so that they sum to 1. Where that ties the predicted
    class with another, it stays in front by 1e-9: the control takes gradations away, not accuracy.

    Args:
        classifier: whose scores are rounded
        steps: T; there are T + 1 levels
    """

    NUDGE = 1e-9

    def __init__(self, classifier: Classifier, steps: int) -> None:
        if steps < 1:
            raise InputError(f"expected at least one step for quantised scores, but got {steps}")
        self.inner, self.steps = classifier, steps
        self.language, self.classes = classifier.language, classifier.classes

    @property
    def stochastic(self) -> bool:
        """As the classifier."""
        return self.inner.stochastic

    def segment(self, text: str) -> list[str]:
        """As the classifier."""
        return self.inner.segment(text)

    def probabilities(self, texts: TextsLike, seed: int = 0) -> np.ndarray:
        """Class probabilities (N, K) on T + 1 levels."""
        exact = self.inner.probabilities(as_texts(texts), seed)
        rows = largest_remainders(exact, self.steps) / self.steps
        everyone, winners = np.arange(len(rows)), exact.argmax(axis=1)
        tied = rows[everyone, winners] <= np.where(_others(winners, rows), rows, -1.0).max(axis=1)
        lead = np.where(tied, self.NUDGE, 0.0)
        rows -= rows * lead[:, None]  # every class gives its share
        rows[everyone, winners] += lead
        return rows

    def votes(self, texts: TextsLike, draws: int, seed: int = 0) -> np.ndarray:
        """As the classifier: rounding moves no prediction."""
        return self.inner.votes(as_texts(texts), draws, seed)

    def gradient(
        self, text: str, label: int, kind: str = "surrogate", seed: int = 0, draws: int = DRAWS
    ) -> TextGradient:
        """The classifier's own: who sees its network need not stop at the rounding.

        That is backward pass differentiable approximation (Athalye et al. 2018, Obfuscated
        Gradients Give a False Sense of Security, arXiv:1802.00420) by the identity.
        """
        return cast("WhiteBox", self.inner).gradient(text, label, kind, seed, draws)

    def first_order(self, found: TextGradient, texts: TextsLike) -> np.ndarray:
        """As the classifier."""
        return cast("WhiteBox", self.inner).first_order(found, as_texts(texts))


def _others(winners: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Mask (N, K) of all classes but the winner of each row."""
    return np.arange(rows.shape[1])[None] != winners[:, None]


def largest_remainders(rows: np.ndarray, levels: int) -> np.ndarray:
    """Rows that sum to 1, times ``levels``, as whole numbers that sum to ``levels``.

    Each entry is rounded down, and what is left goes to the largest remainders (Hamilton's rule),
    the first of equal ones.

    >>> largest_remainders(np.array([[0.55, 0.25, 0.2]]), 4).tolist()
    [[2, 1, 1]]
    """
    scaled = rows * levels
    whole = np.floor(scaled + 1e-12)
    left = np.rint(levels - whole.sum(axis=1)).astype(int)
    order = np.argsort(-(scaled - whole), axis=1, kind="stable")
    rank = np.argsort(order, axis=1, kind="stable")
    return (whole + (rank < left[:, None])).astype(np.int64)


def without_noise(
    snn: ModelClassifier, engine: str = "auto", precision: str = "exact"
) -> ModelClassifier:
    """The same SNN, its Poisson code exchanged for sum-and-fire of the same rates.

    Raises:
        InputError: the model is no SNN, or its code is deterministic already.
    """
    model = snn.model
    if not isinstance(model, SpikingTextModel) or not isinstance(model.encoder, Encoder):
        raise InputError("expected an SNN to take the noise from, but the model is an ANN")
    if not model.encoder.stochastic:
        raise InputError(
            f"expected an SNN with Poisson input for the control snn+deterministic, but its code "
            f"is {model.encoder.code}: leave this control out"
        )
    quiet = SpikingTextModel(
        model.embedding.weight.detach(),
        replace(model.encoder, code="saf"),
        model.network,
        model.steps,
    )
    return ModelClassifier(snn.stage, quiet.eval(), snn.classes, snn.draws, engine, precision)
