"""What the arithmetic allows: rates of this machine, and the least a job can take at them.

A job of n floating-point operations cannot be faster than n over the rate of a large matrix
product, and one that reads n bytes not faster than n over the rate at which memory is read. Tables
of few words lie in the caches, which are faster than memory.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch


@dataclass(frozen=True)
class Rates:
    """Rates of one thread: float32 operations and bytes of memory read, each per CPU second."""

    flops: float
    bytes: float

    def columns(self) -> dict[str, float]:
        """The rates as settings of a results file, in 1e9 a second."""
        return {
            "gemm_gflops": round(self.flops / 1e9, 1),
            "read_gbytes": round(self.bytes / 1e9, 1),
        }


def _best(run: Callable[[], object], rounds: int) -> float:
    """The shortest CPU time of ``rounds`` runs: a floor wants the machine at its best."""
    found = []
    for _ in range(rounds):
        begun = time.process_time()
        run()
        found.append(time.process_time() - begun)
    return max(min(found), 1e-9)


def measured_rates(size: int = 1536, megabytes: int = 256, rounds: int = 7) -> Rates:
    """Measure the rates: a product of two square matrices, and the maximum of a long array."""
    a, b = torch.randn(size, size), torch.randn(size, size)
    long = torch.ones(megabytes << 18)  # float32
    product = _best(lambda: torch.mm(a, b), rounds)
    read = _best(lambda: long.max(), rounds)
    return Rates(2 * size**3 / product, 4 * len(long) / read)


def dense_flops(
    steps: int, texts: int, length: int, dim: int, channels: int, widths: Sequence[int]
) -> int:
    """Operations of convolving every step of every text, of ``dim`` input channels."""
    return sum(2 * steps * texts * (length - k + 1) * channels * dim * k for k in widths)


def table_flops(
    texts: Sequence[np.ndarray], frames: int, dim: int, channels: int, widths: Sequence[int]
) -> int:
    """Operations of projecting the distinct frames of the distinct words once."""
    words = len(np.unique(np.concatenate(texts)))
    return 2 * words * frames * dim * channels * sum(widths)


def gather_bytes(texts: int, length: int, frames: int, channels: int, widths: Sequence[int]) -> int:
    """Bytes of table rows that the windows read: each tap's distinct frames once a window."""
    return sum(4 * frames * texts * (length - k + 1) * channels * k for k in widths)
