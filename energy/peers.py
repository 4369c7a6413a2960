"""Two models of spikingjelly's, on the convolutions of a network: SpikeSim and NeuroMC.

Both know convolutions over two axes; so everything else (the readout, a thousandth of the work) is
left out, and texts are given one by one without padding. SpikeSim is for spikes alone, and depends
on them, so it is run on a sample of texts. NeuroMC depends on shapes, so every length is run once.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from ..models.batches import to_batch
from ..models.devices import on_cpu
from ..models.memory import give_back
from ..models.network import Network, Signal
from ..models.nodes.layers import Conv1d
from ..models.snn import SpikingTextModel
from ..models.spikingjelly import neuromc_picojoules, spikesim_picojoules
from ..models.text_model import TextModel
from ..seeds import generator

TITLES = {
    "spikesim": "SpikeSim: RRAM crossbars, 65 nm, convolutions, event by event",
    "neuromc": "NeuroMC: 32 nm, memory hierarchy, convolutions, no zeros skipped",
}
SOURCES = {
    "spikesim": "Moitra et al., IEEE TCAD 2023, doi 10.1109/TCAD.2023.3274918, as restated in "
    "spikingjelly 2.0 (activation_based.op_counter.spikesim)",
    "neuromc": "NeuroMC, Nature Communications 2026 (s41467-026-70586-x), as restated in "
    "spikingjelly 2.0 (activation_based.op_counter.neuromc)",
}

# input values that SpikeSim is given at a time (8 MB); of shorter texts and runs all at once
PIECE_VALUES = 1 << 21


def convolutions(network: Network) -> list[str]:
    """The convolutions of a network, by name."""
    return [name for name in network.inputs if isinstance(network.node(name), Conv1d)]


@torch.no_grad()
def spikesim_joules(
    model: SpikingTextModel, sequences: Sequence[np.ndarray], seed: int = 0
) -> float | None:
    """Joules a text by SpikeSim, the mean over ``sequences``.

    None for input that is no spikes, and without convolutions.
    """
    if not model.encoder.spiking or not sequences or not convolutions(model.network):
        return None
    model = on_cpu(model)  # where spikingjelly's convolutions are made
    whole, noise = 0.0, generator(seed, "spikesim")
    for sequence in sequences:
        if not len(sequence):
            continue
        ids, lengths = to_batch([sequence])
        size = max(1, PIECE_VALUES // (ids.shape[1] * model.input_values))
        for record in model.pieces(ids, lengths, size, noise):
            found = _spikesim(model.network, record)
            if found is None:
                return None
            whole += found
        give_back()
    return whole * 1e-12 / len(sequences)


def _spikesim(network: Network, record: dict[str, Signal]) -> float | None:
    """Picojoules of some steps of one text; None for bursts, negative spikes and averages."""
    whole = 0.0
    for name in convolutions(network):
        node = network.node(name)
        assert isinstance(node, Conv1d)
        spikes = record[network.inputs[name][0]].masked()[:, 0]  # (T', D, L)
        if not bool(((spikes == 0) | (spikes == 1)).all()):
            return None
        whole += spikesim_picojoules(node.weight, node.padding, spikes)
    return whole


@torch.no_grad()
def neuromc_joules(
    model: SpikingTextModel | TextModel, sequences: Sequence[np.ndarray]
) -> float | None:
    """Joules a text by NeuroMC, the mean over ``sequences``.

    None for analog input of an SNN, and without convolutions.

    An SNN is charged for every one of its steps.
    """
    spiking = isinstance(model, SpikingTextModel)
    analog = isinstance(model, SpikingTextModel) and not model.encoder.spiking
    if analog or not convolutions(model.network):
        return None
    model = on_cpu(model)
    lengths = [max(len(s), 1) for s in sequences]
    costs: dict[int, float] = {}
    for length in set(lengths):
        ids, one_text = to_batch([model.blank(length)])
        record: dict[str, Signal] = {}
        if isinstance(model, SpikingTextModel):
            record, times = next(model.pieces(ids, one_text, 1)), model.latency  # for its shapes
        else:
            model.network(Signal(model.embed(ids), one_text), record)
            times = 1
        one = sum(
            _neuromc(model.network, name, record, spiking) for name in convolutions(model.network)
        )
        costs[length] = one * times
    return float(np.mean([costs[length] for length in lengths])) * 1e-12


def _neuromc(network: Network, name: str, record: dict[str, Signal], spiking: bool) -> float:
    """Picojoules of one convolution for one step (an SNN) or at all (an ANN)."""
    node = network.node(name)
    assert isinstance(node, Conv1d)
    length = record[network.inputs[name][0]].values.shape[-1]
    frame = torch.zeros((1, node.inputs, length))
    if not spiking:
        frame = frame + 0.5  # not binary: NeuroMC takes it for the input of an ANN
    return neuromc_picojoules(node.weight, node.padding, frame, spiking)
