"""`snnconvert import`: a run folder out of an exported network and its text stage."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import torch

from ..errors import InputError
from ..files import load_tensors, sha256
from ..interop.nir.graph.form import Form
from ..interop.nir.reading import network_of, read_form
from ..models.encoders.bit_table import BitTable
from ..models.saving import save_model
from ..models.snn import SpikingTextModel
from .data import load_run_stage, load_run_texts, stage_hash
from .measure import measure
from .run_folder.fingerprints import without
from .run_folder.run_folder import RunFolder

STAGE = "snn"


def import_nir(
    path: Path | str, out: Path | str, text: Path | str | None = None, force: bool = False
) -> RunFolder:
    """Make a run whose SNN is the network of an exported file; it predicts and is measured.

    The file has no word vectors: they are those of a run with the same, by their hash.

    Args:
        path: file or folder of `snnconvert export --format nir`
        out: the run folder, made where it is not there
        text: folder of the text stage, in the run that has it; by default that of the run in whose
            folder ``path`` lies
        force: import again, and drop what was made of it

    Raises:
        InputError: not such a file, changed since, another text stage than the file names, or word
            vectors that are not to be found.
    """
    form, note = read_form(path)
    source = RunFolder(_text_folder(Path(path), text).parent)
    stage = load_run_stage(source)
    if stage_hash(stage) != note.get("text_stage"):
        raise InputError(
            f"expected the text stage that {path} was exported with ({note.get('text_stage')}), "
            f"but {source.path / 'text'} holds another ({stage_hash(stage)}): give the folder of "
            "the other with --text"
        )
    table = _vectors(source, note)
    model = SpikingTextModel(table, form.encoder, network_of(form), form.steps).eval()
    run = RunFolder(out, must_exist=False)
    with run.locked():
        _write(run, source, model, note, form, force)
    return run


def _write(
    run: RunFolder,
    source: RunFolder,
    model: SpikingTextModel,
    note: dict[str, Any],
    form: Form,
    force: bool,
) -> None:
    """The stages ``data``, as the other run has it, and ``snn``, measured anew."""
    data = dict(source.config()["data"])
    settings = {"imported": "nir", "of": note.get("sha256"), "grid": note["grid"], "seed": 0}
    fresh = not run.is_done("data", data, force)
    if not fresh and run.is_done(STAGE, settings, force):
        return
    figures = measure(model, load_run_texts(source), 0, STAGE)
    if fresh:
        run.begin("data", data, force)
        shutil.copytree(source.path / "text", run.path / "text", dirs_exist_ok=True)
        kept = without(source.require("data"), ("fingerprint", "files", "made_from"))
        run.finish("data", data, kept)
    run.begin(STAGE, settings, force)
    save_model(run.folder(STAGE), model, tuple(note["classes"]))
    run.finish(STAGE, settings, figures)


def _text_folder(path: Path, text: Path | str | None) -> Path:
    """Where the text stage lies."""
    if text is not None:
        folder = Path(text).resolve()
        if not (folder / "stage.json").is_file():
            raise InputError(
                f"expected the folder of a text stage, RUN/text, with --text, but {text} has no "
                "stage.json"
            )
        return folder
    for above in path.resolve().parents:
        if (above / "results.json").is_file() and (above / "text" / "stage.json").is_file():
            return above / "text"
    raise InputError(
        f"expected --text with the folder of the text stage (RUN/text), since {path} lies in no "
        "run folder that has one"
    )


def _vectors(source: RunFolder, note: dict[str, Any]) -> torch.Tensor | BitTable:
    """The table of words that the network was exported with, found by its hash.

    Raises:
        InputError: no file of the run has it.
    """
    rows, dim = (int(n) for n in note["vectors_shape"])
    if not rows:
        return torch.zeros(rows, dim)
    for file in sorted(source.path.glob("*/*.safetensors")):
        for name, tensor in load_tensors(file).items():
            if name not in ("vectors", "embedding.weight", "embedding.packed"):
                continue
            if sha256(tensor.numpy().tobytes()) != note["vectors"]:
                continue
            if name != "embedding.packed":
                return tensor
            table = BitTable(rows, dim)
            table.packed.copy_(tensor)
            return table
    raise InputError(
        f"expected the word vectors that the network was exported with in {source.path}, but none "
        "of its models has them: give --text of the run that it was exported from"
    )
