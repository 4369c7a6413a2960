"""Where the encoders and the further texts of a teacher lie, and what tells them from others."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from ...errors import InputError
from ...files import file_sha256, sha256
from ...text.stages.sentence.encoder import packaged_folder
from ..settings.teach import TeachSettings


def with_absolute_paths(settings: TeachSettings) -> TeachSettings:
    """Paths made absolute, so that a run can be gone on with from any folder."""
    return replace(
        settings,
        teacher=_absolute(settings.teacher, Path.is_dir),
        extra=_absolute(settings.extra, Path.exists),
        extra_labelled=_absolute(settings.extra_labelled, Path.exists),
    )


def _absolute(
    values: Sequence[str] | None, is_path: Callable[[Path], bool]
) -> tuple[str, ...] | None:
    if values is None:
        return None
    paths = [Path(value).expanduser() for value in values]
    pairs = zip(paths, values, strict=True)
    return tuple(str(path.resolve()) if is_path(path) else value for path, value in pairs)


def contents(settings: TeachSettings) -> dict[str, list[str]]:
    """What tells encoders and files of texts from others, wherever they lie.

    Raises:
        InputError: there is no such file of texts.
    """
    return {
        "teachers": [_of_encoder(name) for name in settings.teacher or ()],
        "extra_files": [_of_texts(path) for path in settings.extra or ()],
        "labelled_files": [_of_texts(path) for path in settings.extra_labelled or ()],
    }


def _of_encoder(name: str) -> str:
    """The hash of an encoder that lies here, else its name."""
    folder = Path(name) if Path(name).is_dir() else packaged_folder(name)
    return name if folder is None else _hash(folder)


def _of_texts(path: str) -> str:
    if not Path(path).exists():
        raise InputError(
            f"expected further texts at {path}, but there is no such file: give the path of a "
            "file of texts"
        )
    return _hash(Path(path))


def _hash(place: Path) -> str:
    """The hash of a file, or of the files of a folder and their names."""
    if not place.is_dir():
        return file_sha256(place)[:16]
    inside = sorted(path for path in place.rglob("*") if _is_content(path, place))
    parts = [f"{path.relative_to(place)} {file_sha256(path)}" for path in inside]
    return sha256(*(part.encode() for part in parts))[:16]


def _is_content(path: Path, place: Path) -> bool:
    """Whether a file is not one that other programs put beside those of a folder."""
    inside = path.relative_to(place).parts
    return path.is_file() and "__pycache__" not in inside and not inside[-1].startswith(".")
