"""The named data sets, one file of `named` each: language, classes, addresses and checksums."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from ...errors import InputError
from ...files import read_yaml_mapping
from ...registry import FileRegistry


@dataclass(frozen=True)
class Original:
    """One original file.

    Attributes:
        urls: where it is, in order of preference; the checksum of the result decides.
        format: what it is, a name of `formats.FORMATS`.
        splits: which splits are made of it ("all", "train", "dev", "test").
    """

    urls: tuple[str, ...]
    format: str
    splits: tuple[str, ...]


@dataclass(frozen=True)
class Source:
    """Where a data set comes from and what it must be after conversion.

    Attributes:
        home: the page to look at by hand.
        originals: the files to fetch.
        checksums: SHA-256 of the converted TSV by split.
        ordered: False where the order of the rows is not part of the data: then the checksum is
            over the sorted lines.
    """

    home: str
    originals: tuple[Original, ...]
    checksums: Mapping[str, str]
    ordered: bool = True


@dataclass(frozen=True)
class Named:
    """What is fixed about a named data set.

    Attributes:
        name: the name users type, and the folder its files lie in.
        language: "en" or "zh".
        classes: class names; the label in the files is the index into them.
        sizes: rows per file of the original, by file stem ("all", or "train", "dev", "test").
        origin: authors, year and licence, for listings.
        source: where it is published; None for those that come with the package, and for those
            that a user added without saying so.
        shares: data sets of which one must not learn from any text: what a text is from tells its
            class here, and no comparison of texts sees it.
        files: where the file of each split lies below the data folder, without its ending, where
            that is not ``NAME/SPLIT``.
        pairs: whether its rows are ``label<TAB>text<TAB>text``, which become one text
            (`text.pairs`).
        scores: names of what it is judged by (`engine.scores`), the first first.
        grades: the highest grade, where labels are grades from 0 to it. The two classes are then
            the lower half and the upper one, the middle included.
    """

    name: str
    language: str
    classes: tuple[str, ...]
    sizes: Mapping[str, int]
    origin: str
    source: Source | None = None
    shares: tuple[str, ...] = ()
    files: Mapping[str, str] = field(default_factory=dict)
    pairs: bool = False
    scores: tuple[str, ...] = ("accuracy",)
    grades: float | None = None

    @property
    def folder(self) -> str:
        """Where its training texts lie below the data folder."""
        place = self.files.get("train")
        return str(PurePosixPath(place).parent) if place else self.name

    @property
    def elsewhere(self) -> tuple[str, ...]:
        """What is to be said of splits that are files of another name or of another set."""
        own = {split: f"{self.folder}/{split}" for split in self.files}
        return tuple(f"{s} is {place}" for s, place in self.files.items() if place != own[s])


def read_named(path: Path) -> Named:
    """The data set that a file describes, called as the file.

    Raises:
        InputError: no such file, not YAML, or a field is missing or of another form.
    """
    fields = read_yaml_mapping(path, "a data set")
    try:
        return Named(
            path.stem,
            str(fields["language"]),
            tuple(str(name) for name in fields["classes"]),
            {str(split): int(rows) for split, rows in fields["sizes"].items()},
            str(fields["origin"]),
            _source(fields) if "originals" in fields else None,
            tuple(str(name) for name in fields.get("shares", ())),
            {str(split): str(place) for split, place in fields.get("files", {}).items()},
            fields.get("pairs") is True,
            tuple(str(name) for name in fields.get("scores", ("accuracy",))),
            float(fields["grades"]) if "grades" in fields else None,
        )
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise InputError(
            f"expected language, classes, sizes and origin in {path}, and for a download home, "
            f"originals and checksums, but got another form ({type(error).__name__}: {error})"
        ) from None


def _source(fields: Mapping[str, Any]) -> Source:
    originals = tuple(
        Original(tuple(item["urls"]), str(item["format"]), tuple(item["splits"]))
        for item in fields["originals"]
    )
    checksums = {str(split): str(value) for split, value in fields["checksums"].items()}
    return Source(str(fields["home"]), originals, checksums, bool(fields.get("ordered", True)))


_HERE = Path(__file__).parent
BUILTIN: FileRegistry[Named] = FileRegistry("built-in data set", _HERE / "builtin", read_named)
NAMED: FileRegistry[Named] = FileRegistry("data set", _HERE / "named", read_named)


def dataset_names() -> list[str]:
    """Every name that `load_dataset` knows, the built-in ones first."""
    return [*BUILTIN, *NAMED]


def shared_with(name: str) -> tuple[str, ...]:
    """The data sets that ``name`` must not learn from (`Named.shares`); none for an unknown one."""
    named = BUILTIN.get(name) or NAMED.get(name)
    return named.shares if named else ()


def shared_note(name: str, given: str | Path) -> str | None:
    """One line of warning where ``given``, a file or a name, is of a set that ``name`` shares with.

    It is told by the words of the path ("data/mr/all.tsv", "sst2-phrases").

    >>> shared_note("subj", "imdb/unsup.txt.xz")
    >>> shared_note("subj", "mr/all.tsv")
    'mr/all.tsv looks like mr: being one of its texts tells the class in subj, leave it out'
    """
    parts = set(re.split(r"[^a-z0-9]+", str(given).lower()))
    for other in shared_with(name):
        if other in parts:
            return (
                f"{given} looks like {other}: being one of its texts tells the class in "
                f"{name}, leave it out"
            )
    return None


def unknown_name(name: str) -> InputError:
    """The error for a name that is neither known nor a path, with the nearest known name."""
    import difflib  # slow to import, and only this error needs it

    near = difflib.get_close_matches(name.lower(), dataset_names(), n=1, cutoff=0.5)
    hint = f"did you mean {near[0]}? " if near else ""
    return InputError(
        f"unknown data set {name!r}: {hint}expected one of {', '.join(dataset_names())}, "
        "a path to a file or folder, or hf:NAME"
    )
