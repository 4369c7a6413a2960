"""The files of a folder for the hub, written and read. Where to begin.

config.json          format, classes, T, encoder, and size and hash of every file
spec.json            the network (`models/saving.py`)
model.safetensors    weights and word vectors, once
text/                the text stage
README.md            the model card (`card.py`)
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from ...errors import InputError
from ...files import file_sha256, read_json, sha256, write_json, write_text
from ...version import __version__

if TYPE_CHECKING:
    from ...models.snn import SpikingTextModel
    from ...models.text_model import TextModel
    from ...text.stages.stage import Stage

FORMAT = 1
KIND = "snnconvert"
WEIGHTS, CARD, CONFIG, TEXT = "model.safetensors", "README.md", "config.json", "text"
Parts = tuple["Stage", "TextModel | SpikingTextModel", tuple[str, ...]]


def write_folder(
    folder: Path,
    stage: Stage,
    model: TextModel | SpikingTextModel,
    classes: Sequence[str],
    card: str,
) -> None:
    """Write all files; config.json is the last, so a folder that has it is whole."""
    from ...models.saving import describe_model, save_model

    save_model(folder, model, tuple(classes), WEIGHTS)
    stage.save(folder / TEXT)
    write_text(folder / CARD, card)
    spec = describe_model(model, classes)
    config: dict[str, Any] = {
        "model_type": KIND,
        "format": FORMAT,
        "id2label": {str(number): name for number, name in enumerate(classes)},
        "label2id": {name: number for number, name in enumerate(classes)},
        "language": stage.language,
        "kind": spec["kind"],
        **{name: spec[name] for name in ("steps", "encoder") if name in spec},
        "snnconvert_version": __version__,
        "files": _sums(folder),
    }
    write_json(folder / CONFIG, config)


def _sums(folder: Path) -> dict[str, list[Any]]:
    """Size and SHA-256 of what the model is made of; its card may be edited."""
    paths = [folder / "spec.json", folder / WEIGHTS, *sorted((folder / TEXT).rglob("*"))]
    found = [path for path in paths if path.is_file() and not path.name.startswith(".")]
    return {
        path.relative_to(folder).as_posix(): [path.stat().st_size, sha256(path.read_bytes())]
        for path in found
    }


def read_folder(folder: Path) -> Parts:
    """Text stage, model and class names of a folder.

    Raises:
        InputError: it is no such folder, of another format, or a file is missing or was changed.
    """
    from ...models.saving import load_model
    from ...text.stages.load import load_stage

    config = read_json(folder / CONFIG, "the config of a snnconvert model")
    if not isinstance(config, dict) or config.get("model_type") != KIND:
        kind = config.get("model_type") if isinstance(config, dict) else type(config).__name__
        raise InputError(
            f"expected a model of snnconvert in {folder}, but its config.json is of {kind!r}"
        )
    if config.get("format") != FORMAT:
        raise InputError(
            f"expected format {FORMAT} in {folder / CONFIG}, but got {config.get('format')!r}: "
            "export the model again with this version of snnconvert"
        )
    _check_files(folder, config.get("files"))
    stage = load_stage(folder / TEXT)
    return stage, *load_model(folder, WEIGHTS)


def _check_files(folder: Path, files: Any) -> None:
    """Refuse files that are missing or other than when they were written."""
    entries = files.items() if isinstance(files, dict) else ()
    for name, value in [*entries] or [(WEIGHTS, None)]:
        path, named = folder / str(name), PurePosixPath(str(name))
        if named.is_absolute() or ".." in named.parts or len(str(name)) > 200:
            raise InputError(f"expected files that lie in {folder}, but got {name[:200]!r}")
        wrong = ""
        if not path.is_file():
            wrong = "there is no such file"
        elif value != [path.stat().st_size, file_sha256(path)]:
            wrong = "it is not what it was when it was exported"
        if wrong:
            raise InputError(
                f"expected the whole model in {folder}, but of {name}: {wrong}; download it again, "
                "or export it again with snnconvert export RUN --format hf"
            )
