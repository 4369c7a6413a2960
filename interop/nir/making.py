"""From a classifier to an export, and from an export into a simulator."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ...engine.classifier import ModelClassifier
from ...errors import InputError
from ...files import sha256
from .dialects import DIALECTS
from .exported import ExportedNetwork, export_model
from .files import need_nir, read_graph
from .foreign import Foreign, check_reader, foreign_of
from .options import GRAPHS, NirOptions


def made(
    classifier: Any, simulator: str, positions: int | None, bits: str, graph: str
) -> ExportedNetwork:
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
    return export_model(model, classifier.classes, stage, simulator, most, bits, graph, facts)


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
