"""`snnconvert export`: a model of a run as a file or folder that other programs read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import InputError
from ..files import replace_folder
from ..interop import EXPORTS
from ..interop.export import Exported, Outcome
from ..models.saving import weights_hash
from ..text.stages.words import TextStage
from .data import load_parts, load_run_data, stage_hash
from .run_folder.run_folder import RunFolder
from .run_folder.stages import MODELS, is_model
from .settings.export import ExportSettings

if TYPE_CHECKING:
    from ..text.datasets.dataset import Split

MARK = "export.json"
"""Every folder that a format writes holds it; ``--force`` replaces no other."""


@dataclass(frozen=True)
class Done:
    """What was written, where, and what the format says of it."""

    path: Path
    outcome: Outcome


def export(
    out: Path | str,
    format: str,
    which: str | None = None,
    path: Path | str | None = None,
    force: bool = False,
    **options: Any,
) -> Path:
    """Write a model of the run folder ``out`` in a format of `interop.EXPORTS`.

    Args:
        out: the run folder
        format: a name of the registry
        which: ``ann``, ``snn``, ``finetuned`` ...; by default the last one made
        path: the file or folder; by default in RUN/export, by the name that the format gives it
        force: replace a folder of an earlier export
        options: of the format, the fields of its ``Options``

    Returns:
        The file or folder.

    Raises:
        InputError: no such format, model or option, or a model that the format cannot hold.
    """
    return run_export(out, ExportSettings(format=format, **options), which, path, force).path


def run_export(
    out: Path | str,
    settings: ExportSettings,
    which: str | None = None,
    path: Path | str | None = None,
    force: bool = False,
) -> Done:
    """As `export`, with what the format says of what it has written.

    Raises:
        InputError: see `export`.
    """
    kind, options = EXPORTS[settings.format], settings.of_format()
    run = RunFolder(out)
    which = which or run.last_model()
    if not is_model(which):
        raise InputError(f"expected a model of {', '.join(MODELS)}, but got {which!r}")
    exported = _exported(run, which, options)
    refusal = kind.refuses(exported.model)
    if refusal:
        raise InputError(
            f"the model {which} of {run.path} cannot be written as {settings.format}: {refusal}"
        )
    usual = run.path / "export" / kind.name(which, options)
    target = Path(path) if path is not None else usual
    if kind.suffix:
        outcome = kind.write(exported, target)
    else:
        outcome = replace_folder(target, lambda new: kind.write(exported, new), MARK, force)
    return Done(target, outcome or Outcome())


def _exported(run: RunFolder, which: str, options: Any) -> Exported:
    """A model of a run and all that a format may ask about it."""
    stage, model, classes = load_parts(run, which)
    reach = {"max_length": stage.max_length} if isinstance(stage, TextStage) else {}
    texts = {"language": stage.language, **reach, **stage.writing.to_dict()}
    facts = {
        "model": which,
        "sha256": weights_hash(run.folder(which)),
        "text_stage": stage_hash(stage),
        "results": run.results(),
    }
    return Exported(model, classes, stage.words, texts, stage, lambda: _splits(run), facts, options)


def _splits(run: RunFolder) -> Mapping[str, Split]:
    """The labelled texts of a run."""
    dataset = load_run_data(run)
    return {name: dataset.split(name) for name in ("train", "dev", "test")}
