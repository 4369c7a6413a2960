"""The files of a stage: how large they were and what they held when it ended, and whether it is so.

A finished stage records size and SHA-256 of its files in results.json. Sizes are compared wherever
a stage is read; hashes of large files only where a stage is about to be built on or skipped, since
they cost a look at every byte.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ...files import file_sha256, sha256

# of each stage: what other stages and commands cannot do without
NEEDED = {
    "data": ("stage.json",),
    "teacher": ("spec.json", "logits.safetensors", "extra.jsonl"),
}
# and what cannot be done without where it was made: not every text stage has all of it
IF_MADE = {"data": ("vocabulary.txt", "words.safetensors")}
OLD = {"data": ("vocabulary.txt",)}  # of runs from before files were recorded
_MODEL = ("spec.json", "weights.safetensors")
# what it makes besides: training begins with the vectors, `evaluate` asks the linear model, the
# report shows the others
MORE: dict[str, tuple[str, ...]] = {
    "data": ("vectors.safetensors", "user_dict.txt"),
    "ann": ("linear.safetensors",),
    "spiking": ("linear.safetensors",),
    "snn": ("recipe.yaml", "conversion.json", "raster.json"),
    "finetuned": ("activity.json", "raster.json"),
    "snn-adversarial": ("activity.json", "raster.json"),
    "teacher": ("weights-*.safetensors",),
    "attack": ("*.jsonl", "robustness.*"),
    "energy": ("*.json", "*.md", "*.csv", "*.svg"),
}
SHOWN = ("attack", "energy")  # no model, so nothing is built on them
GROWING = ".jsonl"  # files that later commands append to: what they held must be their beginning
SMALL = 1 << 20  # bytes that are read at once whatever for
Record = dict[str, list[Any]]  # [bytes, SHA-256] by file name


def needed(stage: str) -> tuple[str, ...]:
    """The names of the files without which nothing can be done with ``stage``."""
    return () if stage in SHOWN else NEEDED.get(stage, _MODEL)


def record(folder: Path, stage: str) -> Record:
    """Size and hash of every file that ``stage`` has made in ``folder``."""
    return {path.name: [path.stat().st_size, file_sha256(path)] for path in _files(folder, stage)}


def _files(folder: Path, stage: str) -> Iterator[Path]:
    for pattern in (*needed(stage), *IF_MADE.get(stage, ()), *MORE.get(stage, ())):
        found = sorted(folder.glob(pattern))
        yield from (path for path in found if path.is_file() and not path.name.startswith("."))


def _looked_at(stage: str, known: Record) -> tuple[str, ...]:
    """The files that must be there whenever ``stage`` is read."""
    made = IF_MADE.get(stage, ()) if known else OLD.get(stage, ())
    return (*needed(stage), *(name for name in made if name in known or not known))


def _known(recorded: Any) -> Record:
    """What `record` said, without entries that it cannot have written."""
    entries = recorded.items() if isinstance(recorded, dict) else ()
    return {
        name: value
        for name, value in entries
        if Path(name).name == name
        and isinstance(value, list)
        and [type(part) for part in value] == [int, str]
        and value[0] >= 0
    }


def damage(folder: Path, stage: str, recorded: Any, whole: bool = False) -> str:
    """What is wrong with the files of ``stage`` in ``folder``; nothing where all is well.

    Args:
        folder: of the stage
        stage: its name
        recorded: what `record` said when it ended; None in a run of an older version, of which
            only those files are looked for that nothing can be done without
        whole: look at every byte of every file of the stage; otherwise at the size of those that
            are needed, and at the bytes of small ones
    """
    known = _known(recorded)
    always = _looked_at(stage, known)
    wanted = [*known, *(name for name in always if name not in known)]
    for name in wanted if whole else always:
        path = folder / name
        if not path.is_file():
            return f"there is no such file as {path}"
        size = path.stat().st_size
        expected, digest = known.get(name, (max(size, 1), None))
        if size < expected or (size > expected and path.suffix != GROWING):
            return f"{path} has {size} bytes" + (f" of {expected}" if name in known else "")
        if digest and (whole or size <= SMALL) and file_sha256(path, expected) != digest:
            return f"{path} has been changed"
    return ""


def digest(stage: str, recorded: Any) -> str | None:
    """What tells what ``stage`` made from another; None where that has not been recorded."""
    known = _known(recorded)
    names = [*_looked_at(stage, known), *(["vectors.safetensors"] if stage == "data" else [])]
    if not names or any(name not in known for name in names):
        return None
    return sha256(*(str(known[name][1]).encode() for name in names))[:16]
