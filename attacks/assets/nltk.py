"""The language data that attacks need: where it is, and what to do where it is not.

Some come from NLTK, the rest lie in a folder of the user's (`asset_files`). NLTK also looks into a
short stop-word list of our own, after every folder of the user's, so that TextAttack can be
imported without NLTK data. What a preset needs beyond that is checked before it runs: a missing
asset is an error, and never a weaker attack.
"""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from ...errors import InputError
from ...installation import install_hint
from .files import FILE_ASSETS, FileAsset, data_folder

_OWN_DATA = Path(__file__).resolve().parent / "nltk_data"
_WORDNET = [f"{kind}.{pos}" for kind in ("index", "data") for pos in ("noun", "verb", "adj", "adv")]
_WORDNET += ["noun.exc", "verb.exc", "adj.exc", "adv.exc", "lexnames"]
_TAGGER = "averaged_perceptron_tagger_eng"
_TAGGER_PARTS = ("weights", "tagdict", "classes")


@dataclass(frozen=True)
class Asset:
    """Language data of NLTK that presets need.

    Attributes:
        name: what presets call it, and the user reads.
        places: alternatives; each a tuple of NLTK resource names, all of which must be there.
        package: NLTK's name of the download.
        source: where it comes from.
    """

    name: str
    places: tuple[tuple[str, ...], ...]
    package: str
    source: str

    def files(self) -> list[Any] | None:
        """NLTK's path pointers to its files, or None where one cannot be read.

        Call `prepare_nltk` before.
        """
        import nltk.data

        for place in self.places:
            # LookupError is a missing file; NLTK refuses links out of its folders: PermissionError.
            with suppress(LookupError, OSError):
                pointers = [nltk.data.find(resource) for resource in place]
                for pointer in pointers:
                    with pointer.open() as handle:
                        handle.read(1)
                return pointers
        return None

    def remedy(self) -> str:
        """What to do where it is missing."""
        import nltk.data

        for folder in nltk.data.path:
            path = Path(folder) / self.places[0][0]
            if path.exists():
                return (
                    f"{path} is there, but NLTK reads no link that leads out of {folder}, and "
                    "nothing that others may write: copy the files there, and chmod -R go-w them"
                )
        return (
            "set NLTK_DATA to the nltk_data folder that holds it, "
            f"or run: python -m nltk.downloader {self.package}"
        )

    def missing(self) -> str:
        """One line for where it is missing: what, whence, how to get it."""
        return f"{self.name} ({self.source}), which NLTK does not find: {self.remedy()}"


ASSETS: dict[str, Asset | FileAsset] = {
    asset.name: asset
    for asset in (
        Asset(
            "stopwords",
            (("corpora/stopwords/english",),),
            "stopwords",
            "the NLTK stop-word corpus",
        ),
        Asset(
            "wordnet",
            (tuple(f"corpora/wordnet/{name}" for name in _WORDNET),),
            "wordnet",
            "WordNet 3.0, Princeton",
        ),
        Asset(
            "omw-cmn",
            tuple((f"corpora/omw-{v}/cmn/wn-data-cmn.tab",) for v in ("2.0", "1.4")),
            "omw-2.0",
            "Chinese Open Wordnet, Nanyang Technological University",
        ),
        Asset(
            "tagger",
            (
                (
                    *(f"taggers/{_TAGGER}/{_TAGGER}.{part}.json" for part in _TAGGER_PARTS),
                    "taggers/universal_tagset/en-ptb.map",
                ),
            ),
            "averaged_perceptron_tagger_eng universal_tagset",
            "NLTK's part-of-speech tagger and universal tag set",
        ),
        *FILE_ASSETS,
    )
}


def missing_extra() -> str:
    """One line for where the packages of the attacks are missing."""
    return f"attacks need the optional extra: {install_hint('attack')}"


def prepare_nltk() -> None:
    """Let NLTK look into ``NLTK_DATA``, the attack data, its usual folders, our own stop words.

    Raises:
        InputError: NLTK is not installed.
    """
    if importlib.util.find_spec("nltk") is None:
        raise InputError(missing_extra())
    import nltk.data

    # NLTK reads the variable when it is first imported; it may have been set since.
    folders = os.environ.get("NLTK_DATA", "").split(os.pathsep)
    named = [str(Path(folder).expanduser()) for folder in folders if folder]
    own = data_folder()
    named += [str(own / "nltk_data")] if own else []
    nltk.data.path[:0] = [folder for folder in named if folder not in nltk.data.path]
    if str(_OWN_DATA) not in nltk.data.path:
        nltk.data.path.append(str(_OWN_DATA))


def locate(name: str) -> list[Any] | None:
    """Pointers to the files of asset ``name``, or None where one cannot be read.

    Each has ``open()`` for its bytes and its path as ``str``. Call `prepare_nltk` before.
    """
    return ASSETS[name].files()


def digest(names: Collection[str]) -> str:
    """SHA-256 over the files of the assets ``names``: attacks with other data are other attacks."""
    prepare_nltk()
    total = sha256()
    for name in sorted(names):
        for pointer in locate(name) or ():
            with pointer.open() as handle:
                while piece := handle.read(1 << 20):  # a masked model has hundreds of megabytes
                    total.update(piece)
    return total.hexdigest()
