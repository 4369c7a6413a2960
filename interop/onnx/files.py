"""The files beside a graph: words, labels, examples with expected results, and what runs them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ...engine.reference import ann_logits, snn_logits
from ...models.snn import SpikingTextModel
from ...models.text_model import TextModel
from .model import padded

TEMPLATE = Path(__file__).parent / "templates" / "run.txt"


def expected_logits(
    model: TextModel | SpikingTextModel, sequences: Sequence[np.ndarray]
) -> np.ndarray:
    """Logits (N, K) of an ANN, (T, N, K) of an SNN, by the package's own nodes."""
    if isinstance(model, TextModel):
        return np.asarray(ann_logits(model, sequences).numpy())
    return np.asarray(snn_logits(model, sequences).numpy())


def write_examples(
    path: Path,
    model: TextModel | SpikingTextModel,
    inputs: str,
    texts: Sequence[str],
    sequences: Sequence[np.ndarray],
) -> None:
    """Texts, what the graph is given for them, and the logits that it must give."""
    import torch

    table, lengths = padded(sequences)
    if inputs == "vectors" and not model.reads_vectors:
        table = model.embedding(torch.from_numpy(table)).detach().numpy()  # (n, L, D)
    elif inputs == "frames":
        assert isinstance(model, SpikingTextModel)
        given, ends = torch.from_numpy(table), torch.from_numpy(lengths)
        seed = torch.Generator().manual_seed(0)
        table = model.frames(given, ends, seed).numpy()  # (T, n, D', L)
        with torch.no_grad():
            logits = _of_frames(model, torch.from_numpy(table), ends)
    if inputs != "frames":
        logits = expected_logits(model, sequences)
    last = logits if logits.ndim == 2 else logits[-1]
    arrays: dict[str, Any] = {inputs: table, "lengths": lengths, "logits": logits}
    arrays |= {"predictions": last.argmax(axis=1), "texts": np.array(list(texts))}
    with path.open("wb") as file:
        np.savez_compressed(file, **arrays)


def _of_frames(model: SpikingTextModel, frames: Any, lengths: Any) -> np.ndarray:
    """Running logits (T, n, K) of frames (T, n, D', L)."""
    from ...models.network import Signal
    from ...models.snn import running_logits

    currents = model.network(Signal(frames, lengths))
    return np.asarray(running_logits(currents).numpy())


def write_words(folder: Path, words: Sequence[str], classes: Sequence[str]) -> None:
    """The words by id, one a line, and the classes by output."""
    (folder / "vocabulary.txt").write_text("".join(f"{word}\n" for word in words), "utf-8")
    labels = json.dumps(list(classes), ensure_ascii=False, indent=2)
    (folder / "labels.json").write_text(labels + "\n", "utf-8")


def write_program(folder: Path, inputs: str, exact: bool) -> None:
    """``run.py``: the graph on the examples, or on words, with ONNX Runtime and NumPy alone."""
    text = TEMPLATE.read_text("utf-8")
    text = text.replace("@INPUTS@", inputs).replace("@TOLERANCE@", "0.0" if exact else "1e-5")
    (folder / "run.py").write_text(text, "utf-8")
