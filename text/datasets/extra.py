"""Further texts beside a data set: without labels, or with labels that are classes of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from random import Random

from ...errors import InputError
from ..decoding.decoding import Decoded, decode, replace_surrogates, user_path
from ..decoding.invisible import clean_text
from ..decoding.packed import read_bytes
from ..sentences import sentences_of
from .dataset import Dataset
from .folders import read_path
from .readers.columns import TEXT_NAMES, group_of, label_like, listed
from .readers.delimited import quoted_lines
from .readers.json_records import json_records
from .readers.kinds import JSON, holds_json, named_kind, refuse_foreign
from .readers.options import BY_CONTENT, FileOptions
from .readers.readers import read_file


def read_extra(
    given: str | Path,
    options: FileOptions = BY_CONTENT,
    limit: int | None = None,
    seed: int = 0,
    sentences: bool = False,
) -> list[str]:
    """The texts of a file, whose labels, where it has some, are ignored.

    A ``.txt`` file (or one of an unknown ending) has one text a line, unless each line is a label,
    a tab and a text. Other files are read as labelled ones are (`readers.read_file`), or may have
    their texts alone: JSON objects with a text, a table of one column. Each may be compressed.

    Args:
        given: path of the file
        options: how to read it, where its content does not say it
        limit: at most so many texts, drawn by ``seed`` and in the order of the file
        seed: of the draw
        sentences: cut texts into their sentences (`sentences.sentences_of`) before the draw

    Raises:
        InputError: no such file, another encoding, no texts, or columns that are unclear.
    """
    path = user_path(given, "a file of texts")
    if not path.is_file():
        what = "that is a folder" if path.is_dir() else "there is no such file"
        raise InputError(
            f"expected a file of texts at {given}, but {what}: give the path of a file with one "
            "text a line, or of a .tsv, .csv or .jsonl file"
        )
    texts = [clean_text(replace_surrogates(text)).strip() for text in _texts(path, options)]
    texts = [text for text in texts if text]
    if sentences:
        texts = [sentence for text in texts for sentence in sentences_of(text)]
    if not texts:
        what = "sentences of a usual length" if sentences else "texts"
        raise InputError(f"expected texts, but {path} has no {what}: give a file with one a line")
    if limit is None or limit >= len(texts):
        return texts
    return [texts[i] for i in sorted(Random(seed).sample(range(len(texts)), limit))]


def read_labelled(
    given: str | Path, dataset: Dataset, options: FileOptions = BY_CONTENT
) -> tuple[list[str], list[int]]:
    """Further labelled texts of a file or folder: N texts and N class numbers of ``dataset``.

    Labels are names of classes or their numbers from 0, as in the files of the data set.

    Raises:
        InputError: as `read_extra`, or a label that is no class.
    """
    known = {str(number): number for number in range(len(dataset.classes))}
    known |= {name: number for number, name in enumerate(dataset.classes)}
    _, found = read_path(str(given), replace(options, known=known))
    texts: list[str] = []
    labels: list[int] = []
    for read in found.values():
        for row, (label, text) in enumerate(read.rows, 1):
            if label not in known:
                raise InputError(
                    f"{given}, {read.facts['file']} row {row}: expected a class of {dataset.name} "
                    f"({listed(dataset.classes)}) or its number, but got the label {label[:60]!r}"
                )
            if text.strip():
                texts.append(text)
                labels.append(known[label])
    if not texts:
        raise InputError(f"expected labelled texts, but all texts of {given} are empty")
    return texts, labels


def _texts(path: Path, options: FileOptions) -> list[str]:
    """The texts of a file, empty ones among them."""
    kind = named_kind(path)
    data = read_bytes(path)
    refuse_foreign(data, path)
    decoded = decode(data, path, options.encoding)
    if kind in JSON or holds_json(decoded.text):
        return _of_json(decoded, options, path)
    if kind == ".txt":
        rows = [line.split("\t") for line in _lines(decoded.text)]
        labels = [row[0] for row in rows]
        if any(len(row) != 2 for row in rows) or not label_like(labels):
            return [" ".join(row) for row in rows]
    elif (alone := _one_column(decoded.text, kind, path)) is not None:
        return alone
    return [text for _, text in read_file(path, options).rows]


def _lines(text: str) -> list[str]:
    """Lines that are not empty. They end at LF alone, since U+0085 and U+2028 occur in texts."""
    plain = text.replace("\r\n", "\n").replace("\r", "\n")
    return [line for line in plain.split("\n") if line.strip()]


def _one_column(text: str, kind: str, path: Path) -> list[str] | None:
    """The cells of a table of one column, without its name; None where it has several."""
    lines = _lines(text)
    if kind == ".csv" and lines and (len(lines) > 1 or "," in lines[0]):
        rows = [line.cells for line in quoted_lines(text, ",", str(path))]
    else:
        rows = [line.split("\t") for line in lines]
    if any(len(row) != 1 for row in rows):
        return None
    cells = [row[0] for row in rows]
    return cells[1:] if cells and group_of(cells[0], TEXT_NAMES) is not None else cells


def _of_json(decoded: Decoded, options: FileOptions, path: Path) -> list[str]:
    """The strings that objects have by the usual name, the one given, or their only one."""
    records = json_records(decoded.text, path)
    names = list(dict.fromkeys(name for _, entry in records[:100] for name in entry))
    name = options.text_column or _text_name(names)
    texts = []
    for where, entry in records:
        if name is None or not isinstance(entry.get(name), str):
            wanted = f'"{name}"' if name else f'"text" (or {", ".join(TEXT_NAMES[0][2:5])})'
            raise InputError(
                f"{path} {where}: expected an object with a string {wanted}, but it has "
                f"{listed(list(entry)) or 'nothing'}; call the column of texts so"
            )
        texts.append(str(entry[name]))
    return texts


def _text_name(names: Sequence[str]) -> str | None:
    ranks = {name: group_of(name, TEXT_NAMES) for name in names}
    known = {name: rank for name, rank in ranks.items() if rank is not None}
    if known:
        return min(known, key=lambda name: known[name])
    return names[0] if len(names) == 1 else None
