"""A folder of an exported network: the graph, examples with results, and how to load it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ....files import replace_file, write_json, write_text
from ....version import __version__
from ..dialects import DIALECTS
from ..graph.exported import Expected, ExportedNetwork
from .files import NAME, write_graph
from .pages import load_script, readme

FORMAT = 1
EXAMPLES = "examples.npz"
BATCH = 64


def write_folder(
    exported: ExportedNetwork,
    folder: Path,
    texts: Sequence[str],
    figures: Mapping[str, Any] | None = None,
) -> None:
    """Fill an empty folder.

    Args:
        exported: the network
        folder: that is there
        texts: the examples, at least one
        figures: what rounding changed on the test split, see `figures.rounding_figures`
    """
    figures = figures or {}
    arrays = _arrays(exported, texts)
    write_graph(folder / NAME, exported.graph)
    replace_file(folder / EXAMPLES, lambda path: _save(path, arrays))
    write_text(folder / "load.py", load_script(exported))
    write_text(folder / "README.md", readme(exported, figures))
    write_json(folder / "export.json", _record(exported, figures))


def _arrays(exported: ExportedNetwork, texts: Sequence[str]) -> dict[str, np.ndarray]:
    """What examples.npz holds, made batch by batch; see `docs/interop.md`."""
    assert exported.stage is not None
    sequences = exported.stage.encode(texts)
    parts = [
        _packed(exported.expected(sequences[start : start + BATCH]), exported)
        for start in range(0, len(sequences), BATCH)
    ]
    joined = {name: np.concatenate([part[name] for part in parts], axis=1) for name in parts[0]}
    return {
        "frames": joined["frames"],
        "lengths": np.array([len(ids) for ids in sequences], np.int64),
        "spikes": joined["spikes"],
        "pooled": joined["pooled"],
        "outputs": joined["outputs"],
        "predictions": joined["predictions"][0],
        "texts": np.array(texts, dtype=np.str_),
    }


def _packed(expected: Expected, exported: ExportedNetwork) -> dict[str, np.ndarray]:
    """What a batch of n texts does, small; axis 1 is n."""
    frames = expected.frames.numpy()
    spikes = expected.spikes.numpy().astype(np.uint8)  # (T, n, C, W)
    return {
        "frames": frames.astype(np.uint8) if exported.form.encoder.spiking else frames,
        "spikes": np.packbits(spikes.reshape(*spikes.shape[:2], -1), axis=2),
        "pooled": expected.pooled.numpy().astype(np.uint8),
        "outputs": expected.outputs.numpy(),
        "predictions": expected.predictions.numpy()[None],
    }


def _save(path: Path, arrays: Mapping[str, np.ndarray]) -> None:
    with path.open("wb") as file:
        np.savez_compressed(file, **arrays)  # type: ignore[arg-type]


def _record(exported: ExportedNetwork, figures: Mapping[str, Any]) -> dict[str, Any]:
    """What export.json holds."""
    from importlib import metadata

    dialect, layout = DIALECTS[exported.simulator], exported.layout
    return {
        "format": FORMAT,
        "kind": "nir",
        "network": exported.note,
        "input": list(layout.shape),
        "windows": layout.windows,
        "tested_with": {dialect.package: dialect.tested} if dialect.package else {},
        "set_after_loading": list(dialect.settings(exported.form.soft)),
        "test": dict(figures) or None,
        "versions": {
            "snnconvert": __version__,
            **{name: metadata.version(name) for name in ("nir", "torch", "numpy")},
        },
    }
