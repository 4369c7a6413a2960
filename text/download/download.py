"""Getting the named data sets from where their authors or curators publish them."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

from ...errors import InputError, SnnConvertError
from ...files import replace_file, sha256
from ..datasets.folders import builtin_file, data_folder, named_files, split_files
from ..datasets.named import BUILTIN, NAMED, Named, Source, dataset_names, unknown_name
from ..decoding.packed import read_bytes
from .fetch import fetch
from .formats import convert


def checksum(data: bytes, ordered: bool = True) -> str:
    """SHA-256 of TSV bytes, or of their sorted lines where the order does not count."""
    return sha256(data if ordered else b"".join(sorted(data.splitlines(keepends=True))))


def download(
    name: str,
    data_dir: str | Path,
    sources: Mapping[str, Source] | None = None,
    progress: bool = True,
) -> Path:
    """Get the data set ``name`` into ``data_dir/name``, in the layout `load_dataset` reads.

    The original files are fetched (see `fetch.fetch` for how it resumes), converted and compared
    with their checksums; only then does the folder appear, whole. A folder that is there already
    and agrees with the checksums is left as it is.

    Args:
        name: of the data set
        data_dir: where the folders of data sets lie
        sources: where each is published, by name; by default as the registry says
        progress: show a bar

    Returns:
        The folder of the data set.

    Raises:
        InputError: no such data set, or a folder of that name with other content.
        SnnConvertError: the source cannot be reached, or gives something else.
    """
    if name in BUILTIN:
        return builtin_file(name).parent
    source = sources.get(name) if sources is not None else _published(name)
    if source is None and name in NAMED:
        raise InputError(
            f"expected a data set that can be fetched, but {name} cannot ({NAMED[name].origin}): "
            f"write its rows as label<TAB>text lines into {NAMED[name].folder} of the data folder, "
            "see docs/pairs.md"
        )
    if source is None:
        raise unknown_name(name)
    base = Path(data_dir).expanduser()
    folder, work = base / name, base / ".downloads" / name
    if folder.exists():
        _check_present(folder, source)
        return folder
    converted: dict[str, bytes] = {}
    for original in source.originals:
        path = work / original.urls[0].rsplit("/", 1)[-1]
        if not path.exists():
            fetch(original.urls, path, progress)
        try:
            parts = dict(zip(original.splits, convert(original.format, path), strict=True))
            _check(name, source, parts)
        except SnnConvertError as error:
            if not isinstance(error, InputError):  # a missing library is no fault of the file
                path.unlink(missing_ok=True)
            raise
        converted |= parts
    _install(converted, work / "ready", folder)
    with suppress(OSError):  # what is left over does no harm
        shutil.rmtree(work)
        work.parent.rmdir()
    return folder


def _published(name: str) -> Source | None:
    """Where ``name`` is published; None where nothing is known of that."""
    return NAMED[name].source if name in NAMED else None


def _check(name: str, source: Source, parts: Mapping[str, bytes]) -> None:
    for split, data in parts.items():
        got = checksum(data, source.ordered)
        if got != source.checksums[split]:
            raise SnnConvertError(
                f"{name}/{split} has the checksum {got[:12]}, expected "
                f"{source.checksums[split][:12]}: {source.home} gives other data now, or it was "
                "damaged on the way; run the command again, or fetch the data by hand"
            )


def _check_present(folder: Path, source: Source) -> None:
    """Raise `InputError` unless ``folder`` holds what the checksums ask for."""
    here = split_files(folder) if folder.is_dir() else {}
    for split, expected in source.checksums.items():
        if split not in here or checksum(read_bytes(here[split]), source.ordered) != expected:
            raise InputError(
                f"{folder} is there already, but its {split} rows are missing or others than those "
                "of the original: move it away first, or choose another --data-dir"
            )


def _install(converted: Mapping[str, bytes], ready: Path, folder: Path) -> None:
    """Write the files into ``ready``, then rename it to ``folder``: all of them or none."""
    for split, data in converted.items():
        replace_file(ready / f"{split}.tsv", partial(_write, data=data))
    try:
        ready.rename(folder)
    except OSError as error:
        raise SnnConvertError(f"could not make {folder}: {error.strerror or error}") from error


def _write(path: Path, data: bytes) -> None:
    path.write_bytes(data)


def list_datasets(data_dir: str | Path | None = None) -> list[dict[str, Any]]:
    """What there is: one record a data set, ready for JSON.

    Keys: name, language, classes, sizes (rows by split, None where the files are not here),
    present, path (None without a data folder), source.
    """
    base = data_folder(data_dir)
    records = []
    for name in dataset_names():
        entry = BUILTIN.get(name) or NAMED[name]
        sizes: dict[str, int] | None = None
        path: Path | None = builtin_file(name)
        if name in BUILTIN:
            sizes = dict(entry.sizes) if builtin_file(name).is_file() else None
        else:
            path = base / entry.folder if base else None
            files = named_files(name, base) if base else {}
            if entry.sizes.keys() <= files.keys():
                sizes = {split: read_bytes(files[split]).count(b"\n") for split in entry.sizes}
        records.append(
            {
                "name": name,
                "language": entry.language,
                "classes": list(entry.classes),
                "sizes": sizes,
                "present": sizes is not None,
                "path": str(path) if path else None,
                "source": _described(entry),
            }
        )
    return records


def _described(entry: Named) -> str:
    """Where a data set is published, and by whom."""
    return f"{entry.source.home} ({entry.origin})" if entry.source else entry.origin
