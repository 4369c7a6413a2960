"""A teacher's logits: out of a run in which `snnconvert teach` has made them, or of the own ANN."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from torch import Tensor

from ...engine.reference import ann_logits
from ...errors import InputError
from ...files import file_sha256, json_text, load_tensors, read_text, sha256
from ...models.text_model import TextModel
from ..data import load_run_model
from ..run_folder.run_folder import RunFolder
from ..settings.engine import DeviceSettings
from ..training.distillation.options import OWN, TeacherOptions
from ..training.distillation.soft_targets import UNLABELLED, SoftTargets
from ..training.texts import Texts

LOGITS, FURTHER = "logits.safetensors", "extra.jsonl"
STAGE = "teacher"
S = TypeVar("S", bound=TeacherOptions)


def with_place(settings: S) -> S:
    """``settings`` with the whole path of the teacher's run: found from any folder."""
    if settings.teacher is None:
        return settings
    return replace(settings, teacher=str(Path(settings.teacher).expanduser().resolve()))


def read_targets(folder: Path | str, run: RunFolder, classes: Sequence[str]) -> SoftTargets:
    """What the teacher of the run in ``folder`` said of the texts of ``run``.

    Args:
        folder: a run, it may be ``run`` itself
        run: that is trained, its data stage done
        classes: of its data set, in their order

    Raises:
        InputError: there was no teacher in that run, it was of other data, or its files are not
            what they were.
    """
    taught = RunFolder(folder)
    taught.require(STAGE)
    _check_data(taught, run)
    place = taught.folder(STAGE)
    with taught.reading(STAGE, whole=True):
        tensors = load_tensors(place / LOGITS, "a teacher's logits")
        rows = read_further(place / FURTHER)
        sizes = {"train": int(run.require("data")["sizes"]["train"]), "extra": len(rows)}
        for name, count in sizes.items():
            _check_logits(tensors, name, count, len(classes), place)
    number = {name: index for index, name in enumerate(classes)}
    return SoftTargets(
        tensors["train"].float(),
        [str(row["text"]) for row in rows],
        [number.get(str(row.get("label")), UNLABELLED) for row in rows],
        tensors["extra"].float() if rows else None,
        sha256(*(file_sha256(place / name).encode() for name in (LOGITS, FURTHER))),
    )


def own_targets(run: RunFolder, texts: Texts, where: DeviceSettings) -> SoftTargets:
    """What the run's own ANN says of the training texts.

    Raises:
        InputError: its files are missing, damaged or of another run.
    """
    model, _ = load_run_model(run, OWN, TextModel, where)
    return SoftTargets(ann_logits(model.eval(), texts.sequences["train"]).cpu(), digest=OWN)


def _check_data(taught: RunFolder, run: RunFolder) -> None:
    theirs, ours = taught.require("data"), run.require("data")
    if theirs.get("sha256") != ours.get("sha256"):
        raise InputError(
            f"expected the teacher in {taught.path} to have been taught on the data of {run.path}, "
            f"{ours.get('name')}, but it was on other data or another split ({theirs.get('name')}):"
            " give the run of a teacher of this data set"
        )


def read_further(path: Path) -> list[dict[str, Any]]:
    """The further texts of a teacher, by line.

    Raises:
        InputError: a line is not an object with a text.
    """
    rows = []
    for number, line in enumerate(read_text(path, "a teacher's further texts").splitlines(), 1):
        try:
            row = json_text.loads(line)
            assert isinstance(row["text"], str)
        except (ValueError, KeyError, TypeError, AssertionError):
            raise InputError(
                f"expected an object with a text in line {number} of {path}, but got {line[:40]!r}"
            ) from None
        rows.append(row)
    return rows


def _check_logits(
    tensors: dict[str, Tensor], name: str, count: int, classes: int, place: Path
) -> None:
    if not count and name not in tensors:
        return
    found = tuple(tensors[name].shape) if name in tensors else None
    if found != (count, classes) or not tensors[name].isfinite().all():
        raise InputError(
            f"expected finite logits {name} of the shape {(count, classes)} in {place / LOGITS}, "
            f"but got {found or 'none'}"
        )
