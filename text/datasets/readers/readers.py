"""Labelled texts from delimited, JSON and plain text files, alone or as splits of one data set."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from operator import itemgetter
from pathlib import Path
from typing import Any

from ....errors import InputError
from ...decoding.decoding import Decoded, decode, is_utf8_too, replace_surrogates
from ...decoding.invisible import clean_label, clean_text
from ...decoding.packed import read_bytes
from .columns import (
    LABEL_NAMES,
    TEXT_COLUMNS,
    TEXT_NAMES,
    Columns,
    UnclearColumnsError,
    choose,
    is_neither,
    listed,
    normal,
)
from .delimited import Line
from .headers import is_header, names_columns, same_line
from .json_records import Record, json_records
from .kinds import JSON, holds_json, named_kind, refuse_foreign
from .options import BY_CONTENT, FileOptions
from .split_column import SPLITS, split_column, told
from .tables import Table, read_table

Row = tuple[str, str]
"""(label, text), both as the file has them but for invisible characters."""

UNLABELLED = "if it has no labels, take it out of the data set (`predict` reads such files)"
_FASTTEXT = "__label__"
_LOOKED_AT = 5000  # rows by whose content columns are told


@dataclass
class Read:
    """The rows of one file, the facts about it for the results, and notes in words."""

    rows: list[Row]
    facts: dict[str, Any]
    notes: list[str] = field(default_factory=list)
    splits: list[str] = field(default_factory=list)
    """The split of each row, where a column says it; rows may be of others than `SPLITS`."""

    def by_split(self) -> dict[str, Read]:
        """The rows of each split that a column says; all of them as "all" where none does."""
        if not self.splits:
            return {"all": self}
        parts: dict[str, Read] = {}
        for split in SPLITS:
            rows = [row for row, own in zip(self.rows, self.splits, strict=True) if own == split]
            if rows:
                parts[split] = Read(rows, {**self.facts, "rows": len(rows)}, self.notes)
        return parts


def read_file(path: Path, options: FileOptions = BY_CONTENT) -> Read:
    """The labelled texts of ``path``, in order, and what is to be said; see `read_files`."""
    return read_files({"": path}, options)[""]


def read_files(paths: Mapping[str, Path], options: FileOptions) -> dict[str, Read]:
    """The labelled texts of the files of one data set, by split.

    Delimited files are ``label<TAB>text`` and the like: delimiter, quoting, columns and whether the
    first line names them are told by content (`tables`, `columns`, `headers`), as far as
    ``options`` leave them to it. JSON has one object a line or an array of them (`json_records`).
    Empty texts are kept, blank lines are no rows.

    Raises:
        InputError: unreadable, another encoding, unequal columns, columns or a header that the
            content leaves unclear, an empty label, broken JSON (with the line), or no rows at all.
    """
    tables: dict[str, Table] = {}
    found: dict[str, Read] = {}
    texts: dict[str, Decoded] = {}
    doubtful: dict[str, str] = {}
    for split, path in paths.items():
        kind = named_kind(path)
        data = read_bytes(path)
        refuse_foreign(data, path)
        texts[split] = decode(data, path, options.encoding)
        if kind in JSON or (not options.plain and holds_json(texts[split].text)):
            records = json_records(texts[split].text, path)
            found[split] = _from_records(records, options, path)
        else:
            tables[split] = read_table(texts[split].text, kind, options, path)
        if is_utf8_too(data, texts[split].encoding):
            doubtful[split] = "its bytes are UTF-8 as well: leave out --encoding if texts look odd"
    found |= _from_tables(tables, options, paths)
    for split, note in doubtful.items():
        found[split].notes.append(note)
    return {split: _finished(found[split], texts[split], paths[split], options) for split in paths}


def _from_tables(
    tables: Mapping[str, Table], options: FileOptions, paths: Mapping[str, Path]
) -> dict[str, Read]:
    """Rows of delimited files; what is a header is looked at over all of them."""
    found: dict[str, Read] = {}
    layout: Columns | None = None  # of a file before: what a file without names follows
    filled = [table for table in tables.values() if table.lines]
    firsts = [table.lines[0].cells for table in filled]
    bodies = [line.cells for table in filled for line in table.lines[1:]]
    for split, table in tables.items():
        where = str(paths[split])
        if not table.lines:
            found[split] = Read([], {"file": paths[split].name})
            continue
        if options.plain:
            layout = _plain_columns(table.lines, options.pairs, where)
            found[split] = _picked(table, layout, False, paths[split])
            continue
        _check_widths(table.lines, where)
        if table.delimiter == "__label__":
            columns, header = Columns(0, 1), False
        else:
            first = table.lines[0].cells
            repeated = sum(same_line(first, other) for other in firsts) > 1
            before = layout or _named_elsewhere(first, firsts, options, where)
            columns, header = _layout(table.lines, bodies, options, repeated, before, where)
        layout = columns
        found[split] = _picked(table, columns, header, paths[split])
    return found


def _plain_columns(lines: Sequence[Line], pairs: bool, where: str) -> Columns:
    """Those of lines that are known to be a label and a text, or a label and two texts."""
    names = ("label", "text", "text")[: 3 if pairs else 2]
    for line in lines:
        if len(line.cells) != len(names):
            raise InputError(
                f"{where} line {line.number}: expected {len(names)} columns ({', '.join(names)}), "
                f"but got {len(line.cells)}: this set is of {'pairs' if pairs else 'single texts'}"
            )
    return Columns(0, 1, second=2 if pairs else None)


def _named_elsewhere(
    first: Sequence[str], firsts: Sequence[Sequence[str]], options: FileOptions, where: str
) -> Columns | None:
    """The columns that the options name in another split, where ``first`` lacks those names."""
    given = [o for o in (options.label_column, options.text_column) if o and not o.isdigit()]
    for names in firsts:
        if given and names is not first and len(names) == len(first):
            with suppress(UnclearColumnsError):
                return choose(names, [()] * len(names), options, where)
    return None


def _check_widths(lines: Sequence[Line], where: str) -> None:
    """Refuse rows of another number of columns than most have; empty ones at the end are cut."""
    width = Counter(len(line.cells) for line in lines[:_LOOKED_AT]).most_common(1)[0][0]
    width = len(lines[0].cells) if len(lines[0].cells) > 1 else max(width, 2)
    for line in lines:
        while len(line.cells) > width and not line.cells[-1].strip():
            line.cells.pop()
        if len(line.cells) != width:
            two = " (label, text)" if width == 2 else " as in the first line"
            odd = next((c for c in line.cells if not c.isprintable()), "")
            raise InputError(
                f"{where} line {line.number}: expected {width} columns{two}, but got "
                f"{len(line.cells)}{f' ({odd[:60]!r})' if odd else ''}; {_remedy(lines, line)}"
            )


def _remedy(lines: Sequence[Line], line: Line) -> str:
    """What to do about ``line``, which has another number of columns than expected."""
    if all(len(other.cells) == 1 for other in lines):
        if normal(lines[0].cells[0]) in TEXT_COLUMNS:
            return UNLABELLED
        return "put a tab between label and text, or say what stands there with --delimiter"
    title = "delete this line if it is no row; else " if line is lines[0] else ""
    return f"{title}quote texts that hold the delimiter, or say which it is with --delimiter"


def _layout(
    lines: Sequence[Line],
    bodies: Sequence[Sequence[str]],
    options: FileOptions,
    repeated: bool,
    before: Columns | None,
    where: str,
) -> tuple[Columns, bool]:
    """Where labels and texts are, and whether the first line is a header."""
    first = lines[0].cells
    body = [line.cells for line in lines[1:]]
    sample = [row for row in body[:_LOOKED_AT] if len(row) == len(first)]
    columns = list(zip(*sample, strict=True)) if sample else [() for _ in first]
    asked = [o for o in (options.label_column, options.text_column) if o and not o.isdigit()]
    if asked:
        try:
            return choose(first, columns, options, f"{where} line 1"), True
        except UnclearColumnsError:
            if before is None or len(first) <= max(before.label, before.text):
                raise
            return before, is_header(first, bodies, before, options, repeated, where)
    if options.label_column is None and _has_no_labels(first, columns):
        raise InputError(
            f"{where} line 1: expected a column of labels beside that of texts, but its columns "
            f"are {listed(first)}; {UNLABELLED}, or say which it is with --label-column"
        )
    if names_columns(first):
        picked = choose(first, columns, options, f"{where} line 1")
        if is_header(first, bodies, picked, options, repeated, where):
            return picked, True
    if not body and len(first) > 2 and before is None:
        raise InputError(
            f"{where} line 1: expected 2 columns (label, text), but got {len(first)}; say which "
            "they are with --label-column and --text-column"
        )
    if before is not None and len(first) > max(before.label, before.text) and len(first) > 2:
        picked = before
    else:
        try:
            picked = choose(None, columns, options, where)
        except UnclearColumnsError:  # names may still say it, and the error shall list them
            picked = choose(first, columns, options, f"{where} line 1")
    return picked, is_header(first, bodies, picked, options, repeated, where)


def _has_no_labels(first: Sequence[str], columns: Sequence[Sequence[str]]) -> bool:
    """Whether two columns are texts and what numbers them, by their names and what is in them."""
    if len(first) != 2:
        return False
    numbers = [place for place, name in enumerate(first) if is_neither(name)]
    texts = [place for place, name in enumerate(first) if normal(name) in TEXT_COLUMNS]
    return len(numbers) == len(texts) == 1 and len(set(columns[numbers[0]])) == len(
        columns[numbers[0]]
    )


def _picked(table: Table, columns: Columns, header: bool, path: Path) -> Read:
    """The labels and texts of a table."""
    first, notes = table.lines[0], list(table.notes)
    lines = table.lines
    if header:
        notes.append(f"line {first.number} was taken as a header ({listed(first.cells)})")
        lines = [line for line in lines[1:] if not same_line(line.cells, first.cells)]
        again = len(table.lines) - 1 - len(lines)
        if again:
            notes.append(f"the header occurs {again} more time{'s' * (again > 1)}, left out")
    names = [first.cells[at].strip() if header else at + 1 for at in (columns.label, columns.text)]
    usual = header and columns.named and len(first.cells) == 2
    if not usual and (header or (columns.label, columns.text) != (0, 1)):
        notes.append(_places(*names))
    facts = {"file": path.name, "delimiter": table.delimiter, "header": header}
    facts |= {"label_column": names[0], "text_column": names[1]}
    others = set(range(len(first.cells))) - {columns.label, columns.text, columns.second}
    cells = {at: map(itemgetter(at), (line.cells for line in lines)) for at in sorted(others)}
    splits = _splits(cells, first.cells if header else None, facts, notes)
    rows = []
    for line in lines:
        label = line.cells[columns.label]
        if not clean_label(label):
            raise InputError(f"{path} line {line.number}: expected a label, but it is empty")
        rows.append((label, columns.read(line.cells)))
    if all(label.startswith(_FASTTEXT) and label != _FASTTEXT for label, _ in rows):
        rows = [(label.removeprefix(_FASTTEXT), text) for label, text in rows]
    return Read(rows, facts, notes, splits)


def _splits(
    cells: Mapping[int, Iterator[str]],
    names: Sequence[str] | None,
    facts: dict[str, Any],
    notes: list[str],
) -> list[str]:
    """The split of each row as a column says it, which is written down; none where none does."""
    found = split_column(cells, names)
    if found is None:
        return []
    place, splits = found
    facts["split_column"] = names[place].strip() if names else place + 1
    notes.append(told(listed([names[place]]) if names else str(place + 1), splits))
    return splits


def _from_records(records: Sequence[Record], options: FileOptions, path: Path) -> Read:
    """The labels and texts of JSON records."""
    options.refuse("JSON, which has no delimiters", ("delimiter",))
    if not records:
        return Read([], {"file": path.name})
    names = list(dict.fromkeys(name for _, entry in records[:100] for name in entry))
    columns = [[_shown(entry.get(name)) for _, entry in records[:_LOOKED_AT]] for name in names]
    try:
        picked = choose(names, columns, options, f"{path} {records[0][0]}")
    except UnclearColumnsError:
        if options.given():
            raise
        raise UnclearColumnsError(
            f'{path} {records[0][0]}: expected an object with "label" and "text" (or names like '
            f"{', '.join(LABEL_NAMES[1][:3])} and {', '.join(TEXT_NAMES[0][2:5])}), but it has "
            f"{listed(names) or 'none'}; say which with --label-column and --text-column"
        ) from None
    label_name, text_name = names[picked.label], names[picked.text]
    rows = []
    for where, entry in records:
        if label_name not in entry or text_name not in entry:
            raise InputError(
                f'{path} {where}: expected an object with "{label_name}" and "{text_name}", but '
                f"got {str(entry)[:60]!r}"
            )
        rows.append((_label(entry[label_name], path, where), entry[text_name]))
        if not isinstance(entry[text_name], str):
            shown = repr(entry[text_name])[:60]
            raise InputError(
                f"{path} {where}: expected a string as text, got {shown}; write it in quotes, an "
                'empty one as ""'
            )
        if not clean_label(rows[-1][0]):
            raise InputError(f"{path} {where}: expected a label, but it is empty")
    notes = [] if picked.named and len(names) == 2 else [_places(label_name, text_name)]
    facts = {"file": path.name, "label_column": label_name, "text_column": text_name}
    others = set(range(len(names))) - {picked.label, picked.text}
    cells = {at: _values(records, names[at]) for at in sorted(others)}
    return Read(rows, facts, notes, _splits(cells, names, facts, notes))


def _places(label: str | int, text: str | int) -> str:
    """Which columns were taken, in words; they may have names or only numbers."""
    shown = [listed([name]) if isinstance(name, str) else str(name) for name in (label, text)]
    return f"labels are in column {shown[0]}, texts in column {shown[1]}"


def _values(records: Sequence[Record], name: str) -> Iterator[str]:
    return (_shown(entry.get(name)) for _, entry in records)


def _shown(value: Any) -> str:
    return "" if value is None else str(value)


def _label(value: Any, path: Path, where: str) -> str:
    if isinstance(value, list) and len(value) == 1:  # as tools for labelling write it
        value = value[0]
    if isinstance(value, float) and value.is_integer():  # as pandas writes integers beside gaps
        value = int(value)
    word = label_word(value)
    if word is None:
        shown = f"got {repr(value)[:60]}; write each label as a number or a word"
        raise InputError(f"{path} {where}: expected an integer or a string as label, {shown}")
    return replace_surrogates(word)


def label_word(value: object) -> str | None:
    """The class that a label names, true and false as JSON writes them; None where it names none.

    >>> [label_word(value) for value in (1, "good", True, 0.5)]
    ['1', 'good', 'true', None]
    """
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, (int, str)) else None


def _finished(read: Read, decoded: Decoded, path: Path, options: FileOptions) -> Read:
    """``read`` with clean labels and texts, and with what was done to them."""
    if not read.rows:
        raise InputError(f"expected labelled texts, but {path} has no rows")
    if options.plain:
        rows = [(label.strip(), replace_surrogates(text)) for label, text in read.rows]
        return Read(rows, {**read.facts, "rows": len(rows)})
    rows = [(clean_label(label), clean_text(replace_surrogates(text))) for label, text in read.rows]
    pairs = list(zip(rows, read.rows, strict=True))
    labels = sum(new[0] != old[0].strip() for new, old in pairs)
    texts = sum(new[1] != replace_surrogates(old[1]) for new, old in pairs)
    facts = {**read.facts, "encoding": decoded.encoding, "rows": len(rows)}
    facts["bytes"] = path.stat().st_size
    notes = list(read.notes)
    if decoded.encoding != "UTF-8":
        notes.append(f"read as {decoded.encoding}")
    if decoded.marks:
        s = "s" * (decoded.marks > 1)
        notes.append(f"left out {decoded.marks} byte order mark{s} inside")
    if labels or texts:
        notes.append(f"left out invisible characters in {labels} labels and {texts} texts")
    empty = sum(not text.strip() for _, text in rows)
    if empty:
        notes.append(f"{empty} texts are empty")
    return Read(rows, facts, notes, read.splits)
