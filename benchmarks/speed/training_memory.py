"""Peak memory of one training step, measured in a process of its own.

    python -m snnconvert.benchmarks.speed.training_memory VARIANT CODE STEPS DIM CHANNELS WORDS.npy

The process loads its libraries and takes a step on the first two texts. What it then holds resident
is the base, and the result, printed in bytes, is how far one step on the whole batch rises above
it: frames, activations, tables and gradients. On Linux the peak is the kernel's own (VmHWM), which
is set back before the step. The allocator is told to give back at once what is freed, so that the
figure is what is in use, not what was kept for later.
"""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import torch

from snnconvert.benchmarks.shared.peers import model_of, random_vectors
from snnconvert.benchmarks.speed.training_peers import Batch, step_of
from snnconvert.errors import SnnConvertError
from snnconvert.models.encoders.encoder import Encoder
from snnconvert.models.snn import SpikingTextModel


def _status(field: str) -> int:
    """A figure of /proc/self/status in bytes."""
    lines = Path("/proc/self/status").read_text("utf-8").splitlines()
    return 1024 * next(int(line.split()[1]) for line in lines if line.startswith(f"{field}:"))


def can_measure() -> bool:
    """Whether this system tells a process its peak."""
    return Path("/proc/self/clear_refs").exists()


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
    gc.collect()
    base = _status("VmRSS")
    Path("/proc/self/clear_refs").write_text("5", "utf-8")  # the peak begins again
    step_on(name, model, ids)
    print(_status("VmHWM") - base)
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
        call = [sys.executable, "-m", __spec__.name if __spec__ else __name__, name, code]
        call += [str(steps), str(dim), str(channels), str(file)]
        exact = {"MALLOC_MMAP_THRESHOLD_": "65536", "MALLOC_TRIM_THRESHOLD_": "65536"}  # of glibc
        done = subprocess.run(
            call, capture_output=True, text=True, check=False, env=os.environ | exact
        )
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        raise SnnConvertError(f"cannot measure the memory of {name}: {last}")
    return int(done.stdout)


if __name__ == "__main__":
    sys.exit(main())
