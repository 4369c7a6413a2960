"""The network of the benchmarks with every pooling rule, and texts for it."""

from __future__ import annotations

import numpy as np
import torch

from snnconvert.benchmarks.shared.peers import model_of, random_vectors
from snnconvert.models.encoders.encoder import Encoder
from snnconvert.models.network import Network, Node
from snnconvert.models.nodes.pooling import MeanOverTime
from snnconvert.models.snn import SpikingTextModel
from snnconvert.models.spikes import POOLING_RULES
from snnconvert.seeds import generator

RULES = ("spikes", "counts", "gated", "mean", "currents")


def network_of(
    rule: str, code: str, steps: int, channels: int = 100, dim: int = 300, words: int = 2000
) -> SpikingTextModel:
    """Random weights on a grid, so that sums do not round; filters of widths 3, 4 and 5.

    Args:
        rule: how the branches pool, of `RULES`
        code: of the input
        steps: T
        channels: filters of each width
        dim: components of a word vector
        words: of the vocabulary
    """
    model = model_of(random_vectors(words, dim), Encoder(code), steps, channels)
    network, nodes = model.network, []
    for name, inputs in network.inputs.items():
        width = name.removeprefix("act").removeprefix("pool")
        pool: Node = MeanOverTime() if rule == "mean" else POOLING_RULES[rule]()
        node = network.node(name)
        if name.startswith("act") and rule == "currents":
            nodes.append((f"pool{width}", pool, inputs))  # before the neurons
            nodes.append((name, node, (f"pool{width}",)))
        elif name.startswith("pool"):
            if rule != "currents":
                nodes.append((name, pool, inputs))
        elif rule == "currents":
            after = tuple(source.replace("pool", "act") for source in inputs)
            nodes.append((name, node, after))
        else:
            nodes.append((name, node, inputs))
    model.network = Network(nodes)
    return model.eval()


def texts_of(count: int, longest: int, words: int, seed: int = 0) -> list[np.ndarray]:
    """Id sequences of 1 to ``longest`` words, some shorter than a filter."""
    draws = generator(seed, "texts")
    lengths = torch.randint(1, longest + 1, (count,), generator=draws).tolist()
    return [torch.randint(1, words, (n,), generator=draws).numpy() for n in lengths]
