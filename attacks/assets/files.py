"""Attack data that lie as files in a folder of the user's, named by ``SNNCONVERT_ATTACKDATA``.

Nothing is downloaded here, and no pickle is read: what is missing is named, with its source. The
folder's layout is in docs/attacks.md.
"""

from __future__ import annotations

import importlib.util
import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from ...installation import install_hint, install_packages

VARIABLE = "SNNCONVERT_ATTACKDATA"
"""Environment variable: the folder of attack data."""


class FilePointer:
    """A file, opened the way NLTK's path pointers are."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def open(self) -> BinaryIO:
        """The file for reading bytes."""
        return self.path.open("rb")

    def __str__(self) -> str:
        return str(self.path)


@dataclass(frozen=True)
class FileAsset:
    """Data in the user's folder that presets need.

    Attributes:
        name: what presets call it, and the user reads.
        places: alternatives; each a tuple of paths in the folder, all of which must be there. A
            path that ends in ``/*.safetensors`` stands for all such files.
        source: where it comes from.
        how: how to get it, one clause; "" for what is part of this package.
        variable: environment variable that may name its folder (the first part of the paths)
            elsewhere, or the model in the Hugging Face cache; "" for none.
        packages: Python packages without which it cannot be used.
        root: the folder it lies in, for what is part of this package.
    """

    name: str
    places: tuple[tuple[str, ...], ...]
    source: str
    how: str
    variable: str = ""
    packages: tuple[str, ...] = ()
    root: Path | None = None

    def files(self) -> list[FilePointer] | None:
        """Pointers to its files, or None where one is missing or cannot be read."""
        if any(importlib.util.find_spec(package) is None for package in self.packages):
            return None
        for place in self.places:
            parts = [self._paths(part) for part in place]
            paths = [path for part in parts for path in part]
            if all(parts) and all(map(_readable, paths)):
                return [FilePointer(path) for path in paths]
        return None

    def folder(self) -> Path | None:
        """The folder that holds its files, or None where they are not all there."""
        files = self.files()
        return files[0].path.parent if files else None

    def remedy(self) -> str:
        """What to do where it is missing."""
        if self.root:
            return install_hint(again=True)
        lacking = [p for p in self.packages if importlib.util.find_spec(p) is None]
        install = f"{install_packages(*lacking)}; " if lacking else ""
        named = os.environ.get(self.variable, "") if self.variable else ""
        if named:
            return install + (
                f"{self.variable} is {named}, which is neither a folder with "
                f"{' and '.join(_names(self.places[0]))} nor such a model in the Hugging Face cache"
            )
        where = " and ".join(self.places[0])
        also = f" (or set {self.variable} to its folder)" if self.variable else ""
        return (
            f"{install}{self.how}, and put it at {where} in the folder that {VARIABLE} names{also}"
        )

    def missing(self) -> str:
        """One line for where it is missing: what, whence, how to get it."""
        return f"{self.name} ({self.source}), which is not here: {self.remedy()}"

    def _paths(self, part: str) -> list[Path]:
        """The files that ``part`` of a place stands for."""
        base = self._base(part)
        if base is None:
            return []
        if part.endswith("*.safetensors"):
            return sorted(base.parent.glob("*.safetensors"))
        return [base]

    def _base(self, part: str) -> Path | None:
        named = os.environ.get(self.variable, "") if self.variable else ""
        if named:
            folder = Path(named).expanduser()
            folder = folder if folder.is_dir() else _cached(named) or folder
            return folder / Path(part).name
        root = self.root or data_folder()
        return root / part if root else None


def data_folder() -> Path | None:
    """The folder that ``SNNCONVERT_ATTACKDATA`` names, or None where it is not set."""
    named = os.environ.get(VARIABLE)
    return Path(named).expanduser() if named else None


def _names(place: tuple[str, ...]) -> list[str]:
    return [Path(part).name for part in place]


def _readable(path: Path) -> bool:
    with suppress(OSError), path.open("rb") as handle:
        return bool(handle.read(1))
    return False


def _cached(name: str) -> Path | None:
    """The folder of the model ``name`` in the Hugging Face cache; never asks the network."""
    if importlib.util.find_spec("huggingface_hub") is None:
        return None
    from huggingface_hub import try_to_load_from_cache
    from huggingface_hub.errors import HFValidationError

    with suppress(HFValidationError):
        path = try_to_load_from_cache(name, "config.json")
        return Path(path).parent if isinstance(path, str) else None
    return None


_MASKED = (  # a tokenizer has its words in one of two files
    ("config.json", "*.safetensors", "tokenizer.json"),
    ("config.json", "*.safetensors", "vocab.txt"),
)


def _masked(language: str, example: str) -> FileAsset:
    return FileAsset(
        f"masked-{language}",
        tuple(tuple(f"masked/{language}/{name}" for name in names) for names in _MASKED),
        f"a masked language model such as {example}, in safetensors",
        f"run: hf download {example}",
        variable=f"SNNCONVERT_MASKED_{language.upper()}",
        packages=("transformers",),
    )


FILE_ASSETS = (
    FileAsset(
        "glyphs",
        (("glyphs.tsv",),),
        "look-alike characters, part of this package",
        "",
        root=Path(__file__).resolve().parent,
    ),
    FileAsset(
        "neighbours",
        (("neighbours/counterfitted_neighbors.json",),),
        "neighbour lists of the counter-fitted vectors, Jia et al. 2019",
        "get data/counterfitted_neighbors.json of github.com/robinjia/certified-word-sub",
    ),
    FileAsset(
        "vectors",
        (("vectors/counter-fitted-vectors.txt",), ("vectors/counter-fitted-vectors.txt.gz",)),
        "the counter-fitted word vectors of Mrksic et al. 2016",
        "unzip word_vectors/counter-fitted-vectors.txt.zip of github.com/nmrksic/counter-fitting",
    ),
    FileAsset(
        "use",
        (("use/saved_model.pb", "use/variables/variables.index"),),
        "the Universal Sentence Encoder, Google",
        "get google/universal-sentence-encoder (TensorFlow 2 SavedModel) from kaggle.com/models",
        packages=("tensorflow",),
    ),
    _masked("en", "google-bert/bert-base-uncased"),
    _masked("zh", "google-bert/bert-base-chinese"),
    FileAsset(
        "hownet",
        (("hownet/candidates.json",),),
        "HowNet substitutes of Zang et al. 2020",
        "write word_candidates_sense.pkl of TextAttack's data as JSON, word -> kind -> words",
    ),
    FileAsset(
        "cilin",
        (("lexicons/cilin_new.txt",),),
        "the synonym sets of the extended Cilin, HIT-IR",
        "get cilin_new.txt, in UTF-8",
    ),
)
