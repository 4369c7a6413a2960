"""Data sets from Hugging Face through the optional ``datasets`` package."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from ...errors import InputError, SnnConvertError, one_line
from ...installation import install_hint
from ..decoding.decoding import replace_surrogates
from .folders import Rows
from .readers.columns import LABEL_COLUMNS, TEXT_COLUMNS, normal
from .readers.options import BY_CONTENT, FileOptions
from .readers.readers import Row, label_word

_SPLITS = {"train": "train", "validation": "dev", "test": "test"}
_HIDDEN = "-1"  # the label of test rows whose truth is kept back, as in GLUE


def read_hub(name: str, options: FileOptions = BY_CONTENT) -> tuple[Rows, Sequence[str] | None]:
    """The rows of the set ``name`` (or ``NAME:CONFIGURATION``) by split, and its class names.

    The text column is the one of ``options``, or the first of `TEXT_COLUMNS` that there is, the
    label column likewise of `LABEL_COLUMNS`. A split without known labels is left out.

    Returns:
        Rows by split ("train" and whichever of "dev" and "test" there are), and the class names
        where the set declares them, else None.

    Raises:
        InputError: the package is missing, or the set has no such columns or splits.
        SnnConvertError: the set cannot be fetched.
    """
    try:
        import datasets
    except ImportError:
        raise InputError(
            f"hf:{name} needs the package datasets: install it with: {install_hint('datasets')}"
        ) from None
    path, _, configuration = name.partition(":")
    if not path:
        raise InputError("expected a name after hf:, for example hf:dair-ai/emotion, but got none")
    try:
        found = datasets.load_dataset(path, configuration or None)
    except (OSError, ValueError, RuntimeError) as error:
        raise SnnConvertError(
            f"could not load {path} from Hugging Face ({one_line(error)[:200]}); check the name "
            "and the network, or give the path of a file"
        ) from None
    return rows_of(found, f"hf:{name}", options)


def rows_of(
    found: Any, where: str, options: FileOptions = BY_CONTENT
) -> tuple[Rows, Sequence[str] | None]:
    """Rows and class names of a loaded ``DatasetDict``; see `read_hub`."""
    if "train" not in found:
        raise InputError(f"expected a train split in {where}, but it has {', '.join(found)}")
    columns = found["train"].column_names
    text = _column(columns, TEXT_COLUMNS, options.text_column, "--text-column", where)
    label = _column(columns, LABEL_COLUMNS, options.label_column, "--label-column", where)
    rows: Rows = {}
    for split, ours in _SPLITS.items():
        if split in found:
            pairs = _pairs(found[split][label], found[split][text], where)
            if any(label != _HIDDEN for label, _ in pairs):
                rows[ours] = pairs
    names = getattr(found["train"].features[label], "names", None)
    return rows, names


def _pairs(labels: Iterable[Any], texts: Iterable[Any], where: str) -> list[Row]:
    pairs = []
    for number, (label, text) in enumerate(zip(labels, texts, strict=True), 1):
        word = label_word(label)
        if not word:
            raise InputError(
                f"{where} row {number}: expected an integer or a string as label, got {label!r}"
            )
        if not isinstance(text, str):
            raise InputError(f"{where} row {number}: expected a string as text, got {text!r}")
        pairs.append((word, replace_surrogates(text)))
    return pairs


def _column(
    columns: Sequence[str], wanted: Sequence[str], given: str | None, option: str, where: str
) -> str:
    """The column that the option names, or the first that has a usual name."""
    for name in (given,) if given else wanted:
        for column in columns:
            if column == name or (not given and normal(column) == name):
                return column
    asked = f"{given!r}, as given with {option}," if given else " or ".join(wanted[:8])
    raise InputError(
        f"expected a column {asked} in {where}, but it has {', '.join(columns)}; say which with "
        f"{option}"
    )
