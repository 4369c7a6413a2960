"""The word vectors that are taken where none are named."""

from __future__ import annotations

import os
from pathlib import Path

from ....errors import InputError


def found_vectors(name: str, option: str) -> str:
    """The path of a file of word vectors in the folder of ``SNNCONVERT_VECTORS``, or near.

    Args:
        name: of the file
        option: of the command line, which names another one

    Raises:
        InputError: it is in none of the places.
    """
    for place in filter(None, [os.environ.get("SNNCONVERT_VECTORS"), "../shared/embeddings", "."]):
        path = Path(place).expanduser() / name
        if path.is_file():
            return str(path)
    raise InputError(
        f"expected word vectors, but {name} is neither in the folder of SNNCONVERT_VECTORS nor "
        f"in ../shared/embeddings: give {option} FILE, a word2vec or GloVe file"
    )
