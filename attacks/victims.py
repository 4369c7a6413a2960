"""The victim of an attack: what a classifier must offer, and its wrapper for TextAttack."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol, cast

import numpy as np

from ..errors import InputError
from ..text.inputs import as_texts

if TYPE_CHECKING:
    from ..engine.gradients.text import TextGradient

DRAWS = 8
"""Draws of the input's noise that the averaged gradient is the mean of."""

SUM_TOLERANCE = 1e-12
"""How far a row of probabilities may be from 1; TextAttack would "repair" rows with a softmax."""


class Classifier(Protocol):
    """What attacks need from a model; ANN, converted SNN and fine-tuned SNN look the same here."""

    language: str
    """``"en"`` or ``"zh"``."""
    classes: Sequence[str]
    """The names of the K classes; class k is column k of the probabilities."""

    def probabilities(self, texts: Sequence[str], seed: int = 0) -> np.ndarray:
        """Class probabilities ``(N, K)``, float64, rows summing to 1.

        Batch-invariant (a text's row does not depend on its neighbours), and deterministic given
        ``seed``, which fixes the noise of a stochastic encoder.
        """

    def segment(self, text: str) -> list[str]:
        """The words the model reads, in order, as pieces of ``text``."""

    @property
    def stochastic(self) -> bool:
        """Whether ``probabilities`` depends on ``seed``."""

    def votes(self, texts: Sequence[str], draws: int, seed: int = 0) -> np.ndarray:
        """How many of ``draws`` single, independent noise draws predict each class.

        Int64 (N, K), rows summing to ``draws``. Every text and draw has noise of its own.
        """


class WhiteBox(Classifier, Protocol):
    """What white-box attacks need from a model."""

    def gradient(
        self, text: str, label: int, kind: str = "surrogate", seed: int = 0, draws: int = DRAWS
    ) -> TextGradient:
        """The gradient of the loss of class ``label`` at ``text`` (see `engine.gradients`).

        Raises:
            InputError: the model has none.
        """

    def first_order(self, gradient: TextGradient, texts: Sequence[str]) -> np.ndarray:
        """How much more loss ``texts`` have, by the gradient at another text: (N,) float64."""


class Victim:
    """A `Classifier` as TextAttack calls it: a list of texts in, ``(N, K)`` float64 out.

    It satisfies ``textattack.models.wrappers.ModelWrapper`` and is registered as one by
    :func:`~snnconvert.attacks.building.loading.load_textattack`, so that this module stays light.

    Attributes:
        model: the classifier.
        seed: noise seed of every query; set once per attacked example, so that a stochastic
            encoder shows the whole search one noise field.
    """

    def __init__(self, classifier: Classifier, seed: int = 0) -> None:
        self.model = classifier
        self.seed = seed

    def __call__(self, text_input_list: Sequence[str], **_: Any) -> np.ndarray:
        """Probabilities ``(N, K)`` of ``text_input_list``.

        Raises:
            ValueError: the classifier broke its contract (shape, type, NaN, sum of a row).
        """
        texts = as_texts(text_input_list)
        rows = self.model.probabilities(texts, seed=self.seed)
        check_probabilities(rows, len(texts), len(self.model.classes))
        return rows


def check_probabilities(rows: np.ndarray, texts: int, classes: int) -> None:
    """Raise `ValueError` unless ``rows`` is ``(texts, classes)`` float64 and each sums to 1."""
    if not isinstance(rows, np.ndarray) or rows.dtype != np.float64:
        kind = getattr(rows, "dtype", type(rows).__name__)
        raise ValueError(f"expected probabilities as a float64 array, but the model gave {kind}")
    if rows.shape != (texts, classes):
        raise ValueError(
            f"expected probabilities of shape {(texts, classes)}, but the model gave {rows.shape}"
        )
    if not np.isfinite(rows).all():
        raise ValueError("expected finite probabilities, but the model gave NaN or infinity")
    if (rows < 0).any():
        raise ValueError(f"expected probabilities from 0 to 1, but the model gave {rows.min():g}")
    worst = np.abs(rows.sum(axis=1) - 1).max(initial=0.0)
    if worst > SUM_TOLERANCE:
        raise ValueError(
            f"expected rows that sum to 1 within {SUM_TOLERANCE:g}, but one is off by {worst:g}"
        )


def check_gradient(classifier: Classifier, name: str, kind: str) -> None:
    """Make sure that attack ``name`` can have gradients of ``kind``.

    Raises:
        InputError: the classifier has none.
    """
    if not hasattr(getattr(classifier, "inner", classifier), "gradient"):  # a control wraps another
        raise InputError(
            f"the attack {name} needs the gradients of its victim, but this one shows "
            f"probabilities alone ({type(classifier).__name__}): attack ann, snn or finetuned"
        )
    # of no words: quick, and refuses neurons that have no gradient
    cast("WhiteBox", classifier).gradient("", 0, kind, 0, 1)
