"""The Universal Sentence Encoder from a folder, as a constraint of TextAttack."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import Any

import numpy as np

from ...errors import InputError
from ..assets.nltk import ASSETS
from ..building.loading import load_textattack


def sentence_encoder(**settings: Any) -> Any:
    """TextAttack's `UniversalSentenceEncoder` with ``settings``, its model from asset "use"."""
    return _encoder_class()(**settings)


@cache
def _model() -> Any:
    """The encoder: sentences in, a tensor (N, 512) out.

    Raises:
        InputError: it is not there, or TensorFlow cannot load it.
    """
    folder = ASSETS["use"].folder()  # type: ignore[union-attr]
    if folder is None:
        raise InputError(f"this attack needs {ASSETS['use'].missing()}")
    tensorflow = import_module("tensorflow")  # not one of our extras: the encoder needs it alone
    try:
        return tensorflow.saved_model.load(str(folder))
    except (OSError, ValueError) as error:
        raise InputError(
            f"TensorFlow cannot load the sentence encoder in {folder} "
            f"({type(error).__name__}): get it again"
        ) from error


@cache
def _encoder_class() -> Any:
    load_textattack()
    from textattack.constraints.semantics.sentence_encoders import UniversalSentenceEncoder

    class LocalEncoder(UniversalSentenceEncoder):
        """The encoder that is here, in place of the download of TextAttack."""

        def encode(self, sentences: list[str]) -> np.ndarray:
            vectors = _model()(list(sentences))
            return np.asarray(vectors["outputs"] if isinstance(vectors, dict) else vectors)

    return LocalEncoder
