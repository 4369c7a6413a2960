"""Where the word vectors of a run lie: the file it was made with, wherever it is now.

A run records the hash of the file, so neither its folder nor its name matters. It is needed only
where the text stage is fitted; a finished run has the vectors of its words.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from ...files import file_sha256
from ...files.regular import is_there
from ..display.output import note
from ..run_folder.run_folder import RunFolder
from ..settings.data import DataSettings
from .near import MOST_RENAMED, folders_near, inside

FACTS = "vectors_file"
"""In the results of the data stage: name, bytes and sha256 of the file."""


def vectors_facts(source: str) -> dict[str, Any]:
    """What tells a file of word vectors from others; nothing of vectors that are no file."""
    path = Path(source).expanduser()
    if not path.is_file():
        return {}
    size = path.stat().st_size
    return {FACTS: {"name": path.name, "bytes": size, "sha256": file_sha256(path)}}


def same_vectors(run: RunFolder, settings: DataSettings) -> DataSettings:
    """Settings with the path that a run knows its vectors by, where the same lie elsewhere now.

    So the command that made a run can be given again after its vectors have moved or been renamed.
    Runs that have no hash of them, and a path at which nothing lies, go by the name of the file.
    """
    known, given = str(run.config().get("data", {}).get("vectors")), settings.vectors
    facts, path = _facts(run), Path(given).expanduser()
    if known in (given, "None"):
        return settings
    if facts and path.is_file():
        return replace(settings, vectors=known) if _is(path, facts) else settings
    gone = not is_there(known) and Path(known).name == path.name
    return replace(settings, vectors=known) if gone else settings


def find_vectors(run: RunFolder, source: str) -> str:
    """The path to read vectors from: ``source``, or where the run's own lie now, which is said."""
    facts = _facts(run)
    if not facts or is_there(Path(source).expanduser()):
        return source
    if source != run.config().get("data", {}).get("vectors") and Path(source).name != facts["name"]:
        return source
    for path in _places(run, Path(source).name, facts):
        if _is(path, facts):
            note(f"the word vectors of this run were found at {path}")
            return str(path)
    return source


def _facts(run: RunFolder) -> Mapping[str, Any]:
    found = run.results().get("data", {}).get(FACTS)
    return found if isinstance(found, Mapping) else {}


def _is(path: Path, facts: Mapping[str, Any]) -> bool:
    """Whether it is the file, which is read for it only where it is as large."""
    return path.stat().st_size == facts.get("bytes") and file_sha256(path) == facts.get("sha256")


def _places(run: RunFolder, name: str, facts: Mapping[str, Any]) -> Iterator[Path]:
    """Files that may be it: of its name, then others that are as large, few of them."""
    near = folders_near(run)
    folders = [*near, *(inner for folder in near for inner in inside(folder))]
    yield from (place for folder in folders if (place := folder / name).is_file())
    renamed = 0
    for folder in folders:
        for path in _files(folder):
            if path.name != name and path.stat().st_size == facts.get("bytes"):
                renamed += 1
                if renamed > MOST_RENAMED:
                    return
                yield path


def _files(folder: Path) -> list[Path]:
    try:
        return [path for path in sorted(folder.iterdir()) if path.is_file()]
    except OSError:
        return []
