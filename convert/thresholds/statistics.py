"""What threshold rules look at: an activation's values on calibration texts, and its weights."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor

from ...errors import InputError
from ...models.network import Network, Node, Signal
from ...models.nodes.layers import Conv1d, Linear


class ActivationStatistics:
    """Per-channel samples of one layer's activations: update with batches, then compute.

    Args:
        limit: how many values per channel are kept; beyond it, every k-th is kept.
    """

    def __init__(self, limit: int = 100_000) -> None:
        self.limit = limit
        self.parts: list[Tensor] = []

    def update(self, signal: Signal) -> None:
        """Add the values of valid positions of activations (B, C, L) or (B, C)."""
        values, mask = signal.values, signal.mask()
        if mask is not None:
            values = values.transpose(1, 2)[mask.squeeze(1)]  # (valid positions, C)
        self.parts.append(values.detach().float())  # (N, C)

    def rows(self, limit: int | None = None) -> Tensor:
        """All kept values (N, C), or every k-th of them where there are more than ``limit``."""
        rows = torch.cat(self._measured())
        stride = max(1, -(-len(rows) // (limit or self.limit)))
        return rows[::stride]

    def largest(self) -> Tensor:
        """The maximum of each channel, (C,)."""
        return torch.cat([part.amax(dim=0, keepdim=True) for part in self._measured()]).amax(dim=0)

    def _measured(self) -> list[Tensor]:
        if not self.parts:
            raise InputError("expected calibration texts to balance thresholds on, but got none")
        return self.parts


@dataclass(frozen=True)
class LayerStatistics:
    """What is known of one activation, in columns: its channels, or all of them as one.

    Args:
        name: of the activation node
        network: the ANN
        activations: its values on calibration texts
        per_channel: whether a column is a channel, or the whole layer
        source: what was measured, see `spec.ThresholdRule`
    """

    name: str
    network: Network
    activations: ActivationStatistics = field(default_factory=ActivationStatistics)
    per_channel: bool = False
    source: str = "activation"

    @property
    def node(self) -> Node:
        """The activation node."""
        return self.network.node(self.name)

    def values(self, limit: int | None = None) -> Tensor:
        """The activations at valid positions (N, columns), of at most ``limit`` positions.

        Raises:
            InputError: there are none.
        """
        rows = self.activations.rows(limit)  # (N, C)
        return rows if self.per_channel else rows.reshape(-1, 1)

    def largest(self) -> Tensor:
        """The maximum of each column, (columns,); of all values, none is left out."""
        top = self.activations.largest()  # (C,)
        return top if self.per_channel else top.max().reshape(1)

    def percentile(self, percent: float, nonzero: bool = False) -> Tensor:
        """The percentile of each column (linear interpolation), (columns,).

        Args:
            percent: in (0, 100]
            nonzero: of the values above zero only; 0 where there are none
        """
        columns = list(self.values().numpy().T)
        if nonzero:
            columns = [column[column > 0] for column in columns]
        percentiles = [np.percentile(c, percent) if len(c) else 0.0 for c in columns]
        return torch.tensor(np.array(percentiles, dtype=np.float32))

    def weights(self) -> Tensor:
        """The weights of the layer that feeds the activation, (columns, their number).

        Raises:
            InputError: more than one layer feeds it.
        """
        source = self.name
        while not isinstance(self.network.node(source), Conv1d | Linear):
            inputs = self.network.inputs[source]
            if len(inputs) != 1 or inputs[0] == "input":
                raise InputError(
                    f"expected one layer with weights before {self.name} for a threshold rule that "
                    f"looks at them, but {source} reads {', '.join(inputs)}: choose another rule"
                )
            source = inputs[0]
        node = self.network.node(source)
        assert isinstance(node, Conv1d | Linear)
        rows = node.weight.detach()
        return rows.flatten(1) if self.per_channel else rows.reshape(1, -1)
