"""Words near a word in an embedding: short published lists, or the counter-fitted vectors."""

from __future__ import annotations

import gzip
import json
from functools import cache
from typing import Any

import numpy as np

from ...errors import InputError
from ..assets.nltk import ASSETS, locate
from ..building.loading import load_textattack


@cache
def neighbour_lists() -> dict[str, list[str]]:
    """Up to 8 counter-fitted neighbours of each word, nearest first (Jia et al. 2019).

    Raises:
        InputError: the file is not there, or is not such lists.
    """
    path, handle = _open("neighbours")
    try:
        with handle:
            lists = json.load(handle)
        ok = isinstance(lists, dict) and all(isinstance(words, list) for words in lists.values())
    except ValueError:  # no JSON, or no UTF-8
        ok = False
    if not ok or not any(lists.values()):
        raise InputError(
            f"expected a JSON object of word lists in {path}, but it is not one: get it again"
        )
    return lists


@cache
def counterfitted_vectors() -> tuple[dict[str, int], np.ndarray]:
    """Row of each word, and the counter-fitted vectors (V, D) float32 (Mrksic et al. 2016).

    Raises:
        InputError: the file is not there, or is not a table of words and numbers.
    """
    path, handle = _open("vectors")
    rows: dict[str, int] = {}
    values: list[np.ndarray] = []
    with gzip.open(handle) if path.endswith(".gz") else handle as lines:
        for number, line in enumerate(lines, start=1):
            word, *numbers = line.decode("utf-8", errors="replace").split()
            vector = _numbers(numbers)
            if vector is None or (values and len(vector) != len(values[0])):
                raise InputError(
                    f"expected a word and {len(values[0]) if values else 'its'} numbers in line "
                    f"{number} of {path}, but it is something else: get the file again"
                )
            if word not in rows:
                rows[word] = len(values)
                values.append(vector)
    if not values:
        raise InputError(f"expected word vectors in {path}, but it is empty: get it again")
    return rows, np.stack(values)


def _numbers(texts: list[str]) -> np.ndarray | None:
    try:
        vector = np.array(texts, dtype=np.float32)
    except ValueError:
        return None
    return vector if len(vector) and np.isfinite(vector).all() else None


def _open(name: str) -> tuple[str, Any]:
    """Path and bytes of a one-file asset; raises `InputError` where it is missing."""
    pointers = locate(name)
    if pointers is None:
        raise InputError(f"this attack needs {ASSETS[name].missing()}")
    return str(pointers[0]), pointers[0].open()


def list_embedding() -> Any:
    """The neighbour lists as an embedding of TextAttack: it has neighbours, but no distances."""
    return _embedding_class()(neighbour_lists())


def vector_embedding() -> Any:
    """The counter-fitted vectors as an embedding of TextAttack, neighbours by Euclidean distance.

    As in the ``paragramcf`` embedding that TextAttack downloads, which is made of these vectors.
    """
    rows, vectors = counterfitted_vectors()
    return _vector_class()(vectors, rows, {row: word for word, row in rows.items()})


@cache
def _vector_class() -> Any:
    load_textattack()
    from textattack.shared import WordEmbedding

    class VectorEmbedding(WordEmbedding):
        """TextAttack's embedding, whose own search without a table of neighbours fails."""

        def nearest_neighbours(self, index: int, topn: int) -> list[int]:
            key = (index, topn)
            if key not in self._nn_cache:
                # |a - b|^2, and only the best of V words are sorted; the word itself is one of them
                squares = ((self.embedding_matrix - self.embedding_matrix[index]) ** 2).sum(axis=1)
                last = min(topn + 1, len(squares))
                near = np.argpartition(squares, last - 1)[:last]
                order = near[np.lexsort((near, squares[near]))]
                self._nn_cache[key] = [int(row) for row in order if row != index][:topn]
            return self._nn_cache[key]

    return VectorEmbedding


@cache
def _embedding_class() -> Any:
    load_textattack()
    from textattack.shared import AbstractWordEmbedding

    class ListEmbedding(AbstractWordEmbedding):
        """Neighbours from lists. A word stands for itself where TextAttack has its number."""

        def __init__(self, lists: dict[str, list[str]]) -> None:
            self._lists = lists

        def __getitem__(self, index: str) -> None:
            return None  # no vectors

        def get_mse_dist(self, a: str, b: str) -> float:
            raise NotImplementedError("neighbour lists hold no distances")

        def get_cos_sim(self, a: str, b: str) -> float:
            raise NotImplementedError("neighbour lists hold no distances")

        def word2index(self, word: str) -> str:
            if word not in self._lists:
                raise KeyError(word)
            return word

        def index2word(self, index: str) -> str:
            return index

        def nearest_neighbours(self, index: str, topn: int) -> list[str]:
            return self._lists[index][:topn]

    return ListEmbedding
