"""`SNNTextClassifier`: training, conversion and fine-tuning as one estimator of scikit-learn.

This module stands above `pipelines`, whose commands it strings together, and nothing of the package
imports it.
"""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any, Self
from weakref import WeakKeyDictionary

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils import Tags, check_random_state
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_consistent_length, check_is_fitted, column_or_1d

from ..checked_json import MOST_WHOLE
from ..errors import InputError
from ..pipelines.classifier import TextClassifier
from ..pipelines.estimator.choices import OWN, chosen
from ..pipelines.estimator.fitting import epochs_of, fit
from ..pipelines.estimator.packed import pack, unpack, unpacked
from ..pipelines.estimator.rows import class_names
from ..pipelines.run_folder.run_folder import RunFolder
from ..pipelines.settings.data import DataSettings
from ..pipelines.settings.train import TrainSettings
from ..text.inputs import TextsLike, as_texts

_LOADED: WeakKeyDictionary[SNNTextClassifier, tuple[bytes, TextClassifier]] = WeakKeyDictionary()
"""The loaded model of each fitted estimator, which is no part of its state."""


class BadInputError(InputError, ValueError):
    """Bad input in one line, as this package has it, and a ValueError, as scikit-learn does."""


class SNNTextClassifier(ClassifierMixin, BaseEstimator):
    """A spiking text classifier that is trained, converted and fine-tuned by `fit`.

    Parameters are options of ``snnconvert run``, with their defaults, checked in `fit`. None leaves
    a choice to the package: to the size of the data, or to the recipe of the conversion.

    Args:
        which: the model that is wanted: ``ann``, ``snn`` (converted) or ``finetuned``
        language: of the texts, ``en``, ``zh``, or ``auto``
        vectors: ``train``, ``random``, or a file of word vectors
        dim: components of vectors that are trained or random
        channels: filters of each width
        widths: of the filters, in words
        epochs: most epochs of the training
        steps: T of the SNN
        encoder: input code of the SNN
        reset: of its neurons, ``soft`` or ``hard``
        finetune_epochs: most epochs of the fine-tuning
        validation_fraction: share of every class by which the epoch is chosen; it is not trained on
        random_state: seed, a ``RandomState``, or None for another seed every time
        settings: other options by their names, as in ``{"train.dropout": 0.3}``
        verbose: show progress

    Attributes:
        classes_: (K,) labels, sorted
        n_iter_: epochs of the training
        model_: text stage and model as the bytes of a zip, without anything of torch
        columns_: (K,) the model's output for each of ``classes_``
        seed_: of the draws of the training, and of the noise of a stochastic code
    """

    def __init__(
        self,
        *,
        which: str = "snn",
        language: str = DataSettings.language,
        vectors: str = DataSettings.vectors,
        dim: int | None = None,
        channels: int = TrainSettings.channels,
        widths: tuple[int, ...] = TrainSettings.widths,
        epochs: int | None = None,
        steps: int | None = None,
        encoder: str | None = None,
        reset: str | None = None,
        finetune_epochs: int | None = None,
        validation_fraction: float = 0.1,
        random_state: Any = None,
        settings: dict[str, Any] | None = None,
        verbose: bool = False,
    ) -> None:
        self.which = which
        self.language = language
        self.vectors = vectors
        self.dim = dim
        self.channels = channels
        self.widths = widths
        self.epochs = epochs
        self.steps = steps
        self.encoder = encoder
        self.reset = reset
        self.finetune_epochs = finetune_epochs
        self.validation_fraction = validation_fraction
        self.random_state = random_state
        self.settings = settings
        self.verbose = verbose

    def fit(self, X: TextsLike, y: Any) -> Self:  # noqa: N803
        """Train on texts X (N,) with labels y (N,) of any type.

        Where a class has fewer than 10 different texts none are set aside; a warning says so.

        Raises:
            ValueError: no texts, labels that are no classes, or parameters out of bounds.
        """
        labels = _labels(y)
        texts = _texts(X)
        check_consistent_length(texts, labels)
        classes, numbers = np.unique(labels, return_inverse=True)
        if len(classes) < 2:
            (only,) = classes.tolist()
            raise BadInputError(
                f"expected labels of at least two classes, but got one class: {only!r}"
            )
        names = class_names(classes)
        own = {name: getattr(self, name) for name in OWN}
        seed = _seed(self.random_state)
        try:
            settings = chosen(own, self.settings, self.which, self.validation_fraction)
            fitted = fit(settings, texts, numbers.tolist(), names, seed, bool(self.verbose))
        except InputError as error:
            raise BadInputError(str(error)) from None
        if not fitted.set_aside:
            warnings.warn(
                "a class has too few different texts to set some aside (10 are needed), so the "
                "epoch was chosen by the training texts themselves",
                stacklevel=2,
            )
        self.model_, self.n_iter_, self.seed_ = fitted.packed, fitted.epochs, seed
        self.classes_ = classes
        made = self._classifier().classes
        self.columns_ = np.array([made.index(name) for name in names])
        return self

    def predict_proba(self, X: TextsLike) -> np.ndarray:  # noqa: N803
        """Probabilities (N, K) of ``classes_`` for texts X (N,)."""
        check_is_fitted(self)
        texts = _texts(X)
        found = self._classifier().predict_proba(texts, self.seed_)
        return found[:, self.columns_]

    def predict(self, X: TextsLike) -> np.ndarray:  # noqa: N803
        """The most probable label (N,) of each text X (N,)."""
        check_is_fitted(self)
        return self.classes_[self.predict_proba(X).argmax(axis=1)]

    def save_run(self, folder: Path | str) -> Path:
        """Write the model as a run folder, which ``predict``, ``export`` and others read.

        Raises:
            InputError: the folder holds something already.
        """
        check_is_fitted(self)
        return unpack(self.model_, Path(folder)).path

    @classmethod
    def from_run(cls, run: Path | str, which: str | None = None, **params: Any) -> Self:
        """A fitted estimator with a model of a run folder.

        Its labels are the class names of the run, sorted. Parameters are those of the class
        and not of the run: a later `fit` trains by them.

        Args:
            run: the folder
            which: the model; by default the last one made
            params: of the estimator

        Raises:
            InputError: no run folder, or no such model in it.
        """
        folder = RunFolder(run)
        which = which or folder.last_model()
        made = cls(which=which, **params)
        made.model_ = pack(folder, which)
        made.n_iter_, made.seed_ = epochs_of(folder), 0
        names = np.array(made._classifier().classes)
        made.columns_ = np.argsort(names)
        made.classes_ = names[made.columns_]
        return made

    def _classifier(self) -> TextClassifier:
        """The loaded model; loaded again where the estimator has been fitted again."""
        packed, loaded = _LOADED.get(self, (b"", None))
        if loaded is None or packed is not self.model_:
            with unpacked(self.model_) as run:
                loaded = TextClassifier.load(run.path)
            _LOADED[self] = (self.model_, loaded)
        return loaded

    def __sklearn_tags__(self) -> Tags:
        """What scikit-learn is to know: texts in one dimension come in."""
        tags = super().__sklearn_tags__()
        tags.input_tags.string = True
        tags.input_tags.one_d_array = True
        tags.input_tags.two_d_array = False
        return tags


def _texts(texts: Any) -> list[str]:
    """X as a list of texts; a lone string would be one text, so it is refused."""
    if isinstance(texts, str):
        raise BadInputError(
            "expected texts as a list, array or Series, but got a single string: put it in a list"
        )
    try:
        found = as_texts(texts)
    except InputError as error:
        raise BadInputError(str(error)) from None
    if not found:
        raise BadInputError("expected at least one text, but got none")
    return found


def _labels(labels: Any) -> np.ndarray:
    """Y as an array (N,) of classes."""
    if labels is None:
        raise BadInputError("requires y to be passed, but the target y is None")
    found = column_or_1d(labels, warn=True)
    check_classification_targets(found)
    if found.dtype.kind == "f" and not np.isfinite(found).all():
        raise BadInputError("expected finite labels, but y holds NaN or infinity")
    return found


def _seed(random_state: Any) -> int:
    """A seed: the number that is given, or one that the random state draws."""
    if isinstance(random_state, int | np.integer):
        if abs(int(random_state)) > MOST_WHOLE:
            raise BadInputError(
                f"expected random_state from -{MOST_WHOLE} to {MOST_WHOLE}, but got {random_state}"
            )
        return int(random_state)
    return int(check_random_state(random_state).randint(2**31 - 1))
