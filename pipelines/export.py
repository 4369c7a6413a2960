"""`snnconvert export`: a model of a run as a file that other programs read."""

from __future__ import annotations

from pathlib import Path

from ..errors import InputError
from ..interop import EXPORTS
from ..interop.export import Exported
from ..text.stages.words import TextStage
from .data import load_parts
from .run_folder.run_folder import RunFolder
from .run_folder.stages import MODELS, is_model


def export(
    out: Path | str, format: str, which: str | None = None, path: Path | str | None = None
) -> Path:
    """Write a model of the run folder ``out`` in a format of `interop.EXPORTS`.

    Args:
        out: the run folder
        format: a name of the registry
        which: ``ann``, ``snn``, ``finetuned`` ...; by default the last one made
        path: the file; by default RUN/export/MODEL with the format's suffix

    Returns:
        The file.

    Raises:
        InputError: no such format or model, or a model that the format cannot hold.
    """
    kind = EXPORTS[format]
    run = RunFolder(out)
    which = which or run.last_model()
    if not is_model(which):
        raise InputError(f"expected a model of {', '.join(MODELS)}, but got {which!r}")
    stage, model, classes = load_parts(run, which)
    refusal = kind.refuses(model)
    if refusal:
        raise InputError(
            f"the model {which} of {run.path} cannot be written as {format}: {refusal}"
        )
    target = Path(path) if path is not None else run.path / "export" / f"{which}{kind.suffix}"
    reach = {"max_length": stage.max_length} if isinstance(stage, TextStage) else {}
    texts = {"language": stage.language, **reach, **stage.writing.to_dict()}
    kind.write(Exported(model, classes, stage.words, texts), target)
    return target
