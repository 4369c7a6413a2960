"""Signals of a network up to a layer, and what a layer's outputs are a linear function of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from ...models.network import Network, Signal
from ...models.nodes.layers import Conv1d, Linear, flat_features


def run_to(network: Network, signal: Signal, name: str) -> dict[str, Signal]:
    """Run the nodes that ``name`` depends on, and no others: their signals by name."""
    needed = network.before(name)
    signals = {"input": signal}
    for node, inputs in network.inputs.items():
        if node in needed:
            signals[node] = network.node(node)(*(signals[source] for source in inputs))
    return signals


def pieces_to(
    network: Network, frames: Iterable[Tensor], lengths: Tensor, name: str
) -> Iterator[dict[str, Signal]]:
    """As `run_to` of an SNN, in the pieces of time in which its input frames (T', B, D', L) come.

    Where a node cannot be run piece by piece there is one piece of all steps.
    """
    if not network.resumes:
        yield run_to(network, Signal(torch.cat(list(frames)), lengths), name)
        return
    states: dict[str, Any] = {}
    needed = network.before(name)
    for piece in frames:
        yield network.resume(Signal(piece, lengths), states, only=needed)


def valid(values: Tensor, signal: Signal) -> Tensor:
    """Values (B, C, L) at the valid positions of ``signal`` as rows (N, C); (B, C) as they are."""
    mask = signal.mask()
    if values.dim() == 2:
        return values
    rows = values.transpose(1, 2)  # (B, L, C)
    return rows.flatten(0, 1) if mask is None else rows[mask.squeeze(1)]


def part(signal: Signal, texts: slice) -> Signal:
    """Some texts of a signal (B, ...) without time."""
    lengths = None if signal.lengths is None else signal.lengths[texts]
    return Signal(signal.values[texts], lengths)


def patches(node: Conv1d | Linear, signal: Signal) -> Tensor:
    """What each output of ``node`` is a linear function of.

    (B, D, L) -> (B, D*k, L-k+1) for a convolution, in the order of its flattened weights;
    (B, F) -> (B, F) for a linear layer.
    """
    if isinstance(node, Linear):
        return flat_features(signal)
    values, (left, right) = signal.masked(), node.padding
    missing = max(0, node.width - (values.shape[-1] + left + right))
    windows = functional.pad(values, (left, right + missing)).unfold(2, node.width, 1)
    return windows.permute(0, 1, 3, 2).flatten(1, 2)  # (B, D, W, k) -> (B, D*k, W)
