"""Gradients of the loss for a text's word vectors, of an ANN or an SNN: what a white box shows.

The loss is the cross entropy of the true class, on the logits of the ANN or the mean output
currents of the SNN. Three kinds:

- ``surrogate``: exactly backward through time, each spike with the slope of a surrogate
  (`training/surrogate.py`: atan, one threshold wide, as in fine-tuning);
- ``rga``: through each neuron's rate (`rate.py`);
- ``averaged``: the mean of surrogate gradients over independent draws of the input's noise
  (expectation over transformation, Athalye et al. 2018). For a code that is drawn at random that is
  its own noise. Where nothing is drawn it is Gaussian noise of standard deviation `NOISE` on every
  component of the word vectors (as in SmoothGrad, Smilkov et al. 2017), which are then clipped to
  their range [-1, 1]. Stored bits take no noise.

An ANN has no spikes: the first two are its own gradient (with QCFS's straight-through floor).

The input code is passed as the rate it sends: the mean frame of every rate code is the mapped
value over its worth, up to rounding or noise, so dL/dx' = sum_t dL/dx'(t) / worth. That is exact
for direct input, the straight-through estimator for saf and bitplane, and the derivative of the
expected spike for Poisson; an ANN that reads mean frames passes them likewise. A stored bit has the
gradients of the steps that send it. The mapping is passed exactly; a component of 0 under ``split``
has the mean of the slopes on either side. Clipping to [-1, 1] is passed as if it were not there.

All in float64, so that equal candidates are told apart by no rounding. A draw's spikes depend on
its seed alone, never on the seeds of the victim's own queries: a white box knows the network, not
the noise.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from ...errors import InputError
from ...models.batches import to_batch
from ...models.encoders.bit_table import BitTable
from ...models.encoders.encoder import Encoder
from ...models.network import Signal
from ...models.neurons.base import Neurons
from ...models.neurons.training import having, trained_by
from ...models.snn import SpikingTextModel
from ...models.text_model import TextModel
from ...seeds import derive, generator
from ...text.stages.stage import Stage
from ...text.stages.words import TextStage
from ..training.surrogate import Surrogate
from .rate import rga_run

KINDS = ("surrogate", "rga", "averaged")
DRAWS = 8
NOISE = 0.1


@dataclass(frozen=True)
class TextGradient:
    """The gradient at one text.

    words: the L words that the model reads, as they are in its vocabulary
    ids: (L,) int64
    gradient: (L, D) float64, of the loss for the word vectors
    passes: how many forward and backward passes it took
    reach: the words are read from so many leading characters of the text; others have no effect
    """

    words: list[str]
    ids: np.ndarray
    gradient: np.ndarray
    passes: int
    reach: int


class WordGradients:
    """Gradients for the word vectors of one model.

    Args:
        model: ANN, or an SNN of neurons with surrogate gradients; it is not changed
        surrogate: of the SNN's spikes
        seen_through: code and T whose mean frame an ANN reads instead of the vectors themselves

    Raises:
        InputError: there is no gradient through the model's neurons, or it reads no words.
    """

    def __init__(
        self,
        model: TextModel | SpikingTextModel,
        surrogate: Surrogate | None = None,
        seen_through: tuple[Encoder, int] | None = None,
    ) -> None:
        if model.reads_vectors:
            raise InputError(
                "expected a model that reads words for an attack by gradients, but it reads one "
                "vector a text, which its text stage makes: attack it without gradients"
            )
        self.model, self.surrogate = model, surrogate or Surrogate()
        self.seen_through = seen_through
        self.encoder = model.encoder if isinstance(model, SpikingTextModel) else None
        code = seen_through[0] if seen_through else self.encoder
        self.stochastic = code is not None and code.stochastic
        nodes = [model.network.node(name) for name in model.network.inputs]
        neurons = [node for node in nodes if isinstance(node, Neurons)]
        if not all(node.has("surrogate") for node in neurons):
            kinds = ", ".join(sorted({node.kind for node in neurons}))
            raise InputError(
                f"expected an ANN, or an SNN of {having('surrogate')} neurons, for an attack by "
                f"gradients, but the model has {kinds} neurons: attack it "
                "without gradients, or convert with one of these"
            )
        self.network = copy.deepcopy(model.network).double().eval().requires_grad_(False)

    def __call__(
        self,
        ids: np.ndarray,
        label: int,
        kind: str = "surrogate",
        seed: int = 0,
        draws: int = DRAWS,
    ) -> np.ndarray:
        """The gradient (L, D) float64 of the loss of class ``label`` for the vectors of ids (L,).

        Args:
            ids: word ids; none gives (0, D)
            label: the true class
            kind: of `KINDS`
            seed: of the noise
            draws: how many draws ``averaged`` is the mean of; the others take one

        Raises:
            InputError: an unknown kind, or no draws.
        """
        if kind not in KINDS or draws < 1:
            raise InputError(
                f"expected a gradient of {', '.join(KINDS)} and at least 1 draw, but got {kind!r} "
                f"and {draws}"
            )
        total = self.one_draw(ids, label, kind, derive(seed, "gradient", 0))
        count = draws if kind == "averaged" else 1
        for draw in range(1, count):
            total = total + self.one_draw(ids, label, kind, derive(seed, "gradient", draw))
        return total / count

    def one_draw(self, ids: np.ndarray, label: int, kind: str, seed: int) -> np.ndarray:
        """The gradient (L, D) under one draw of the noise; ``averaged`` is the mean of these."""
        padded, lengths = to_batch([ids], self.model)
        x = self.model.embed(padded)  # (1, D, L)
        random = generator(seed, "noise", 0)
        bits = isinstance(self.model.embedding, BitTable)  # which have no range to blur
        if kind == "averaged" and not self.stochastic and not bits:
            drawn = torch.randn(x.shape, generator=random).to(x.device)
            x = (x + NOISE * drawn).clamp(-1, 1)
        if self.seen_through is not None:
            code, steps = self.seen_through
            frames = code.encode(x, lengths, steps, random, shared_noise=True)
            x = code.read(frames)
        with torch.enable_grad():
            if self.encoder is None:
                gradient = self._loss_gradient(x.double(), lengths, label)
            else:
                gradient = self._through_time(x, lengths, label, kind, random)
        return gradient[0, :, : len(ids)].t().cpu().numpy()

    def _through_time(
        self, x: Tensor, lengths: Tensor, label: int, kind: str, random: torch.Generator
    ) -> Tensor:
        """The gradient (1, D, L) for vectors x (1, D, L) that an SNN reads."""
        assert isinstance(self.model, SpikingTextModel) and isinstance(self.encoder, Encoder)
        steps = self.model.steps
        with self._neurons(kind):
            if self.encoder.spiking:
                frames = self.encoder.encode(x, lengths, steps, random, shared_noise=True)
                each = self._loss_gradient(frames.double(), lengths, label)  # (T, 1, D', L)
                return unmapped(self.encoder, self.encoder.coding.gradient(each), x.double())
            # the frames of direct input are one value seen T times, and its gradient is their sum
            value = self.encoder.map(x.double(), lengths)
            return unmapped(self.encoder, self._loss_gradient(value, lengths, label, steps), x)

    def _neurons(self, kind: str) -> AbstractContextManager[None]:
        """A block in which the neurons have gradients of ``kind``."""
        if kind == "rga":
            return trained_by(self.network, rga_run, "rate_slope")
        return self.surrogate.neurons(self.network)

    def _loss_gradient(self, values: Tensor, lengths: Tensor, label: int, steps: int = 0) -> Tensor:
        """The gradient of the loss for ``values``, which the network reads ``steps`` times."""
        leaf = values.detach().requires_grad_()
        read = leaf.expand(steps, *leaf.shape) if steps else leaf
        output = self.network(Signal(read, lengths))  # (1, K), or (T, 1, K)
        logits = output if output.dim() == 2 else output.mean(dim=0)
        loss = functional.cross_entropy(logits, torch.tensor([label], device=logits.device))
        (gradient,) = torch.autograd.grad(loss, leaf)
        return gradient


def text_gradient(
    stage: Stage,
    gradients: WordGradients,
    text: str,
    label: int,
    kind: str = "surrogate",
    seed: int = 0,
    draws: int = DRAWS,
) -> TextGradient:
    """The gradient at ``text``, cut into words by ``stage``; see `WordGradients` for the rest.

    Raises:
        InputError: the stage hands on no words.
    """
    if not isinstance(stage, TextStage):
        raise InputError(f"expected a text stage of words for gradients, but got {stage.kind}")
    reach = stage.reach(text)
    (ids,) = stage.encode([text[:reach]])
    gradient = gradients(ids, label, kind, seed, draws)
    words = [stage.vocabulary.words[i] for i in ids]
    return TextGradient(words, ids, gradient, draws if kind == "averaged" else 1, reach)


def unmapped(encoder: Encoder, gradient: Tensor, x: Tensor) -> Tensor:
    """A gradient (B, D', L) for mapped channels, as that (B, D, L) for the vectors x (B, D, L)."""
    dim = x.shape[1]
    gradient = gradient * encoder.gain
    if encoder.mapping == "shift":
        return gradient[:, :dim] / 2
    if encoder.mapping == "none":
        return gradient
    above, below = gradient[:, :dim], -gradient[:, dim:]
    return torch.where(x > 0, above, torch.where(x < 0, below, (above + below) / 2))


def first_order(
    gradient: np.ndarray, ids: np.ndarray, others: Sequence[np.ndarray], vectors: np.ndarray
) -> np.ndarray:
    """How much more loss other texts have, by the gradient at one text: (N,) float64.

    The sum over changed words of (e_new - e_old) . dL/de_old (Ebrahimi et al. 2018, eq. 5 and 6).
    What two texts share at their beginnings and ends is not counted. Between, words are compared
    in order: where the other text has more, the rest of its words meet the gradient of the last one
    replaced, and where it has fewer, the rest of the old ones become the zero vector.

    Args:
        gradient: (L, D)
        ids: (L,) of the text that it is for
        others: ids of N other texts
        vectors: (V, D) of all words
    """
    return np.array([_change(gradient, ids, other, vectors) for other in others], np.float64)


def _change(gradient: np.ndarray, old: np.ndarray, new: np.ndarray, vectors: np.ndarray) -> float:
    """:func:`first_order` of one text."""
    shorter = min(len(old), len(new))
    differ = np.flatnonzero(old[:shorter] != new[:shorter])
    start = int(differ[0]) if len(differ) else shorter
    back = np.flatnonzero(old[len(old) - shorter :][::-1] != new[len(new) - shorter :][::-1])
    same = min(int(back[0]) if len(back) else shorter, shorter - start)
    olds, news = old[start : len(old) - same], new[start : len(new) - same]
    total = -float(np.vdot(_read(vectors, olds), gradient[start : start + len(olds)]))
    if len(news) and len(gradient):
        last = max(start, start + len(olds) - 1)  # of the words replaced, or the one inserted at
        places = np.minimum(np.arange(start, start + len(news)), min(last, len(gradient) - 1))
        total += float(np.vdot(_read(vectors, news), gradient[places]))
    return total


def _read(vectors: np.ndarray, ids: np.ndarray) -> np.ndarray:
    """The vectors (n, D) of ids (n,) as a model reads them."""
    return vectors[ids].clip(-1, 1).astype(np.float64)
