"""The folder of the data sets, word vectors beside it, and the language data of the attacks."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path

from .check import Check

_NAMED = 3
"""Attacks that an entry names; one kind of data may serve thirty."""


def check_data(data_dir: str | None) -> Iterator[Check]:
    """The folder of the named data sets, and word vectors beside it."""
    from ...text.download.download import list_datasets

    folder = data_dir or os.environ.get("SNNCONVERT_DATA")
    if not folder:
        yield Check(
            "data",
            "note",
            "no folder; builtin-en and builtin-zh need none",
            "give --data-dir or set SNNCONVERT_DATA",
        )
        return
    if not Path(folder).is_dir():
        yield Check(
            "data", "fail", f"is not a folder: {folder}", "correct --data-dir or SNNCONVERT_DATA"
        )
        return
    rows = list_datasets(folder)
    here = [row["name"] for row in rows if row["present"]]
    missing = [row["name"] for row in rows if not row["present"]]
    remedy = f"snnconvert data get {missing[0]} --data-dir {folder}" if missing else ""
    yield Check("data", "ok" if here else "note", ", ".join(here) or "empty folder", remedy)
    vectors = sorted(Path(folder).resolve().parent.glob("embeddings/*.gz"))
    found = ", ".join(path.name for path in vectors)
    remedy = "" if vectors else "any word2vec or GloVe file by path: --vectors FILE"
    yield Check("vectors", "ok" if vectors else "note", found or "none beside the data", remedy)


def check_attack_data() -> Iterator[Check]:
    """NLTK's folders and every kind of language data that attacks need."""
    from ...attacks.assets.nltk import missing_extra
    from ...attacks.presets.requirements import asset_status

    if any(find_spec(name) is None for name in ("textattack", "nltk", "pinyin")):
        yield Check("attack data", "note", "not looked for", missing_extra())
        return
    rows = asset_status()
    yield from check_nltk_folders()
    for row in rows:
        if row["found"]:
            yield Check(row["name"], "ok", str(row["path"]))
        else:
            yield Check(
                row["name"], "note", f"missing, for {_some(row['needed_by'])}", row["remedy"]
            )


def check_nltk_folders() -> Iterator[Check]:
    """Folders that NLTK looks into but refuses to read; call it after `prepare_nltk`."""
    import nltk.data

    for folder in nltk.data.path:
        refused = refused_by_nltk(Path(folder))
        if refused:
            yield Check("nltk folder", "note", f"NLTK refuses {refused[0]}", refused[1])


def refused_by_nltk(folder: Path) -> tuple[str, str] | None:
    """Why NLTK will not read ``folder``, and what to do; None where it will, or has no such folder.

    From 3.10 on it reads nothing that another account owns or may write to.
    """
    try:
        status = folder.stat()
    except OSError:
        return None
    if status.st_uid not in (os.getuid(), 0):
        return f"{folder}, which another account owns", f"copy it: cp -r {folder} ~/nltk_data"
    if status.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        mode = stat.S_IMODE(status.st_mode)
        return f"{folder}, which others may write to (mode {mode:o})", f"chmod -R go-w {folder}"
    return None


def _some(names: Sequence[str]) -> str:
    if len(names) <= _NAMED + 1:
        return ", ".join(names)
    return f"{', '.join(names[:_NAMED])} and {len(names) - _NAMED} more attacks"
