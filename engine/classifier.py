"""A saved model with its text stage: texts in, classes and their probabilities out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ..errors import InputError
from ..models.devices import check_default_type, device_of
from ..models.outputs import check_classes
from ..models.snn import SpikingTextModel
from ..models.text_model import TextModel
from ..moved import attributes
from ..seeds import derive
from ..text.inputs import TextsLike, as_text, as_texts
from ..text.stages.stage import Stage
from ..turns import Turns
from .engines import ann_by, make_engine
from .gradients.text import DRAWS, TextGradient, WordGradients, first_order, text_gradient
from .incremental.ann_runner import AnnRunner
from .incremental.draws import logits_of_draws, logits_of_own_draws
from .kinds.kind import FEW_TEXTS
from .reference import Engine


class ModelClassifier:
    """Texts to classes and class probabilities, for an ANN or an SNN.

    Every method takes texts as a list, tuple, array, pandas Series or generator of strings; a
    string alone is one text, so that its answer has one row. `text.inputs.as_texts` says what is
    refused. `predict`, `predict_proba` and ``classes_`` are called as scikit-learn calls them.

    An SNN keeps its engine, and that the projections of the words it has seen, so single texts
    cost little. The first few are done without loading compiled kernels. Threads may share a
    classifier: they take turns.

    Args:
        stage: the text stage that the model was trained with
        model: ANN or SNN, on the device on which it is to run
        classes: class names, one per output
        draws: how many noise draws are averaged for a stochastic encoder
        engine: what runs an SNN, and at which
        precision: see `engines.make_engine`

    Raises:
        InputError: stage, model and classes are not of one run, or ``draws`` is no number from 1.
    """

    def __init__(
        self,
        stage: Stage,
        model: TextModel | SpikingTextModel,
        classes: Sequence[str],
        draws: int = 8,
        engine: str = "auto",
        precision: str = "exact",
    ) -> None:
        _check_fit(stage, model)
        check_classes(model.network, classes)
        if not isinstance(draws, int | np.integer) or draws < 1:
            raise InputError(f"expected a whole number of at least 1 for draws, but got {draws!r}")
        self.stage, self.model, self.draws = stage, model, int(draws)
        self.classes: Sequence[str] = tuple(classes)
        self.language = stage.language
        self.engine_name, self.precision = engine, precision
        self._engine: Engine | None = None
        self._ann: AnnRunner | None = None
        self._turns = Turns()  # the engines are for one thread at a time
        self._asked = 0  # texts so far
        self._gradients: WordGradients | None = None

    def __getstate__(self) -> dict[str, Any]:
        """What a copy takes, pickled or not: no engines, which are made anew where they are needed.

        Their tables take hundreds of megabytes, most of it memory that nobody has written to yet.
        """
        return vars(self) | {"_engine": None, "_ann": None, "_gradients": None}

    @property
    def classes_(self) -> np.ndarray:
        """The class names (K,), by the name that scikit-learn gives them."""
        return np.array(self.classes)

    def segment(self, text: str) -> list[str]:
        """The words that the model reads, before truncation, as they stand in ``text``.

        `TextStage.segment` gives them as the model has them.
        """
        return self.stage.pieces(text)

    def logits_by_step(self, texts: TextsLike, seed: int = 0) -> Tensor:
        """Running logits (T, N, K); T is 1 for an ANN. One noise draw for a stochastic encoder.

        Raises:
            InputError: no texts (see the class).
        """
        sequences = self.stage.encode(texts)
        if not sequences:
            steps = 1 if isinstance(self.model, TextModel) else self.model.steps
            return torch.zeros(steps, 0, len(self.classes))
        with self._running():
            if isinstance(self.model, TextModel):
                return self._ann_logits(sequences).unsqueeze(0)
            return self.engine(len(sequences)).running_logits(sequences, seed, shared_noise=True)

    def _running(self) -> Turns:
        """Around what runs the model; raises `InputError` where torch cannot run it now."""
        check_default_type()
        return self._turns

    def _ann_logits(self, sequences: Sequence[np.ndarray]) -> Tensor:
        """Logits (N, K) of an ANN."""
        assert isinstance(self.model, TextModel)
        if self._ann is None:
            self._ann = ann_by(self.engine_name, self.model, self.precision)
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
            self._engine = make_engine(
                self.model, self.engine_name, self.precision, self._asked, similar=True
            )
        return self._engine

    @property
    def stochastic(self) -> bool:
        """Whether the input code is drawn at random."""
        return isinstance(self.model, SpikingTextModel) and self.model.encoder.stochastic

    def votes(self, texts: TextsLike, draws: int, seed: int = 0) -> np.ndarray:
        """How many of ``draws`` independent noise draws predict each class, int64 (N, K).

        A vote is the class of the largest logit of a single draw; every text and draw has noise of
        its own. Without noise all draws agree.

        Raises:
            InputError: no texts (see the class), or less than one draw.
        """
        if draws < 1:
            raise InputError(f"expected at least one draw to vote, but got {draws}")
        encoded = self.stage.encode(texts)
        count = len(encoded)
        votes = np.zeros((count, len(self.classes)), np.int64)
        if not encoded:
            return votes
        if not self.stochastic:
            winners = self._logits_of_draws(encoded, [seed])[0].argmax(dim=1).numpy()
            votes[np.arange(count), winners] = draws
            return votes
        sequences = [ids for ids in encoded for _ in range(draws)]
        seeds = [derive(seed, "vote", i, draw) for i in range(count) for draw in range(draws)]
        with self._running():
            engine = self.engine(len(seeds))
            logits = logits_of_own_draws(engine, sequences, seeds)  # (N * draws, K)
        winners = logits.argmax(dim=1).numpy()
        np.add.at(votes, (np.repeat(np.arange(count), draws), winners), 1)
        return votes

    def probabilities(self, texts: TextsLike, seed: int = 0) -> np.ndarray:
        """Class probabilities (N, K), float64 rows that sum to 1.

        The softmax of the logits (mean output currents for an SNN). For a stochastic encoder the
        log-probabilities are averaged over ``draws`` noise fields that depend on ``seed`` only, so
        a text's row does not depend on the texts beside it.

        Raises:
            InputError: no texts (see the class).
        """
        sequences = self.stage.encode(texts)
        if not sequences:
            return np.zeros((0, len(self.classes)))
        seeds = [derive(seed, "draw", i) for i in range(self.draws if self.stochastic else 1)]
        total = torch.zeros(len(sequences), len(self.classes), dtype=torch.float64)
        for logits in self._logits_of_draws(sequences, seeds):
            total += torch.log_softmax(logits.double(), dim=1)  # (N, K)
        return torch.softmax(total / len(seeds), dim=1).numpy()

    def predict_proba(self, texts: TextsLike, seed: int = 0) -> np.ndarray:
        """`probabilities` by the name that scikit-learn gives them; columns as ``classes_``."""
        return self.probabilities(texts, seed)

    def predict(self, texts: TextsLike, seed: int = 0) -> np.ndarray:
        """The most probable class of each text: names, an array (N,) of str.

        Raises:
            InputError: no texts (see the class).
        """
        winners = self.probabilities(texts, seed).argmax(axis=1)
        return self.classes_[winners]

    def _logits_of_draws(self, sequences: Sequence[np.ndarray], seeds: Sequence[int]) -> Tensor:
        """Logits (S, N, K) under the noise of each seed, shared by all texts."""
        with self._running():
            if isinstance(self.model, TextModel):
                return self._ann_logits(sequences).expand(len(seeds), -1, -1)
            return logits_of_draws(self.engine(len(sequences) * len(seeds)), sequences, seeds)

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

        Raises:
            InputError: ``text`` is no string, or the model has no such class or gradient.
        """
        if label not in range(len(self.classes)):
            raise InputError(
                f"expected the number of a class from 0 to {len(self.classes) - 1}, but got "
                f"{label!r}"
            )
        with self._running():
            found = self.gradients
            return text_gradient(self.stage, found, as_text(text), label, kind, seed, draws)

    def first_order(self, found: TextGradient, texts: TextsLike) -> np.ndarray:
        """How much more loss ``texts`` have, by the gradient at another: (N,) float64."""
        others = self.stage.encode([text[: found.reach] for text in as_texts(texts)])
        words, places = np.unique(np.concatenate([found.ids, *others]), return_inverse=True)
        vectors = self.model.embedding(torch.from_numpy(words).to(device_of(self.model)))  # (n, D)
        own, *rest = np.split(places, np.cumsum([len(found.ids), *map(len, others)])[:-1])
        return first_order(found.gradient, own, rest, vectors.detach().cpu().numpy())


def _check_fit(stage: Stage, model: TextModel | SpikingTextModel) -> None:
    """Refuse a model that does not read what the stage hands on."""
    rows, dim = model.embedding.num_embeddings, model.embedding.embedding_dim
    if rows != len(stage.words):
        raise InputError(
            f"expected a model with word vectors for the {len(stage.words)} words of its "
            f"text stage, but it has {rows}; the two are not of the same run"
        )
    if not rows and dim != stage.dim:
        raise InputError(
            f"expected a model that reads the vectors of {stage.dim} components of its text stage, "
            f"but it reads {dim}; the two are not of the same run"
        )


__getattr__ = attributes(__name__)  # names that it had before
