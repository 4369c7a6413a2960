"""Word vectors: from files, by the names of gensim's downloader, trained, or random."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ...errors import InputError, SnnConvertError, one_line
from ...progress import bar
from ...seeds import derive
from ..decoding.decoding import user_path
from ..inputs import as_words
from .files import checked, quiet_gensim, read_vectors
from .rows import Wanted, WordVectors

__all__ = ["DEFAULT_DIM", "WordVectors", "load_vectors", "random_vectors"]

SMALL_DIM, DEFAULT_DIM = 100, 300
MANY_WORDS = 1_000_000
"""Running words of a corpus from which vectors have `DEFAULT_DIM` components."""
SEEN_WORDS = 2_000_000
"""Running words that the training of vectors sees over all its passes, at the least."""
GENSIM_WORDS = 10_000
"""Words of a text that gensim trains on: it passes over what comes after them, without a word."""
_FILE_ENDINGS = (
    *(".txt", ".vec", ".bin", ".kv", ".model", ".npy", ".pt"),
    *(".gz", ".bz2", ".xz", ".zip"),
)


def load_vectors(
    source: str | Path | WordVectors | Any,
    *,
    segments: Sequence[Sequence[str]] | None = None,
    dim: int | None = None,
    seed: int = 0,
    window: int = 5,
    epochs: int | None = None,
    progress: bool = True,
    wanted: Wanted | None = None,
) -> WordVectors:
    """Word vectors from ``source``.

    Args:
        source: a file (word2vec text or binary, GloVe text without a header, each also compressed;
            see `vector_files.read_vectors`), the name of a set of gensim's downloader, "train"
            (skip-gram on ``segments``), "random", `WordVectors` as they are, or a torchtext
            ``Vocab`` or ``Vectors``.
        segments: the words of each training text; "train" and "random" need them.
        dim: length of trained and random vectors (by default 100, and 300 from a million running
            words); a file must agree with it.
        seed: for "train" and "random".
        window: words on either side that "train" looks at.
        epochs: passes over ``segments`` in "train"; by default as many as make two million words,
            from 5 to 200, for skip-gram learns nothing from a few thousand.
        progress: show a bar while a file is read or vectors are trained, where there is a terminal.
        wanted: is asked of each new word of a file whether to keep its vector; None keeps all.

    Raises:
        InputError: no such file, another format, or damaged.
        SnnConvertError: gensim's downloader cannot be reached.
    """
    if dim is not None and dim < 1:
        raise InputError(f"expected word vectors of length 1 or more, got dim {dim}")
    if isinstance(source, str) and source in ("train", "random"):
        texts = [list(as_words(words)) for words in segments or ()]
        if not any(texts):
            raise InputError(f"vectors {source!r} need training texts with words, but got none")
        running = sum(map(len, texts))
        dim = dim or (DEFAULT_DIM if running >= MANY_WORDS else SMALL_DIM)
        if source == "train":
            passes = min(200, max(5, SEEN_WORDS // running)) if epochs is None else epochs
            return _train(texts, dim, seed, window, passes, progress)
        words = list(dict.fromkeys(word for text in texts for word in text))
        return WordVectors(words, random_vectors(words, dim, seed), "random")
    if isinstance(source, WordVectors):
        vectors = source
    elif hasattr(source, "itos"):
        from .torchtext import from_torchtext

        vectors = from_torchtext(source)
    elif isinstance(source, str | Path):
        vectors = _from_file_or_name(source, progress, wanted)
    else:
        raise InputError(
            "expected word vectors as a path, a name, train, random, WordVectors(words, matrix, "
            f"source) or a torchtext Vocab, but got {type(source).__name__}"
        )
    if dim is not None and dim != vectors.dim:
        raise InputError(
            f"expected word vectors of length {dim}, but those of {vectors.source} have "
            f"{vectors.dim}: leave dim out or choose other vectors"
        )
    return vectors


def random_vectors(words: Sequence[str], dim: int, seed: int) -> np.ndarray:
    """Uniform values in [-1, 1), (N, ``dim``) float32; a word's vector depends on it and the seed.

    They come from SHAKE-256 of the word, so neither the order of the words nor the release of any
    library changes them.
    """
    key = derive(seed, "random vectors").to_bytes(8, "big")
    data = b"".join(
        hashlib.shake_256(key + word.encode("utf-8", "replace")).digest(4 * dim) for word in words
    )
    integers = np.frombuffer(data, "<u4").reshape(len(words), dim)  # (N, D)
    # 24 bits are what float32 holds exactly, so the values stay below 1.
    return (integers >> 8).astype(np.float32) / np.float32(2**23) - np.float32(1)


def _from_file_or_name(source: str | Path, progress: bool, wanted: Wanted | None) -> WordVectors:
    path = user_path(source, "a file of word vectors")
    if path.is_file():
        return read_vectors(path, path.name, progress, wanted)
    if path.is_dir():
        raise InputError(f"expected a file of word vectors, but {source} is a folder")
    if path.parent != Path() or path.suffix.lower() in _FILE_ENDINGS:
        raise InputError(
            f"expected word vectors at {source}, but there is no such file; other choices are "
            "train and random"
        )
    return read_vectors(_fetch(str(source)), str(source), progress, wanted)


def _fetch(name: str) -> Path:
    """The file of the set ``name`` of gensim's downloader, fetched where it is not yet here."""
    import gensim.downloader

    try:
        # With return_path gensim fetches and checks the file but runs none of the code beside it.
        return Path(gensim.downloader.load(name, return_path=True))
    except OSError as error:
        raise SnnConvertError(
            f"{name!r} is no file, and gensim's downloader cannot be reached to look for it there "
            f"({one_line(error)[:150]}): give the path of a file, train or random"
        ) from None
    except ValueError as error:  # an unknown name, or no list of names offline
        raise InputError(
            f"expected a file of word vectors, train, random, or a name that gensim's downloader "
            f"knows, but got {name!r} ({one_line(error)[:150]})"
        ) from None


class _Passes:
    """Texts to train on, in pieces that gensim reads whole; every pass over them moves a bar on."""

    def __init__(self, texts: list[list[str]], seen: Callable[[], object]) -> None:
        self._texts, self._seen = texts, seen

    def __iter__(self) -> Iterator[list[str]]:
        for words in self._texts:
            for start in range(0, len(words), GENSIM_WORDS):
                yield words[start : start + GENSIM_WORDS]
            self._seen()


def _train(
    texts: list[list[str]], dim: int, seed: int, window: int, epochs: int, progress: bool
) -> WordVectors:
    """Skip-gram vectors (Mikolov et al. 2013) of all words, the same on every run."""
    from gensim.models import Word2Vec

    if window < 1 or epochs < 1:
        raise InputError(f"expected window and epochs of at least 1, got {window} and {epochs}")
    whole = len(texts) * (epochs + 1)  # one pass for the words
    with (
        quiet_gensim(),
        bar(total=whole, desc="train vectors", unit="text", leave=False, shown=progress) as drawn,
    ):
        model = Word2Vec(
            _Passes(texts, drawn.update),
            vector_size=dim,
            window=window,
            epochs=epochs,
            min_count=1,
            sg=1,
            workers=1,  # more would make the result depend on their timing
            seed=derive(seed, "word2vec") % 2**32,
            hashfxn=_stable_hash,
        )
    return checked(model.wv.index_to_key, model.wv.vectors, "trained")


def _stable_hash(text: str) -> int:
    """In place of ``hash``, which PYTHONHASHSEED changes."""
    return zlib.crc32(text.encode("utf-8", "replace"))
