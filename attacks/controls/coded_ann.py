"""An ANN that is fed what an SNN's input code leaves of the word vectors.

That is the mean of its spikes over T steps. With Poisson spikes it is randomised smoothing (Cohen
et al. 2019, Certified Adversarial Robustness via Randomized Smoothing, ICML) without a spiking
neuron.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from ...engine.classifier import ModelClassifier
from ...engine.exact_sums import products_as_on_cpu
from ...engine.gradients.text import DRAWS, TextGradient, WordGradients, text_gradient
from ...errors import InputError
from ...models.batches import by_length, to_batch
from ...models.encoders.encoder import Encoder
from ...models.network import Signal
from ...models.text_model import TextModel
from ...seeds import derive, generator
from ...text.inputs import TextsLike, as_texts

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
        if encoder.exact:
            raise InputError(
                "expected a code of spikes for the control ann+noise, but got direct input, which "
                "changes nothing: leave this control out"
            )
        if encoder.coding.looks_up:
            raise InputError(
                f"expected a code of vectors for the control ann+noise, but {encoder.code} has "
                "bits in their place, which the ANN does not read: leave this control out"
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
            decoded = self.encoder.read(frames)  # (B, D, L)
            with products_as_on_cpu(decoded.device):
                logits = self.model.network(Signal(decoded, lengths))  # (B, K)
            rows[batch] = logits.cpu()
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

    def first_order(self, gradient: TextGradient, texts: TextsLike) -> np.ndarray:
        """As `ModelClassifier.first_order`."""
        return self.ann.first_order(gradient, texts)
