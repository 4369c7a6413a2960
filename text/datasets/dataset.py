"""Data sets: built-in, named, from files, or from Hugging Face; always in three splits."""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from os import PathLike
from pathlib import Path
from typing import Any

from ...errors import InputError
from ..foreign import foreign_note
from ..inputs import as_labels, as_texts
from ..segment import LANGUAGES, guess_language
from .alike import alike_note
from .folders import Found, Rows, read_named, read_path, rows_of
from .hub import read_hub
from .markup import markup_note
from .named import BUILTIN, NAMED
from .readers.columns import listed
from .readers.options import BY_CONTENT, FileOptions
from .readers.split_column import SPLITS
from .repeats import Repeats, count_repeats
from .splits import assign, sample

_RULE = "stratified by label, in the order of the SHA-256 of the text, equal texts kept together"
_INTEGER = re.compile(r"0|-?[1-9][0-9]*")


@dataclass(frozen=True)
class Split:
    """Texts and the indices of their classes, N of each.

    Both may be given as lists, arrays, pandas Series or generators, and are kept as tuples.
    ``grades`` are N numbers from 0 to 1 of a task that has grades, and else none.

    Raises:
        InputError: texts or labels are something else.
    """

    texts: tuple[str, ...]
    labels: tuple[int, ...]
    grades: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "texts", tuple(as_texts(self.texts)))
        object.__setattr__(self, "labels", tuple(as_labels(self.labels)))

    def __len__(self) -> int:
        return len(self.texts)


@dataclass(frozen=True)
class Dataset:
    """A labelled data set in three splits.

    Attributes:
        name: the name or file name it was loaded by.
        language: "en" or "zh".
        classes: class names; labels are indices into them.
        split_rule: where the splits come from, in words.
        sha256: hash over split, label and text of every row in order.
        notes: what was found out and done while a file of the user's was read, in sentences.
        source: the facts about each file, for results.
        scores: names of what it is judged by (`engine.scores`), the first first.
    """

    name: str
    language: str
    classes: tuple[str, ...]
    train: Split
    dev: Split
    test: Split
    split_rule: str
    sha256: str
    notes: tuple[str, ...] = ()
    source: tuple[dict[str, Any], ...] = ()
    scores: tuple[str, ...] = ("accuracy",)

    def split(self, name: str) -> Split:
        """The split called ``name``; raises `InputError` for another name than `SPLITS`."""
        if name not in SPLITS:
            raise InputError(f"unknown split {name!r}: expected one of {', '.join(SPLITS)}")
        found: Split = getattr(self, name)
        return found

    def describe(self) -> dict[str, Any]:
        """What results record about the data: everything but the texts, ready for JSON."""
        return {
            "name": self.name,
            "language": self.language,
            "classes": list(self.classes),
            "sizes": {name: len(self.split(name)) for name in SPLITS},
            "split_rule": self.split_rule,
            "sha256": self.sha256,
            **({} if self.scores == Dataset.scores else {"scores": list(self.scores)}),
        }

    def repeats(self) -> Repeats:
        """How many texts are in a split more than once, or in two splits."""
        splits = {name: self.split(name) for name in SPLITS}
        return count_repeats({name: (own.texts, own.labels) for name, own in splits.items()})

    def overlap(self) -> dict[str, int]:
        """How many dev and test texts are also training texts (see `repeats.repeat_key`)."""
        between = self.repeats().between
        return {name: between[f"train-{name}"].texts for name in ("dev", "test")}


def load_dataset(
    name: str | Path,
    data_dir: str | Path | None = None,
    language: str = "auto",
    limit: int | None = None,
    options: FileOptions = BY_CONTENT,
) -> Dataset:
    """Load a data set and give it its three splits.

    Args:
        name: a name (see `registry.dataset_names`), a path to one TSV, CSV, JSONL, JSON or text
            file, a path to a folder with train, dev and test files of those kinds or with folders
            of .txt files by class, or ``hf:NAME``.
        data_dir: the folder that holds the named sets; by default SNNCONVERT_DATA.
        language: "en", "zh", or "auto" (that of a named set; else by the share of Chinese letters).
        limit: keep so many texts of each split, for quick trials.
        options: how to read files, where their content does not say it.

    Returns:
        The data set. Where the source has no dev or no test split, it is set aside from the
        training texts by a fixed rule (`splits.assign`), which ``split_rule`` states.

    Raises:
        InputError: unknown name or language, missing or broken files, labels that do not fit.
        SnnConvertError: a set cannot be fetched from Hugging Face.
    """
    if not isinstance(name, str | PathLike):
        raise InputError(
            f"expected the name or the path of a data set, but got {type(name).__name__}"
        )
    name = str(name)
    if language not in ("auto", *LANGUAGES):
        raise InputError(f"unknown language {language!r}: expected auto, {' or '.join(LANGUAGES)}")
    named = BUILTIN.get(name) or NAMED.get(name)
    classes: Sequence[str] | None = None
    title = name
    found: Found = {}
    if named is not None:
        options.refuse(f"the named set {name}")
        rows, classes = read_named(name, data_dir), named.classes
        language = named.language if language == "auto" else language
    elif name.startswith("hf:"):
        options.refuse("from Hugging Face", ("delimiter", "encoding"))
        rows, classes = read_hub(name.removeprefix("hf:"), options)
    else:
        title, found = read_path(name, options)
        rows = rows_of(found)
    if language == "auto":
        first = rows.get("train") or rows["all"]
        language = guess_language(text for _, text in first)
    built = _build(title, language, rows, classes, named.grades if named else None)
    dataset = replace(
        built,
        notes=(*_notes(found), *filter(None, _told(built))) if found else (),
        source=tuple({"split": split, **read.facts} for split, read in found.items()),
    )
    if named is not None:
        rule = "; ".join([dataset.split_rule, *named.elsewhere])
        dataset = replace(dataset, split_rule=rule, scores=named.scores)
    return dataset if limit is None else _limited(dataset, limit)


def _told(dataset: Dataset) -> Iterator[str | None]:
    """What is seen of the texts of a user's files, and not of how they are written down."""
    yield alike_note(dataset.classes)
    yield foreign_note(dataset.train.texts, dataset.language)
    yield markup_note(dataset.train.texts)
    rare = sorted({*range(len(dataset.classes))} - {*dataset.dev.labels})
    if rare:
        names = listed([dataset.classes[label] for label in rare])
        yield f"dev has no text of {len(rare)} of {len(dataset.classes)} classes ({names})"


def _notes(found: Found) -> tuple[str, ...]:
    """What was noticed, each thing once; with the files where it is not so of all."""
    by_note: dict[str, list[str]] = {}
    for read in found.values():
        for note in read.notes:
            by_note.setdefault(note, []).append(str(read.facts["file"]))
    return tuple(
        note if len(files) == len(found) else f"{', '.join(files)}: {note}"
        for note, files in by_note.items()
    )


def _build(
    title: str,
    language: str,
    rows: Rows,
    classes: Sequence[str] | None,
    top: float | None = None,
) -> Dataset:
    """Labels to indices, and the missing splits set aside."""
    if classes is None:
        index = _class_index([label for label, _ in rows.get("train") or rows["all"]])
        classes = list(index)
    else:  # the files hold indices; names are taken as well, where they are no indices themselves
        index = {c: i for i, c in enumerate(classes)} | {str(i): i for i in range(len(classes))}
    splits = {
        name: _graded(part, top, name, title) if top else _indexed(part, index, name, title)
        for name, part in rows.items()
    }
    missing = tuple(name for name in ("test", "dev") if name not in splits)
    whole = splits.pop("all", None) or splits["train"]
    if len(set(whole.labels)) < 2:
        raise InputError(
            f"expected at least two classes in {title}, but all its rows are {classes[0]}"
            if len(classes) == 1
            else f"expected at least two classes in {title}, but its rows have only one label"
        )
    if missing:
        given = "test" in splits  # so every class can be reported on that its owner wants to be
        parts = assign(whole.texts, whole.labels, missing, title, classes, keep_rare=given)
        for name in ("train", *missing):
            splits[name] = _pick(whole, [i for i, part in enumerate(parts) if part == name])
    return Dataset(
        name=title,
        language=language,
        classes=tuple(classes),
        train=splits["train"],
        dev=splits["dev"],
        test=splits["test"],
        split_rule=_rule(missing),
        sha256=_hash(splits),
    )


def _class_index(labels: Sequence[str]) -> dict[str, int]:
    """Index by label: integers in numerical order, anything else in the order of the strings."""
    distinct = set(labels)
    integers = all(_INTEGER.fullmatch(label) for label in distinct)
    ordered = sorted(distinct, key=int) if integers else sorted(distinct)
    return {label: i for i, label in enumerate(ordered)}


def _indexed(
    rows: Sequence[tuple[str, str]], index: Mapping[str, int], name: str, title: str
) -> Split:
    for number, (label, _) in enumerate(rows, 1):
        if label not in index:
            where = f"{title}, {name} row {number}" if name != "all" else f"{title}, row {number}"
            raise InputError(
                f"{where}: label {label!r} is not one of the classes of the training texts "
                f"({listed(list(index))}); give texts of it to train, or leave it out here"
            )
    return Split(tuple(text for _, text in rows), tuple(index[label] for label, _ in rows))


def _graded(rows: Sequence[tuple[str, str]], top: float, name: str, title: str) -> Split:
    """Rows whose labels are grades from 0 to ``top``; the class is the half that one is in."""
    grades = []
    for number, (label, _) in enumerate(rows, 1):
        try:
            grade = float(label)
        except ValueError:
            grade = math.nan
        if not 0 <= grade <= top:
            raise InputError(
                f"{title}, {name} row {number}: expected a grade from 0 to {top:g} as label, but "
                f"got {label[:60]!r}"
            )
        grades.append(grade / top)
    texts = tuple(text for _, text in rows)
    return Split(texts, tuple(int(grade >= 0.5) for grade in grades), tuple(grades))


def _pick(split: Split, rows: Sequence[int]) -> Split:
    return Split(
        tuple(split.texts[i] for i in rows),
        tuple(split.labels[i] for i in rows),
        tuple(split.grades[i] for i in rows if split.grades),
    )


def _rule(missing: Sequence[str]) -> str:
    if not missing:
        return "train, dev and test as given"
    if len(missing) == 2:
        return f"80/10/10 split of all rows, {_RULE}"
    given = "test" if "dev" in missing else "dev"
    return f"train and {given} as given; {missing[0]}: one tenth of train, {_RULE}"


def _limited(dataset: Dataset, limit: int) -> Dataset:
    """At most ``limit`` rows of each split, every class in its share."""
    splits = {}
    for name in SPLITS:
        whole = dataset.split(name)
        splits[name] = _pick(whole, sample(whole.texts, whole.labels, limit))
    return replace(
        dataset,
        train=splits["train"],
        dev=splits["dev"],
        test=splits["test"],
        split_rule=f"{dataset.split_rule}; of each split {limit} texts in a fixed stratified order",
        sha256=_hash(splits),
    )


def _hash(splits: Mapping[str, Split]) -> str:
    """SHA-256 over one JSON list ``[split, label, text]`` a line, train first."""
    digest = hashlib.sha256()
    for name in SPLITS:
        split = splits[name]
        for label, text in zip(split.grades or split.labels, split.texts, strict=True):
            line = json.dumps([name, label, text], ensure_ascii=False)
            digest.update(f"{line}\n".encode())
    return digest.hexdigest()
