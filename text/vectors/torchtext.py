"""Word vectors out of torchtext 0.6 objects, known by their attributes; torchtext is not imported.

torchtext is no longer developed and its later releases do not load beside a current torch. Its pure
Python release 0.6.0 does, and so do objects of the same shape.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ...errors import InputError
from .files import checked
from .rows import WordVectors


def from_torchtext(vocab: Any, vectors: Any = None) -> WordVectors:
    """The words and vectors of a ``torchtext.vocab.Vocab`` or ``Vectors``.

    Args:
        vocab: has ``itos``, a list of N words, and ``vectors``, an (N, D) tensor (None in a
            ``Vocab`` that was built without vectors). Special words such as ``<unk>`` are left out.
        vectors: a ``Vectors`` (``itos`` and ``vectors``) that gives the words of ``vocab`` their
            vectors where ``vocab`` has none; words without one are left out.

    Raises:
        InputError: the attributes are missing, their sizes differ, or no word has a vector.
    """
    words = list(getattr(vocab, "itos", None) or [])
    source = vocab if vectors is None else vectors
    matrix = getattr(source, "vectors", None)
    if not words or matrix is None:
        raise InputError(
            "expected a torchtext Vocab or Vectors with itos and vectors, but got "
            f"{type(vocab).__name__} without: build the Vocab with vectors=, or pass vectors too"
        )
    rows = np.asarray(matrix, dtype=np.float32)  # (N, D)
    known = list(source.itos)
    if rows.ndim != 2 or len(known) != len(rows):
        raise InputError(
            f"expected one vector for each of {len(known)} words, but got shape {rows.shape}"
        )
    index = {word: i for i, word in enumerate(known)}
    # torchtext gives words that its vectors file lacks zeros, so zeros are no vector.
    given: np.ndarray = np.any(rows != 0, axis=1)  # (N,)
    kept = [w for w in words if w in index and given[index[w]] and not _special(w)]
    if not kept:
        raise InputError("expected words with vectors, but none of the words of the Vocab has one")
    picked = rows[[index[word] for word in kept]]
    return checked(kept, picked, f"torchtext {type(vocab).__name__}")


def _special(word: str) -> bool:
    return not word or (word.startswith("<") and word.endswith(">") and len(word) > 2)
