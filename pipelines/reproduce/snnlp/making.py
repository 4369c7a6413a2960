"""One row of the reproduction, from its texts to its figures."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from ....files import sha256, write_json
from ....seeds import derive
from ....typed_json import to_json
from ...settings.reproduce import ReproduceSettings
from .data.binary import binary_words, word_frames
from .data.frames import Frames, random_frames, saf_frames
from .data.inputs import WHOLE, Inputs, made_inputs
from .data.published import WORDS, published_accuracy
from .data.rows import Cell, Row
from .data.texts import Labelled, labelled, split, tokenized
from .training.ann import ann_row
from .training.chain import ChainSettings, trained_row
from .training.ours import OurSettings, our_row
from .training.plan import MEASURES, OURS, Measure

PUBLISHED = Measure("as published")


@dataclass(frozen=True)
class Work:
    """What the rows of a call share.

    folder: where they go; data_dir: of the named data sets; vectors: file of word vectors;
    settings: of the command
    """

    folder: Path
    data_dir: str | None
    vectors: str
    settings: ReproduceSettings

    def place(self, cell: Cell) -> Path:
        """The file of a row."""
        return self.folder / "rows" / f"{cell.name}.json"

    def stamp(self, cell: Cell) -> str:
        """What a row depends on, as a hash: with another one it is made anew."""
        way = (WHOLE,) if cell.level == "sentence" else ()
        own = (self.settings.limit, self.settings.encoder, Path(self.vectors).name, *way)
        ours = cell.recipe in OURS
        training: Any = OurSettings() if ours else self.training(cell)
        return sha256(repr((cell, own, training)).encode())[:16]

    def training(self, cell: Cell) -> ChainSettings:
        """How the published recipe, or one that differs from it in one thing, is trained."""
        base = MEASURES.get(cell.recipe, PUBLISHED).settings
        return replace(base, epochs=self.settings.epochs, precision=self.settings.precision)


def make(work: Work, cell: Cell) -> Row:
    """Train and measure one row, and write its file.

    Raises:
        InputError: data, vectors or the encoder are missing.
    """
    found = _scaled(work, cell.dataset, cell.level, MEASURES.get(cell.recipe, PUBLISHED).scale)
    parts = split(len(found.labels), cell.seed)
    if cell.recipe in OURS:
        row = our_row(cell, found, parts, OurSettings(), work.folder)
    elif cell.code == "none":
        row = ann_row(cell, found, parts, work.training(cell))
    else:
        row = _chain_row(work, cell, found, parts)
    if cell.recipe == "published":
        own = (cell.dataset, cell.level, cell.code, cell.steps)
        row.published_accuracy = published_accuracy(*own)
    row.notes |= {"inputs": found.source, "stamp": work.stamp(cell)}
    write_json(work.place(cell), to_json(row))
    return row


def _chain_row(work: Work, cell: Cell, found: Inputs, parts: dict[str, np.ndarray]) -> Row:
    """A chain of spiking neurons, on the input spikes of the cell's code."""
    measure = MEASURES.get(cell.recipe, PUBLISHED)

    def frames(epoch: int) -> Frames:
        if cell.code == "binary":
            return _binary(work, cell.dataset)
        if cell.code == "saf":
            return _saf(work, cell.dataset, cell.level, cell.steps, measure.scale)
        draw = epoch if measure.fresh and epoch >= 0 else 0
        drawn = derive(cell.seed, "snnlp", "frames", draw)
        own = (cell.dataset, cell.level, cell.steps)
        return _random(work, *own, drawn, measure.upright, measure.scale)

    classes = len(found.classes)
    return trained_row(cell, frames, found.labels, classes, parts, work.training(cell))


def inputs_of(work: Work, dataset: str, level: str) -> Inputs:
    """The vectors of a data set, made once and kept in the folder."""
    source = work.vectors if level == "word" else work.settings.encoder
    place = work.folder / "inputs" / f"{dataset}-{level}.safetensors"
    return _inputs(work, dataset, level, source, place)


@lru_cache(maxsize=2)
def _inputs(work: Work, dataset: str, level: str, source: str, place: Path) -> Inputs:
    own = work.settings.precision
    return made_inputs(level, lambda: _texts(work, dataset), source, place, own)


@lru_cache(maxsize=1)
def _texts(work: Work, dataset: str) -> Labelled:
    return labelled(dataset, work.data_dir, work.settings.limit)


@lru_cache(maxsize=1)
def _binary(work: Work, dataset: str) -> Frames:
    words = tokenized(_texts(work, dataset).texts)
    bits = binary_words(words, work.vectors, seed=0)
    return word_frames(words, bits, WORDS[dataset])


def _scaled(work: Work, dataset: str, level: str, scale: float) -> Inputs:
    """The inputs with their vectors multiplied, where ``scale`` is not 1."""
    found = inputs_of(work, dataset, level)
    if scale == 1:
        return found
    words = f"{found.source}, times {scale:g}"
    return replace(found, vectors=found.vectors * np.float32(scale), source=words)


@lru_cache(maxsize=1)
def _saf(work: Work, dataset: str, level: str, steps: int, scale: float) -> Frames:
    return saf_frames(_scaled(work, dataset, level, scale).vectors, steps)


@lru_cache(maxsize=2)  # those of an epoch, and those of dev and test
def _random(
    work: Work, dataset: str, level: str, steps: int, seed: int, upright: bool, scale: float
) -> Frames:
    return random_frames(_scaled(work, dataset, level, scale).vectors, steps, seed, upright)
