"""The named data sets: their languages, classes and licences, and the nearest name to a typo."""

from __future__ import annotations

import difflib
from dataclasses import dataclass

from ...errors import InputError


@dataclass(frozen=True)
class Named:
    """What is fixed about a named data set.

    Attributes:
        name: the name users type, and the folder its files lie in.
        language: "en" or "zh".
        classes: class names; the label in the files is the index into them.
        sizes: rows per file of the original, by file stem ("all", or "train", "dev", "test").
        origin: authors, year and licence, for listings.
    """

    name: str
    language: str
    classes: tuple[str, ...]
    sizes: dict[str, int]
    origin: str


_POLARITY = ("negative", "positive")
_BUILTIN_SIZES = {"train": 480, "dev": 80, "test": 80}

BUILTIN = {
    "builtin-en": Named(
        "builtin-en", "en", _POLARITY, _BUILTIN_SIZES, "written for this project; Apache-2.0"
    ),
    "builtin-zh": Named(
        "builtin-zh", "zh", _POLARITY, _BUILTIN_SIZES, "written for this project; Apache-2.0"
    ),
}

NAMED = {
    entry.name: entry
    for entry in (
        Named(
            "sst2",
            "en",
            _POLARITY,
            {"train": 6920, "dev": 872, "test": 1821},
            "Socher et al. 2013; no licence stated",
        ),
        Named(
            "sst5",
            "en",
            ("very negative", "negative", "neutral", "positive", "very positive"),
            {"train": 8544, "dev": 1101, "test": 2210},
            "Socher et al. 2013; no licence stated",
        ),
        Named("mr", "en", _POLARITY, {"all": 10662}, "Pang and Lee 2005; no licence stated"),
        Named(
            "subj",
            "en",
            ("subjective", "objective"),
            {"all": 10000},
            "Pang and Lee 2004; no licence stated",
        ),
        Named("chnsenti", "zh", _POLARITY, {"all": 7766}, "Tan Songbo; no licence stated"),
        Named(
            "waimai", "zh", _POLARITY, {"all": 11987}, "ChineseNlpCorpus 2018; no licence stated"
        ),
        Named(
            "emotion",
            "en",
            ("sadness", "joy", "love", "anger", "fear", "surprise"),
            {"train": 16000, "dev": 2000, "test": 2000},
            "Saravia et al. 2018 (CARER); education and research only",
        ),
        Named(
            "imdb",
            "en",
            _POLARITY,
            {"train": 25000, "test": 25000},
            "Maas et al. 2011; no licence stated",
        ),
    )
}


def dataset_names() -> list[str]:
    """Every name that `load_dataset` knows, the built-in ones first."""
    return [*BUILTIN, *NAMED]


def unknown_name(name: str) -> InputError:
    """The error for a name that is neither known nor a path, with the nearest known name."""
    near = difflib.get_close_matches(name.lower(), dataset_names(), n=1, cutoff=0.5)
    hint = f"did you mean {near[0]}? " if near else ""
    return InputError(
        f"unknown data set {name!r}: {hint}expected one of {', '.join(dataset_names())}, "
        "a path to a file or folder, or hf:NAME"
    )
