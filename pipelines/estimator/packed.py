"""A model of a run as bytes: text stage, model and their records, the same every time."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from ...errors import InputError
from ..run_folder.config_file import write_config
from ..run_folder.fingerprints import fingerprint
from ..run_folder.run_folder import RunFolder
from ..run_folder.stage_files import IF_MADE, needed
from ..run_folder.stages import folder_name, kind_of

TIMED = ("seconds", "latency")
"""Figures that are others every time."""
ELSEWHERE = ("dataset", "text_column", "label_column", "data_dir", "place")
"""Settings that say where the texts lie; those of a call lie nowhere."""
GIVEN = "(the texts that fit was given)"
"""Where the texts lie, as an error about a command that needs them shows it."""
_DATE = (1980, 1, 1, 0, 0, 0)
"""The first day that a zip can say."""


def pack(run: RunFolder, which: str) -> bytes:
    """The model ``which`` of a run with its text stage, as a zip of a run folder with these alone.

    Equal models give equal bytes: times and places are left out.

    Raises:
        InputError: it has not been made, or its files are damaged.
    """
    run.require(which)
    for stage in ("data", which):
        run.check_files(stage, whole=True)
    results, config = run.results(), run.config()
    settings = {stage: dict(config.get(stage, {})) for stage in ("data", which)}
    settings["data"] = {k: v for k, v in settings["data"].items() if k not in ELSEWHERE}
    settings["data"]["dataset"] = GIVEN
    files: dict[str, bytes] = {}
    kept: dict[str, Any] = {}
    for stage in ("data", which):
        names = (*needed(kind_of(stage)), *IF_MADE.get(kind_of(stage), ()), "user_dict.txt")
        paths = [run.folder(stage) / name for name in names]
        found = {path.name: path.read_bytes() for path in paths if path.is_file()}
        files |= {f"{folder_name(stage)}/{name}": found[name] for name in found}
        figures = _untimed(results[stage])
        figures["files"] = {k: v for k, v in figures["files"].items() if k in found}
        figures["fingerprint"] = fingerprint([settings[stage], figures["files"]])
        kept[stage] = figures
    files["results.json"] = json.dumps(kept, ensure_ascii=False, indent=2).encode()
    files["settings.json"] = json.dumps(settings, ensure_ascii=False, indent=2).encode()
    return _zipped(files)


def _untimed(figures: Any) -> Any:
    """Figures without those that are others every time."""
    if not isinstance(figures, dict):
        return figures
    return {name: _untimed(value) for name, value in figures.items() if name not in TIMED}


def _zipped(files: dict[str, bytes]) -> bytes:
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w") as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, _DATE)
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, files[name])
    return memory.getvalue()


def unpack(packed: bytes, folder: Path) -> RunFolder:
    """Write the run that `pack` made bytes of to ``folder``, which must be empty or not there.

    Raises:
        InputError: the folder holds something, or the bytes are none of `pack`.
    """
    if folder.is_file() or (folder.is_dir() and any(folder.iterdir())):
        raise InputError(f"expected an empty or a new folder at {folder}, but there is something")
    try:
        with zipfile.ZipFile(io.BytesIO(packed)) as archive:
            files = {name: archive.read(name) for name in archive.namelist()}
        results = json.loads(files.pop("results.json"))
        settings = json.loads(files.pop("settings.json"))
    except (zipfile.BadZipFile, KeyError, ValueError) as error:
        raise InputError(
            f"expected the model of a fitted estimator, but its bytes are damaged ({error}): fit "
            "it again"
        ) from None
    known = {folder_name(stage) for stage in results}
    for name, content in files.items():
        place, _, file = name.partition("/")
        if place not in known or Path(file).name != file:
            raise InputError(f"expected files of {', '.join(sorted(known))}, but got {name!r}")
        (folder / place).mkdir(parents=True, exist_ok=True)
        (folder / place / file).write_bytes(content)
    write_config(folder / "config.yaml", settings)
    (folder / "results.json").write_text(json.dumps(results, indent=2), "utf-8")
    return RunFolder(folder)


@contextmanager
def unpacked(packed: bytes) -> Iterator[RunFolder]:
    """The run of `pack` in a folder that is there inside only."""
    with TemporaryDirectory(prefix="snnconvert-") as folder:
        yield unpack(packed, Path(folder))
