"""A training step of several ways in turn: its processor time, and what autograd keeps of it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from ...models.network import Network, Signal
from .kept import kept_bytes
from .lean import LeanRun
from .words import Words


class Batch(NamedTuple):
    """Words, lengths (B,) and classes (B,) of some texts."""

    words: Words
    lengths: Tensor
    labels: Tensor


Way = tuple[Network, Callable[[Network, Batch], Tensor]]
"""A network in training, and what gives its logits (B, K) of a batch."""


def by_nodes(network: Network, batch: Batch) -> Tensor:
    """Logits by the network's own nodes."""
    logits: Tensor = network(Signal(batch.words.padded(), batch.lengths))
    return logits


def lean(network: Network, batch: Batch) -> Tensor:
    """The same with little memory."""
    return LeanRun(network, batch.lengths)(batch.words)


def take_step(way: Way, optimizer: torch.optim.Optimizer, batch: Batch) -> None:
    """Forward, backward and update."""
    network, run = way
    loss = functional.cross_entropy(run(network, batch), batch.labels)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()


def step_seconds(
    ways: Mapping[str, Way], batches: Sequence[Batch], first: int
) -> dict[str, list[float]]:
    """Processor seconds of forward, backward and update, way after way on each batch.

    So that what else the machine does meets all ways alike.

    Args:
        ways: what is compared, by name
        batches: what each is trained on
        first: so many of the batches are not counted
    """
    optimizers = {
        name: torch.optim.AdamW(network.parameters(), 1e-3, fused=True)
        for name, (network, _) in ways.items()
    }
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for number, batch in enumerate(batches):
        for name, way in ways.items():
            begun = time.process_time()
            take_step(way, optimizers[name], batch)
            if number >= first:
                seconds[name].append(time.process_time() - begun)
    return seconds


def step_bytes(ways: Mapping[str, Way], batch: Batch) -> dict[str, int]:
    """What autograd keeps of each way's forward pass on a batch, see `kept_bytes`."""
    return {
        name: kept_bytes(partial(run, network, batch), network.parameters())
        for name, (network, run) in ways.items()
    }


def ratio_interval(left: Sequence[float], right: Sequence[float]) -> tuple[float, float]:
    """95 % interval of sum(left) / sum(right), by a bootstrap over batches."""
    pairs = np.array([left, right])
    chosen = np.random.default_rng(0).integers(0, len(left), (2000, len(left)))
    sums = pairs[:, chosen].sum(axis=2)
    low, high = np.quantile(sums[0] / sums[1], [0.025, 0.975])
    return float(low), float(high)
