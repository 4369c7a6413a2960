"""One vector a text, as SNNLP makes them: at the level of words, or of sentences."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from .....engine.dense.products import gradient_type
from .....files import sha256
from .....files.disk import remove_folder
from .....progress import say
from .....text.vectors.load import load_vectors
from .kept import read_kept, write_kept
from .parts import in_parts
from .texts import Labelled, cleaned, tokenized

WHOLE = "whole texts"
"""How sentence vectors are made: what an encoder does not read at once, it reads in pieces."""


@dataclass(frozen=True)
class Inputs:
    """Vectors (N, D) float32 of all texts, their classes (N,), K class names, and their source."""

    vectors: np.ndarray
    labels: np.ndarray
    classes: tuple[str, ...]
    source: str

    @property
    def dim(self) -> int:
        """D."""
        return int(self.vectors.shape[1])


def mean_vectors(texts: Sequence[Sequence[str]], source: str) -> tuple[np.ndarray, str]:
    """The mean of the vectors of the known words of each text (N, D), zeros without any.

    Vectors are taken as their file has them, in no other range, as published.

    Args:
        texts: words of each text
        source: word vectors, as `load_vectors` takes them

    Returns:
        The vectors, and what they are in words.
    """
    needed = {word for words in texts for word in words}
    found = load_vectors(source, wanted=needed.__contains__)
    place = {word: row for row, word in enumerate(found.words)}
    rows = np.zeros((len(texts), found.dim), np.float32)
    for row, words in zip(rows, texts, strict=True):
        known = [place[word] for word in words if word in place]
        if known:
            row[:] = found.matrix[known].mean(axis=0)
    return rows, f"mean of {Path(source).name}, {found.dim} components"


def sentence_vectors(
    texts: Sequence[str], encoder: str, parts: Path, precision: str = "auto"
) -> tuple[np.ndarray, str]:
    """Vectors (N, D) of whole cleaned texts by a sentence encoder, and what they are in words.

    Args:
        texts: cleaned
        encoder: as `open_encoder` takes it
        parts: a folder for what a stopped run has made, see `in_parts`
        precision: of the encoder's products, see `gradient_type`; bfloat16 halves the time and
            moves components by a twentieth of their deviation at most

    Raises:
        InputError: no such encoder, or sentence-transformers is not installed.
    """
    from .....text.stages.sentence.encoder import open_encoder

    opened, kind = open_encoder(encoder), gradient_type(precision)
    words = f"{opened.name}, {opened.dim} components, {WHOLE}"
    half = kind is not torch.float32
    words += ", made in bfloat16" if half else ""
    with torch.autocast("cpu", dtype=torch.bfloat16, enabled=half):
        return in_parts(texts, opened.vectors, parts, words), words


def made_inputs(
    level: str,
    data: Callable[[], Labelled],
    source: str,
    place: Path,
    precision: str = "auto",
) -> Inputs:
    """The inputs of a level, from ``place`` where they were made before.

    Args:
        level: ``word`` or ``sentence``
        data: the texts, asked for where they are needed
        source: of word vectors, or the sentence encoder
        place: a file, which is written
        precision: of `sentence_vectors`
    """
    found = data()
    parts = place.with_suffix(".parts")
    own = [level, source, *((precision, WHOLE) if level == "sentence" else ()), *found.texts]
    key = sha256("\n".join(own).encode())
    kept = read_kept(place, key)
    if kept is None:
        say(f"vectors of {len(found.texts)} texts at the level of the {level}, from {source}")
        texts = [cleaned(text) for text in found.texts]
        if level == "word":
            vectors, words = mean_vectors(tokenized(found.texts), source)
        else:
            vectors, words = sentence_vectors(texts, source, parts, precision)
        write_kept(place, vectors, key, words)
        kept = vectors, words
    if parts.exists():  # also those of a run that was stopped when it had the whole
        remove_folder(parts)
    return Inputs(kept[0], found.labels, found.classes, kept[1])
