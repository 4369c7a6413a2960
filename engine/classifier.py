"""A saved model with its text stage: texts in, class probabilities out."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from ..convert.artefacts import load_model
from ..convert.outputs import check_classes
from ..errors import InputError
from ..models.snn import SpikingTextModel
from ..models.textcnn import TextModel
from ..seeds import derive
from ..text.stage import TextStage
from .ann import AnnRunner
from .choose import FEW_TEXTS, Engine, make_engine, sharing
from .draws import logits_of_draws, logits_of_own_draws
from .gradients import DRAWS, TextGradient, WordGradients, first_order, text_gradient


class TextClassifier:
    """Texts to class probabilities, for an ANN or an SNN.

    An SNN keeps its engine, and that the projections of the words it has seen, so single texts
    cost little. The first few are done without loading compiled kernels.

    Args:
        stage: the text stage that the model was trained with
        model: ANN or SNN
        classes: class names, one per output
        draws: how many noise draws are averaged for a stochastic encoder
        engine: what runs an SNN, and at which
        precision: see `choose.make_engine`
    """

    def __init__(
        self,
        stage: TextStage,
        model: TextModel | SpikingTextModel,
        classes: Sequence[str],
        draws: int = 8,
        engine: str = "auto",
        precision: str = "exact",
    ) -> None:
        rows = model.embedding.num_embeddings
        if rows != len(stage.vocabulary):
            raise InputError(
                f"expected a model with word vectors for the {len(stage.vocabulary)} words of its "
                f"text stage, but it has {rows}; the two are not of the same run"
            )
        check_classes(model.network, classes)
        self.stage, self.model, self.draws = stage, model, draws
        self.classes: Sequence[str] = tuple(classes)
        self.language = stage.language
        self.engine_name, self.precision = engine, precision
        self._engine: Engine | None = None
        self._ann: AnnRunner | None = None
        self._asked = 0  # texts so far
        self._gradients: WordGradients | None = None

    @classmethod
    def load(
        cls,
        run: Path | str,
        which: str,
        draws: int = 8,
        engine: str = "auto",
        precision: str = "exact",
    ) -> TextClassifier:
        """The model ``ann``, ``snn`` or ``finetuned`` of a run folder."""
        run = Path(run)
        stage = TextStage.load(run / "text")
        model, classes = load_model(run / which)
        return cls(stage, model, classes, draws, engine, precision)

    def segment(self, text: str) -> list[str]:
        """The words of ``text`` as the model sees them, before truncation."""
        return self.stage.segment(text)

    def logits_by_step(self, texts: Sequence[str], seed: int = 0) -> Tensor:
        """Running logits (T, N, K); T is 1 for an ANN. One noise draw for a stochastic encoder."""
        sequences = self.stage.encode(texts)
        if isinstance(self.model, TextModel):
            return self._ann_logits(sequences).unsqueeze(0)
        return self.engine(len(texts)).running_logits(sequences, seed, shared_noise=True)

    def _ann_logits(self, sequences: Sequence[np.ndarray]) -> Tensor:
        """Logits (N, K) of an ANN."""
        assert isinstance(self.model, TextModel)
        if self._ann is None:
            self._ann = AnnRunner(self.model, self.engine_name, self.precision, FEW_TEXTS)
        return self._ann.logits(sequences)

    def engine(self, texts: int = 0) -> Engine:
        """The engine that runs an SNN on ``texts`` more texts.

        Raises:
            InputError: the model is an ANN, or the engine that was asked for cannot run it.
        """
        if not isinstance(self.model, SpikingTextModel):
            raise InputError("expected a spiking model, but the model is an ANN")
        few = self._asked < FEW_TEXTS
        self._asked += texts
        if self._engine is None or (few and self._asked >= FEW_TEXTS):
            chosen = make_engine(self.model, self.engine_name, self.precision, self._asked)
            self._engine = sharing(chosen)
        return self._engine

    @property
    def stochastic(self) -> bool:
        """Whether the input code is drawn at random."""
        return isinstance(self.model, SpikingTextModel) and self.model.encoder.stochastic

    def votes(self, texts: Sequence[str], draws: int, seed: int = 0) -> np.ndarray:
        """How many of ``draws`` independent noise draws predict each class, int64 (N, K).

        A vote is the class of the largest logit of a single draw; every text and draw has noise of
        its own. Without noise all draws agree.
        """
        votes = np.zeros((len(texts), len(self.classes)), np.int64)
        if not texts:
            return votes
        if not self.stochastic:
            winners = self.logits_by_step(texts, seed)[-1].argmax(dim=1).numpy()
            votes[np.arange(len(texts)), winners] = draws
            return votes
        sequences = [ids for ids in self.stage.encode(texts) for _ in range(draws)]
        seeds = [derive(seed, "vote", i, draw) for i in range(len(texts)) for draw in range(draws)]
        logits = logits_of_own_draws(self.engine(len(seeds)), sequences, seeds)  # (N * draws, K)
        winners = logits.argmax(dim=1).numpy()
        np.add.at(votes, (np.repeat(np.arange(len(texts)), draws), winners), 1)
        return votes

    def probabilities(self, texts: Sequence[str], seed: int = 0) -> np.ndarray:
        """Class probabilities (N, K), float64 rows that sum to 1.

        The softmax of the logits (mean output currents for an SNN). For a stochastic encoder the
        log-probabilities are averaged over ``draws`` noise fields that depend on ``seed`` only, so
        a text's row does not depend on the texts beside it.
        """
        if not texts:
            return np.zeros((0, len(self.classes)))
        seeds = [derive(seed, "draw", i) for i in range(self.draws if self.stochastic else 1)]
        total = torch.zeros(len(texts), len(self.classes), dtype=torch.float64)
        for logits in self._logits_of_draws(texts, seeds):
            total += torch.log_softmax(logits.double(), dim=1)  # (N, K)
        return torch.softmax(total / len(seeds), dim=1).numpy()

    def _logits_of_draws(self, texts: Sequence[str], seeds: Sequence[int]) -> Tensor:
        """Logits (S, N, K) under the noise of each seed, shared by all texts."""
        sequences = self.stage.encode(texts)
        if isinstance(self.model, TextModel):
            return self._ann_logits(sequences).expand(len(seeds), -1, -1)
        return logits_of_draws(self.engine(len(texts) * len(seeds)), sequences, seeds)

    @property
    def gradients(self) -> WordGradients:
        """Gradients for word vectors; raises `InputError` where the model has none."""
        if self._gradients is None:
            self._gradients = WordGradients(self.model)
        return self._gradients

    def gradient(
        self, text: str, label: int, kind: str = "surrogate", seed: int = 0, draws: int = DRAWS
    ) -> TextGradient:
        """The gradient of the loss of class ``label`` for the word vectors of ``text``.

        ``kind`` is of `gradients.KINDS`; ``draws`` is how many ``averaged`` takes.
        """
        return text_gradient(self.stage, self.gradients, text, label, kind, seed, draws)

    def first_order(self, found: TextGradient, texts: Sequence[str]) -> np.ndarray:
        """How much more loss ``texts`` have, by the gradient at another: (N,) float64."""
        others = self.stage.encode([text[: found.reach] for text in texts])
        vectors = self.model.embedding.weight.detach().numpy()
        return first_order(found.gradient, found.ids, others, vectors)
