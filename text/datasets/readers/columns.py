"""Which column holds the labels and which the texts: by option, by name, or by content."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from ....errors import InputError
from ...pairs import joined
from .options import FileOptions
from .split_column import split_like

# Names by how surely they mean it; among several columns the earlier group wins.
LABEL_NAMES = (
    ("label", "labels", "class", "classes", "target", "targets", "y", "标签", "类别"),
    (
        *("sentiment", "sentiments", "polarity", "category", "categories", "emotion", "emotions"),
        *("intent", "topic", "stance", "tag", "classification", "v1", "情感", "分类", "情绪"),
    ),
    ("rating", "ratings", "stars", "star", "score", "scores", "overall", "评分"),
)
TEXT_NAMES = (
    (
        *("text", "texts", "sentence", "sentences", "review", "reviews", "content", "contents"),
        *("tweet", "tweets", "comment", "comments", "message", "messages", "body", "document"),
        *("documents", "utterance", "post", "posts", "phrase", "query", "question", "sms", "v2"),
        *("文本", "评论", "内容", "句子", "评价"),
    ),
    ("title", "headline", "subject", "summary", "description", "标题"),
)
LABEL_COLUMNS = tuple(name for group in LABEL_NAMES for name in group)
TEXT_COLUMNS = tuple(name for group in TEXT_NAMES for name in group)
_NEITHER = frozenset(
    [
        "id",
        "ids",
        "index",
        "idx",
        "no",
        "number",
        "user",
        "username",
        "author",
        "date",
        "time",
        "timestamp",
        "url",
        "link",
        "lang",
        "language",
        "source",
        "split",
        "fold",
        "confidence",
        "unnamed",
    ]
)
_PART = re.compile(r"[^\W_]+")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_CJK = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_SHOWN, _LONGEST = 12, 60  # names in an error, and characters of each


class UnclearColumnsError(InputError):
    """The columns do not say which is which; the message lists them and the options."""


@dataclass(frozen=True)
class Columns:
    """Positions of labels and texts, and whether names or options (not content) gave both.

    second: of the second text of a pair, where texts are pairs
    """

    label: int
    text: int
    named: bool = False
    second: int | None = None

    def read(self, cells: Sequence[str]) -> str:
        """The text of a row, or its two texts as one."""
        first = cells[self.text]
        return first if self.second is None else joined(first, cells[self.second])


def normal(name: str) -> str:
    """A column name as names are compared: "Review Text", "reviewText" as "review_text"."""
    return "_".join(_PART.findall(_CAMEL.sub("_", name.strip()))).lower()


def group_of(name: str, groups: Sequence[Sequence[str]]) -> int | None:
    """How surely ``name`` means it, 0 the most: the group that it, or its last word, is in."""
    plain = normal(name)
    parts = plain.split("_")
    for wanted in (plain, parts[-1] if len(parts) <= 3 else ""):
        for rank, group in enumerate(groups):
            if wanted in group:
                return rank if wanted == plain else rank + len(groups)
    return None


def is_neither(name: str) -> bool:
    """Whether ``name`` is of neither labels nor texts, as an id, or no name at all."""
    return bool(_NEITHER.intersection(normal(name).split("_"))) or not normal(name)


def choose(
    names: Sequence[str] | None,
    columns: Sequence[Sequence[str]],
    options: FileOptions,
    where: str,
) -> Columns:
    """The columns of labels and texts.

    Args:
        names: of the columns; None where the file has none.
        columns: the cells of each, as many as are worth looking at.
        options: what the user says about them.
        where: the file, for errors.

    Raises:
        UnclearColumnsError: several columns could be it, or none; or one that the user names is
            not there.
    """
    label = _by_option(options.label_column, names, len(columns), "label", where)
    text = _by_option(options.text_column, names, len(columns), "text", where)
    if label is not None and label == text:
        raise UnclearColumnsError(
            f"{where}: expected two columns, but --label-column is --text-column too"
        )
    if label is None:
        label = _by_name(names, columns, LABEL_NAMES, {text}, label_like, "label", where)
    if text is None:
        text = _by_name(names, columns, TEXT_NAMES, {label}, text_like, "text", where)
    named = label is not None and text is not None
    if label is None and text is None and len(columns) == 2:
        turned = label_like(columns[1]) and not label_like(columns[0])
        turned = turned and len(set(columns[0])) > len(columns[0]) / 2
        return Columns(int(turned), int(not turned))
    if label is None:
        label = _label_by_content(names, columns, text, where)
    if text is None:
        text = _text_by_content(names, columns, label, where)
    return Columns(label, text, named)


def _by_option(
    given: str | None, names: Sequence[str] | None, width: int, what: str, where: str
) -> int | None:
    """The column that an option names, or numbers from 1."""
    if given is None:
        return None
    for same in (str.strip, normal):
        found = [i for i, name in enumerate(names or ()) if same(name) == same(given)]
        if found:
            return found[0]
    if given.strip().isdigit() and 1 <= int(given) <= width:
        return int(given) - 1
    has = listed(names) if names else f"{width} without names"
    raise UnclearColumnsError(
        f"{where}: expected a column {given!r}, as given with --{what}-column, but its columns are "
        f"{has}"
    )


def _by_name(
    names: Sequence[str] | None,
    columns: Sequence[Sequence[str]],
    groups: Sequence[Sequence[str]],
    taken: set[int | None],
    fits: object,
    what: str,
    where: str,
) -> int | None:
    """The column with the surest name; among equals the one whose content fits."""
    ranks = {i: group_of(name, groups) for i, name in enumerate(names or ()) if i not in taken}
    known = {i: rank for i, rank in ranks.items() if rank is not None}
    if not known:
        return None
    best = [i for i, rank in known.items() if rank == min(known.values())]
    if len(best) > 1 and callable(fits):
        best = [i for i in best if fits(columns[i])] or best
    if len(best) > 1:
        assert names is not None
        raise UnclearColumnsError(
            f"{where}: expected one column of {what}s, but {listed([names[i] for i in best])} "
            f"could each be it; say which with --{what}-column"
        )
    return best[0]


def _label_by_content(
    names: Sequence[str] | None, columns: Sequence[Sequence[str]], text: int | None, where: str
) -> int:
    found = [
        i
        for i, cells in enumerate(columns)
        if i != text and label_like(cells) and not (names and is_neither(names[i]))
        if not split_like(cells)
    ]
    if len(found) != 1:
        raise _unclear(names, columns, "label", found, where)
    return found[0]


def _text_by_content(
    names: Sequence[str] | None, columns: Sequence[Sequence[str]], label: int, where: str
) -> int:
    others = [i for i in range(len(columns)) if i != label]
    if len(others) == 1 and not (names and is_neither(names[others[0]])):
        return others[0]
    found = [i for i in others if text_like(columns[i])]
    sizes = {i: sum(map(len, columns[i])) for i in found}
    longest = max(found, key=lambda i: sizes[i], default=None)
    if longest is None or any(2 * sizes[i] > sizes[longest] for i in found if i != longest):
        raise _unclear(names, columns, "text", found, where)
    return longest


def _unclear(
    names: Sequence[str] | None,
    columns: Sequence[Sequence[str]],
    what: str,
    found: Sequence[int],
    where: str,
) -> UnclearColumnsError:
    known = LABEL_COLUMNS if what == "label" else TEXT_COLUMNS
    has = listed(names) if names else f"{len(columns)} without names"
    several = [names[i] if names else str(i + 1) for i in found]
    could = f" ({listed(several)} could each be it)" if len(several) > 1 else ""
    return UnclearColumnsError(
        f"{where}: expected a column of {what}s, but its columns are {has}{could}; say which with "
        f"--{what}-column NAME (or its number), or call it {', '.join(known[:_SHOWN])} or the like"
    )


def label_like(cells: Sequence[str]) -> bool:
    """Whether ``cells`` look like labels: few different short values, each of them again."""
    distinct = {cell.strip() for cell in cells}
    return (
        "" not in distinct
        and 2 <= len(distinct) <= min(100, len(cells) / 2)
        and all(len(cell) <= 60 for cell in distinct)
    )


def text_like(cells: Sequence[str]) -> bool:
    """Whether ``cells`` look like texts: mostly different, of several words or East Asian."""
    filled = [cell for cell in cells if cell.strip()]
    if 2 * len(filled) < len(cells) or 2 * len(set(filled)) < len(filled) or not filled:
        return False
    worded = sum(len(cell.split()) > 2 or bool(_CJK.search(cell)) for cell in filled)
    letters = sum(any(map(str.isalpha, cell)) for cell in filled)
    return 2 * worded >= len(filled) and 2 * letters >= len(filled)


def listed(names: Sequence[str]) -> str:
    """Names as an error lists them: by ``repr`` where one would not see all of it."""
    cut = [name if len(name) <= _LONGEST else f"{name[:_LONGEST]}..." for name in names[:_SHOWN]]
    shown = [name if _visible(name) else repr(name) for name in cut]
    return ", ".join(shown) + (", ..." if len(names) > _SHOWN else "")


def _visible(name: str) -> bool:
    hidden = any(unicodedata.category(c) in ("Cf", "Cc", "Co", "Cn") for c in name)
    return bool(name.strip()) and not hidden and name == name.strip() and "," not in name
