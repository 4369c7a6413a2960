"""The work of one layer, text by text: the fields that every counter fills and every table prices.

Fields, all per text:

    spikes_in      spikes that arrive (a burst of n counts n)
    spikes_out     spikes that neurons fire
    sops           synaptic operations: one spike at one synapse, with its real fan-out
    macs           multiply-accumulates: analog input of an SNN, every layer of an ANN
    synapses       synapses of the text's own positions, each once
    neurons        neurons (or outputs) of the text's own positions
    bias_adds      biases added: once an output, in an SNN once a step; ramps of the neurons ttfs
    updates        neurons compared with their threshold: once a step; in an ANN, activations
    leaks          potentials multiplied by a leak
    scales         outputs brought to another scale (quantised ANN)
    pool_ops       comparisons of a maximum, additions of an ANN's mean
    encode_adds    additions and comparisons of the encoder
    encode_draws   random numbers drawn by the encoder
    components     components of word vectors fetched
    reads_in       activations or spikes read
    reads_weights  weights and biases read
    reads_state    potentials (or partial sums kept in memory) read, and
    writes_state   written
    writes_out     activations or spikes written
    address_adds   additions, and
    address_macs   multiply-accumulates that work out addresses

Memory and addressing follow Lemaire et al. 2022 (see docs/energy.md), but with the fan-out that
a spike really has. Reads and writes are of one value each.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from ..models.network import Node
from ..models.nodes.layers import Conv1d, Linear

FIELDS = (
    "spikes_in",
    "spikes_out",
    "sops",
    "macs",
    "synapses",
    "neurons",
    "bias_adds",
    "updates",
    "leaks",
    "scales",
    "pool_ops",
    "encode_adds",
    "encode_draws",
    "components",
    "reads_in",
    "reads_weights",
    "reads_state",
    "writes_state",
    "writes_out",
    "address_adds",
    "address_macs",
)
# what an SNN does only because a spike came; all else is done whatever the spikes
BY_SPIKE = (
    "spikes_in",
    "spikes_out",
    "sops",
    "reads_in",
    "reads_weights",
    "reads_state",
    "writes_state",
    "writes_out",
    "address_adds",
    "address_macs",
)
KINDS = ("encoder", "synapses", "neurons", "pooling")
WORD = 4  # bytes of a value in memory
FIFO = 1000  # spikes that a queue between layers holds, as in the experiments of Lemaire et al.


@dataclass(frozen=True)
class Layer:
    """The work of one layer on N texts.

    name: of its node; kind: one of `KINDS`
    counts: (N,) float64 by field of `FIELDS`; a field that is not there is zero
    in_bytes, weight_bytes, state_bytes, out_bytes: sizes of the memories that it reads and writes,
        for the longest text
    bits: of an activation that a MAC multiplies
    in_bits: of an activation in memory: one more where it has a sign
    """

    name: str
    kind: str
    counts: Mapping[str, np.ndarray]
    in_bytes: float = 0.0
    weight_bytes: float = 0.0
    state_bytes: float = 0.0
    out_bytes: float = 0.0
    bits: int = 32
    in_bits: int = 32
    steps: np.ndarray = field(default_factory=lambda: np.ones(1))

    def __post_init__(self) -> None:
        unknown = set(self.counts) - set(FIELDS)
        assert not unknown and self.kind in KINDS, f"{self.name}: {unknown} {self.kind}"

    def get(self, name: str) -> np.ndarray | float:
        """The count ``name`` of every text, (N,), or 0.0 where there is none of it."""
        return self.counts.get(name, 0.0)

    def mean(self, name: str) -> float:
        """The mean of a count over texts."""
        return float(np.mean(self.get(name)))

    def only(self, fields: Iterable[str]) -> Layer:
        """The same layer with these counts alone."""
        kept = {name: values for name, values in self.counts.items() if name in set(fields)}
        return replace(self, counts=kept)

    def row(self) -> dict[str, object]:
        """Means over texts as a flat record, with what follows from them.

        ``rate`` is spikes fired per neuron and step, ``spikes_per_synapse`` is SOPs per synapse.
        """
        found: dict[str, object] = {"layer": self.name, "kind": self.kind}
        found |= {name: self.mean(name) for name in FIELDS}
        synapses, updates = self.mean("synapses"), self.mean("updates")
        fires = self.kind == "neurons" and updates > 0
        found["rate"] = self.mean("spikes_out") / updates if fires else None
        found["spikes_per_synapse"] = self.mean("sops") / synapses if synapses else None
        return found | {
            "in_bytes": self.in_bytes,
            "weight_bytes": self.weight_bytes,
            "state_bytes": self.state_bytes,
            "out_bytes": self.out_bytes,
            "activation_bits": self.bits,
        }


def total(layers: Sequence[Layer], name: str) -> np.ndarray:
    """The count ``name`` of every text over all layers, (N,)."""
    return np.asarray(sum((layer.get(name) for layer in layers), start=np.zeros(1)))


def stored_weights(node: Node) -> int:
    """Weights that a layer keeps in memory, biases included.

    A converted layer that reads positive and negative parts has every weight twice, once with
    either sign: those are kept once. Fine-tuning makes them differ.
    """
    if not isinstance(node, Conv1d | Linear):
        return sum(parameter.numel() for parameter in node.parameters())
    weight = node.weight.detach()
    half = weight.shape[1] // 2
    twice = weight.shape[1] % 2 == 0 and bool((weight[:, :half] == -weight[:, half:]).all())
    return weight.numel() // (2 if twice else 1) + node.bias.numel()
