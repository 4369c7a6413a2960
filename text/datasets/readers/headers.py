"""Whether the first line of a file names its columns: told by content, refused where unclear.

A header that is taken for a row becomes a class and a text; a row that is taken for a header is
lost. So the first line is a header only where its content says it, and where it could be either,
the user is asked.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from ....errors import InputError
from .columns import (
    LABEL_COLUMNS,
    LABEL_NAMES,
    TEXT_COLUMNS,
    TEXT_NAMES,
    Columns,
    group_of,
    listed,
    normal,
)
from .delimited import is_number
from .options import FileOptions

_SENTENCE = frozenset(".,!?;:。，！？；：…\"'“”()（）")
_WORDS, _LETTERS = 8, 60  # a cell with more of them names no column


def names_columns(cells: Sequence[str]) -> bool:
    """Whether one cell is a usual name of a column of labels and another of one of texts."""
    labels = {i for i, cell in enumerate(cells) if group_of(cell, LABEL_NAMES) is not None}
    texts = {i for i, cell in enumerate(cells) if group_of(cell, TEXT_NAMES) is not None}
    return bool(labels and texts) and len(labels | texts) > 1


def same_line(one: Sequence[str], other: Sequence[str]) -> bool:
    """Whether two lines are the same but for case and blanks."""
    return [c.strip().lower() for c in one] == [c.strip().lower() for c in other]


def is_header(
    first: Sequence[str],
    body: Sequence[Sequence[str]],
    columns: Columns,
    options: FileOptions,
    repeated: bool,
    where: str,
) -> bool:
    """Whether ``first`` names the columns of ``body``.

    Args:
        first: the cells of the first line.
        body: those of all further lines of the data set, first lines of other splits left out.
        columns: where labels and texts are.
        options: what the user says.
        repeated: every split of the data set begins with this line.
        where: the file, for errors.

    Raises:
        InputError: it could be either.
    """
    label, text = first[columns.label].strip(), first[columns.text].strip()
    rows = [row for row in body if len(row) == len(first) and not same_line(row, first)]
    labels = Counter(row[columns.label].strip() for row in rows)
    if label in labels or label in options.known:
        return False
    if names_columns(first) or (repeated and label):
        return True
    found = _judge(label, text, labels, [row[columns.text].strip() for row in rows])
    if found is None:
        if all((given or "").isdigit() for given in (options.label_column, options.text_column)):
            return False
        raise InputError(
            f"{where}: cannot tell whether line 1 ({listed(first)}) names the columns or is a row, "
            f"the only one of class {label!r}: give --label-column {label!r} --text-column "
            f"{text if len(text) <= 40 else columns.text + 1!r} if it names them, or "
            f"--label-column {columns.label + 1} --text-column {columns.text + 1} if it is a row"
        )
    return found


def _judge(label: str, text: str, labels: Counter[str], texts: Sequence[str]) -> bool | None:
    """Whether a line whose label no other line has is a header; None where it could be either."""
    if not labels or not label:
        return False
    if normal(label) in LABEL_COLUMNS or normal(text) in TEXT_COLUMNS:
        return True
    numbers = all(map(is_number, labels))
    if numbers and is_number(label):
        return False
    sentence = _is_sentence(text)
    if numbers:
        return None if sentence else True
    short = sum(len(text) < len(other) for other in texts) >= 0.9 * len(texts)
    if short and not sentence and len(text.split()) == 1:
        return True
    if sentence or min(labels.values()) == 1:
        return False
    return None


def _is_sentence(text: str) -> bool:
    """Whether ``text`` is too long, or has marks, for the name of a column."""
    return bool(_SENTENCE.intersection(text)) or len(text) > _LETTERS or len(text.split()) >= _WORDS
