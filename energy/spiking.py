"""The work of an SNN, counted on the recorded signals of a real run, by step and text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from ..models.batches import to_batch
from ..models.network import Network, Node, Signal
from ..models.neurons.base import Neurons
from ..models.neurons.readout import SpikingReadout
from ..models.nodes.layers import Conv1d
from ..models.operations import SpikeCounter, step_sops
from ..models.snn import SpikingTextModel
from ..models.spikes.pooling import GatedMax, MaxOfCounts, MaxOfCurrents, SpikePooling
from ..models.spikes.ttfs import RampReadout
from .encoding import encoder_layer
from .layers import FIFO, WORD, Layer, stored_weights

Arrays = dict[str, np.ndarray]


def places(signal: Signal) -> Tensor:
    """Values that a text has at one step, (B,): channels times its own positions."""
    values, lengths = signal
    if lengths is None:
        return torch.full((values.shape[-2],), float(values.shape[-1]))
    return lengths.to(torch.float64) * values.shape[-2]


def synapse_count(node: Node, source: Signal) -> Tensor:
    """Synapses of a text's own positions, each once, (B,); ``source`` has time first."""
    ones = Signal(torch.ones_like(source.values[:1]), source.lengths)
    return step_sops(node, ones)[0].to(torch.float64)


class SpikeTally:
    """Counts per step and text of every node; give it to an engine as its counter.

    Args:
        model: the SNN. Its texts must come in the order of ``order``.
        order: the index of every text, in the order in which batches bring them.
    """

    pieces = True  # see `engine.reference.Counter`

    def __init__(self, model: SpikingTextModel, order: Sequence[int]) -> None:
        self.model, self.order = model, np.asarray(order, dtype=np.int64)
        self.counter = SpikeCounter(model.network, not model.encoder.spiking)
        self.steps = model.pre_steps + model.steps
        # node -> field -> counts of all texts, made when first met: small arrays kept beside each
        # piece's large ones would leave gaps that no later piece fits into
        self.by_step: dict[str, Arrays] = {}  # (T, N)
        self.once: dict[str, Arrays] = {}  # (N,)
        self.begun = self.texts = self.start = 0  # this batch is of the texts begun to texts

    def update(self, record: dict[str, Signal], start: int = 0) -> None:
        """Add one batch of recorded signals, or its next piece after ``start`` steps of it."""
        self.start = start
        if not start:
            self.begun = self.texts
            self.texts += record["input"].values.shape[1]
        network = self.model.network
        operations = self.counter.operations(record)
        if self.model.encoder.spiking:
            fired = record["input"].masked().flatten(2).sum(2)
            self._each("encoder", "spikes_out", fired)
        for name, inputs in network.inputs.items():
            node = network.node(name)
            if node.synaptic:
                self._synapses(name, record, operations[name])
            elif isinstance(node, Neurons | SpikingReadout):
                fired = self.counter.spikes(name, record).masked().flatten(2).sum(2)
                self._each(name, "spikes_out", fired)
                self._once(name, "neurons", places(record[name]))
            elif isinstance(node, SpikePooling):
                self._pooling(name, node, record[inputs[0]])

    def _synapses(self, name: str, record: dict[str, Signal], operations: Tensor) -> None:
        network = self.model.network
        source = network.inputs[name][0]
        node = network.node(name)
        self._once(name, "neurons", places(record[name]))
        self._once(name, "synapses", synapse_count(node, record[source]))
        arriving = self.counter.spikes(source, record).masked()
        if self.counter.is_analog(name):
            if self.start:  # its inputs are read once, and were
                return
            arriving = (arriving[:1] != 0).float()
        self._each(name, "operations", operations)
        self._each(name, "spikes_in", arriving.flatten(2).sum(2))

    def _pooling(self, name: str, node: SpikePooling, source: Signal) -> None:
        """One comparison a current, or one a spike; counts need one more addition a spike."""
        if isinstance(node, MaxOfCurrents):
            work = places(source).expand(len(source.values), -1)
        else:
            each = 2.0 if isinstance(node, MaxOfCounts | GatedMax) else 1.0
            work = each * source.masked().abs().flatten(2).sum(2)
        self._each(name, "pool_ops", work)

    def _each(self, name: str, field: str, values: Tensor) -> None:
        """Keep counts of the next steps, (T', B)."""
        node = self.model.network.nodes[name] if name != "encoder" else None
        once = isinstance(node, Node) and node.synaptic and self.counter.is_analog(name)
        steps = 1 if once else self.steps
        kept = self._array(self.by_step, name, field, (steps, len(self.order)))
        at = slice(self.start, self.start + len(values)), self._batch
        kept[at] = values.detach().cpu().numpy()

    def _once(self, name: str, field: str, values: Tensor) -> None:
        """Keep counts (B,) that are the same in every piece."""
        kept = self._array(self.once, name, field, (len(self.order),))
        kept[self._batch] = values.detach().cpu().numpy()

    @property
    def _batch(self) -> np.ndarray:
        """Which texts this batch is of."""
        return self.order[self.begun : self.texts]

    def _array(
        self, where: dict[str, Arrays], name: str, field: str, shape: tuple[int, ...]
    ) -> np.ndarray:
        fields = where.setdefault(name, {})
        if field not in fields:
            fields[field] = np.zeros(shape)
        return fields[field]

    def gathered(self) -> Counted:
        """All batches together, texts in their own order."""
        return Counted(self.by_step, self.once)


@dataclass(frozen=True)
class Counted:
    """Counts of N texts: by node and field, (T, N) at each step and (N,) once."""

    by_step: dict[str, dict[str, np.ndarray]]
    once: dict[str, dict[str, np.ndarray]]


def pre_steps(model: SpikingTextModel) -> int:
    """Steps that are run before the T that count (SRP), none in most models."""
    windows = isinstance(model.network.node(model.network.output), RampReadout)
    return 0 if windows else model.latency - model.steps


def spiking_layers(
    model: SpikingTextModel,
    counted: Counted,
    sequences: Sequence[np.ndarray],
    steps: int | np.ndarray | None = None,
) -> list[Layer]:
    """The work of every layer until each text has its answer.

    Args:
        model: the SNN
        counted: of the texts ``sequences``
        sequences: id sequences (N)
        steps: steps t of the T after which a text stops, one number or (N,); None for T. Pre-steps
            (SRP) are done in any case.
    """
    texts = len(sequences)
    stop = np.broadcast_to(np.asarray(model.steps if steps is None else steps), (texts,))
    run = stop + pre_steps(model)
    longest = max((len(s) for s in sequences), default=1)
    sizes = node_sizes(model, longest)
    sent = counted.by_step.get("encoder", {}).get("spikes_out")
    spikes = None if sent is None else _until(sent, run)
    layers = [encoder_layer(model, sequences, run, longest, spikes)]
    for name in model.network.inputs:
        node = model.network.node(name)
        if node.synaptic:
            layers.append(_synapses(model, name, counted, run, sizes))
        elif isinstance(node, Neurons | SpikingReadout):
            layers.append(_neurons(name, node, counted, run, sizes))
        elif isinstance(node, SpikePooling):
            work = _until(counted.by_step[name]["pool_ops"], run)
            layers.append(Layer(name, "pooling", {"pool_ops": work}, steps=run))
    return layers


def _until(by_step: np.ndarray, run: np.ndarray) -> np.ndarray:
    """Sums (N,) of (T, N) over each text's first ``run`` steps."""
    inside = np.arange(len(by_step))[:, None] < run
    return (by_step * inside).sum(axis=0)


def _synapses(
    model: SpikingTextModel,
    name: str,
    counted: Counted,
    run: np.ndarray,
    sizes: dict[str, tuple[float, float]],
) -> Layer:
    """The work of a layer of synapses."""
    node = model.network.node(name)
    analog = SpikeCounter(model.network, not model.encoder.spiking).is_analog(name)
    by_step, once = counted.by_step[name], counted.once[name]
    neurons = once["neurons"]
    has_bias = hasattr(node, "bias")
    biases = neurons * (np.ones_like(run) if analog else run) * has_bias
    counts = {"synapses": once["synapses"], "neurons": neurons, "bias_adds": biases}
    operations = _until(by_step["operations"], run)
    arriving = _until(by_step["spikes_in"], run)
    inside, outside = sizes[name]
    if analog:
        counts |= dense_memory(node, operations, arriving, neurons, biases)
    else:
        counts |= {
            "spikes_in": arriving,
            "sops": operations,
            "reads_in": arriving,
            "reads_weights": (operations + biases) * has_bias,
            "reads_state": operations,
            "writes_state": operations,
            "address_adds": operations,
        }
        if isinstance(node, Conv1d):
            counts["address_macs"] = 2 * arriving  # row and column of a spike's first window
        readers = model.network.consumers(name)
        if not readers:  # no neurons keep its sums: they are written anew at every step
            counts["reads_state"] = operations + biases
            counts["writes_state"] = operations + biases
    return Layer(
        name,
        "synapses",
        counts,
        in_bytes=WORD * (inside if analog else FIFO),
        weight_bytes=WORD * stored_weights(node),
        state_bytes=WORD * outside,
        out_bytes=WORD * outside,
        steps=run,
    )


def dense_memory(
    node: object,
    macs: np.ndarray,
    inputs: np.ndarray,
    outputs: np.ndarray,
    biases: np.ndarray,
) -> dict[str, np.ndarray]:
    """MACs of a layer that multiplies, with its memory and addresses (Lemaire et al. 2022).

    A convolution reads an input and a weight for every MAC, a linear layer each input once; sums
    stay in a register until they are written once.
    """
    convolves = isinstance(node, Conv1d)
    taps = node.channels * node.width if isinstance(node, Conv1d) else 0
    return {
        "macs": macs,
        "reads_in": macs if convolves else inputs,
        "reads_weights": macs + biases,
        "writes_out": outputs,
        "address_adds": inputs + outputs + taps,
    }


def _neurons(
    name: str,
    node: Neurons | SpikingReadout,
    counted: Counted,
    run: np.ndarray,
    sizes: dict[str, tuple[float, float]],
) -> Layer:
    """The work of a layer of neurons: what it does at every step, and a subtraction a spike."""
    neurons = counted.once[name]["neurons"]
    updates = neurons * run
    fired = _until(counted.by_step[name]["spikes_out"], run)
    counts = {
        "spikes_out": fired,
        "neurons": neurons,
        "writes_out": fired,
    }
    counts |= {name: each * updates for name, each in node.operations.items()}
    return Layer(
        name,
        "neurons",
        counts,
        state_bytes=WORD * sizes[name][1],
        out_bytes=WORD * FIFO,
        steps=run,
    )


@torch.no_grad()
def node_sizes(model: SpikingTextModel, longest: int) -> dict[str, tuple[float, float]]:
    """Values on the input and the output of every node at one step, for a text of ``longest``."""
    ids, lengths = to_batch([model.blank(max(longest, 1))], model)
    return sizes_of(model.network, next(model.pieces(ids, lengths, 1, torch.Generator())))


@torch.no_grad()
def network_sizes(network: Network, signal: Signal) -> dict[str, tuple[float, float]]:
    """Values on the input and output of every node for one text, (1, ...) or (T, 1, ...)."""
    record: dict[str, Signal] = {}
    network(signal, record)
    return sizes_of(network, record)


def sizes_of(network: Network, record: dict[str, Signal]) -> dict[str, tuple[float, float]]:
    """The same of a recorded run."""
    size = {name: found.values.numel() / len(found.values) for name, found in record.items()}
    return {
        name: (sum(size[source] for source in inputs), size[name])
        for name, inputs in network.inputs.items()
    }
