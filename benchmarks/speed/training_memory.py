"""Peak memory of one training step, measured in a process of its own.

    python -m snnconvert.benchmarks.speed.training_memory VARIANT CODE STEPS DIM CHANNELS WORDS.npy

The process loads its libraries and takes a step on the first two texts. The result, printed in
bytes, is how far one step on the whole batch rises above what it then holds: frames, activations,
tables and gradients.
"""

from __future__ import annotations

import sys
import tempfile
from functools import partial
from pathlib import Path

import numpy as np
import torch

from snnconvert.benchmarks.shared.peers import model_of, random_vectors
from snnconvert.benchmarks.shared.resident import can_measure, printed_bytes, rise
from snnconvert.benchmarks.speed.training_peers import Batch, step_of
from snnconvert.models.encoders.encoder import Encoder
from snnconvert.models.snn import SpikingTextModel


def step_on(name: str, model: SpikingTextModel, ids: torch.Tensor) -> None:
    """One step on ids (B, L), whose frames a peer builds first."""
    lengths = torch.full((len(ids),), ids.shape[1])
    batch = Batch(ids, lengths, torch.arange(len(ids)) % 2)
    step_of(name, model, batch)()


def main(words: list[str] | None = None) -> int:
    """Measure, and print the bytes; returns the exit code."""
    name, code, steps, dim, channels, file = words or sys.argv[1:]
    ids = torch.from_numpy(np.load(file))
    torch.set_num_threads(1)
    vectors = random_vectors(int(ids.max()) + 1, int(dim))
    model = model_of(vectors, Encoder(code), int(steps), int(channels)).train()
    step_on(name, model, ids[:2])
    model.network.zero_grad()
    print(rise(partial(step_on, name, model, ids)))
    return 0


def peak_bytes(
    name: str, code: str, steps: int, ids: np.ndarray, dim: int, channels: int
) -> int | None:
    """Peak of a step of variant ``name`` on ids (B, L), in bytes; None where nothing tells it.

    Raises:
        SnnConvertError: the process failed.
    """
    if not can_measure():
        return None
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "ids.npy"
        np.save(file, ids)
        words = [name, code, *map(str, (steps, dim, channels, file))]
        return printed_bytes(__spec__.name if __spec__ else __name__, words, name)


if __name__ == "__main__":
    sys.exit(main())
