"""From a classifier to an export, and from an export into a simulator."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import Any

from ...engine.classifier import ModelClassifier
from ...errors import InputError
from ...files import replace_folder, sha256
from ...text.inputs import TextsLike, as_texts
from .dialects import DIALECTS
from .folder.files import need_nir, read_graph
from .folder.writing import write_folder
from .foreign import Foreign, check_reader, foreign_of
from .graph.exported import ExportedNetwork, export_model
from .options import GRAPHS, NirOptions


class NirExport(ExportedNetwork):
    """An exported network that can be written; what it holds is said by its base class."""

    def save(self, folder: Path | str, texts: TextsLike, force: bool = False) -> None:
        """Write the folder: graph, examples of ``texts`` with expected results, load.py, README.md.

        Raises:
            InputError: something is there already; with ``force`` an earlier export is replaced.
        """
        given = as_texts(texts)
        replace_folder(folder, lambda new: write_folder(self, new, given), "export.json", force)


def made(
    classifier: Any, simulator: str, positions: int | None, bits: str, graph: str
) -> NirExport:
    """See `interop.nir.export`."""
    need_nir()
    if not isinstance(classifier, ModelClassifier):
        raise InputError(
            f"expected a classifier, but got {type(classifier).__name__}: give "
            'TextClassifier.load(RUN, "snn"), or run snnconvert export RUN --format nir'
        )
    NirOptions(simulator=simulator, positions=positions, bits=bits, graph=graph)
    assert graph in GRAPHS
    stage = classifier.stage
    most = positions or int(getattr(stage, "max_length", 1))
    model, facts = classifier.model, vectors_facts(classifier.model)
    found = export_model(model, classifier.classes, stage, simulator, most, bits, graph, facts)
    return NirExport(*(getattr(found, item.name) for item in fields(found)))


def vectors_facts(model: Any) -> dict[str, Any]:
    """What tells a model's table of words from others: hash and shape, for the file."""
    table = model.state_dict()
    (name,) = [key for key in table if key.startswith("embedding.")]
    vectors = table[name].detach().cpu().numpy()
    shape = model.embedding.num_embeddings, model.embedding.embedding_dim
    return {"vectors": sha256(vectors.tobytes()), "vectors_shape": list(shape)}


def loaded(folder: Path | str, simulator: str, unchecked: bool = False) -> Foreign:
    """See `interop.nir.load`."""
    dialect = DIALECTS[simulator]
    graph, note = read_graph(folder)
    check_reader(simulator, note)
    return foreign_of(graph, dialect, note, unchecked)
