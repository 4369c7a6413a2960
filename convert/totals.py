"""What spikes and currents of a run sum up to over its steps, with few steps held at a time.

All that a conversion is judged and corrected by are sums over time. A run is cut in pieces of time
(`models.snn.SpikingTextModel.pieces`), each is added up and dropped, so that memory does not grow
with T. A batch of texts too long for that is cut into fewer texts.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

import torch
from torch import Tensor

from ..models.network import Network, Signal, add_steps
from ..models.neurons.base import Neurons
from ..models.nodes.layers import Linear
from ..models.nodes.merge import Flatten
from ..models.snn import SpikingTextModel
from .graph.canonical import channels

Record = dict[str, Signal]

# values of one step of a batch, of its input and of all nodes; a few times as many are kept as sums
MOST_VALUES = 5 << 22


def position_values(network: Network, inputs: int) -> int:
    """Values of one position at one step: ``inputs`` channels of the input and those of all nodes.

    Linear layers and what flattens a text are left out: they have no positions.
    """
    sizes = channels(network)
    flat = {name for name in network.inputs if isinstance(network.node(name), Flatten | Linear)}
    return inputs + sum(size for name, size in sizes.items() if name not in flat)


def texts_at_once(model: SpikingTextModel, positions: int, most: int = MOST_VALUES) -> int:
    """How many texts of ``positions`` a batch may hold: at least one."""
    steps = 1 if model.in_pieces else model.pre_steps + model.steps
    each = position_values(model.network, model.input_values)
    return max(1, most // (each * max(positions, 1) * steps))


def steps_at_once(model: SpikingTextModel, ids: Tensor, most: int = MOST_VALUES) -> int:
    """How many steps a piece may hold of a batch of ids (B, L): at least one."""
    each = position_values(model.network, model.input_values)
    return max(1, most // (each * max(ids.shape[:2].numel(), 1)))


def text_groups(
    ids: Tensor, lengths: Tensor, model: SpikingTextModel, most: int = MOST_VALUES
) -> Iterator[tuple[Tensor, Tensor]]:
    """A batch (B, L) in as few parts of about equally many texts as memory asks for."""
    parts = -(-len(ids) // texts_at_once(model, ids.shape[1], most))
    size = -(-len(ids) // parts)
    for start in range(0, len(ids), size):
        own = lengths[start : start + size]
        yield ids[start : start + size, : max(int(own.max()), 1)], own


class Totals:
    """Sums over steps by node: add the pieces of a run one after another.

    Args:
        names: of the nodes (or ``input``) to look at
        network: the spiking network; spikes are whole numbers, whose sums float32 holds exactly
        skip: steps before those that count
    """

    def __init__(self, names: Collection[str], network: Network, skip: int = 0) -> None:
        self.names, self.network, self.skip = names, network, skip
        self.sums: Record = {}

    def add(self, record: Record) -> None:
        """Add the next steps."""
        steps = len(next(iter(record.values())).values)
        late = max(0, min(self.skip, steps))
        self.skip -= late
        if late == steps:
            return
        for name in self.names:
            signal = record[name]
            if name not in self.sums:
                first = signal.values[0]
                zero = torch.zeros_like(first, dtype=self._dtype(name, first.dtype))
                self.sums[name] = Signal(zero, signal.lengths)
            add_steps(self.sums[name].values, signal.values[late:])

    def _dtype(self, name: str, own: torch.dtype) -> torch.dtype:
        spikes = name != "input" and isinstance(self.network.node(name), Neurons)
        return own if spikes else torch.float64


def totals(
    pieces: Iterable[Record], names: Collection[str], network: Network, skip: int = 0
) -> Record:
    """Sums (B, ...) over the steps of a run after the first ``skip``, by name."""
    found = Totals(names, network, skip)
    for record in pieces:
        found.add(record)
    return found.sums


def run_totals(
    model: SpikingTextModel,
    ids: Tensor,
    lengths: Tensor,
    noise: torch.Generator | None,
    names: Collection[str],
    most: int = MOST_VALUES,
) -> Record:
    """Sums over the last T steps of a run of a text model, by name; see `Totals`."""
    pieces = model.pieces(ids, lengths, steps_at_once(model, ids, most), noise)
    return totals(pieces, names, model.network, model.pre_steps)
