"""`snnconvert data list|get`: which named data sets are here, and how to get one."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ..errors import InputError
from ..text.download.download import download, list_datasets
from .display.aligned import table


def datasets_here(data_dir: str | None) -> list[dict[str, Any]]:
    """The named data sets, as `text.download.download.list_datasets` has them.

    Raises:
        InputError: ``data_dir`` is not a folder.
    """
    folder = data_dir or os.environ.get("SNNCONVERT_DATA")
    if folder and not Path(folder).expanduser().is_dir():
        raise InputError(f"expected a folder of data sets at {folder}, but there is none")
    return list_datasets(folder)


def datasets_table(found: Sequence[Mapping[str, Any]]) -> str:
    """The named data sets, their sizes, and whether they are here."""
    rows = []
    for item in found:
        sizes = item["sizes"]
        shown = "/".join(str(n) for n in sizes.values()) if sizes else "-"
        here = "yes" if item["present"] else "no"
        rows.append([item["name"], item["language"], len(item["classes"]), here, shown])
    return table(["name", "language", "classes", "here", "texts"], rows)


def get_dataset(name: str | None, data_dir: str | None) -> Path:
    """Download a data set from its original source into ``data_dir``.

    Raises:
        InputError: no name or no folder is given.
    """
    folder = data_dir or os.environ.get("SNNCONVERT_DATA")
    if not name:
        raise InputError("expected the name of a data set, as in: snnconvert data get sst2")
    if not folder:
        raise InputError("expected a folder to put the data in: give --data-dir DIR")
    return download(name, folder)
