"""A training step of the spiking encoder: token by token, and shown four times.

    python benchmarks/speed/spiking_bert.py [--quick] [--cases 128x32,256x64] [--batches 8]

The ways take turns batch by batch in one process, with weights of one shape, fused AdamW and one
thread. ``individual`` and ``repeat`` are run with little memory, as `snnconvert train` does;
``by nodes`` is the network's own nodes with autograd; ``spikingjelly`` has its LIFNode in
multi-step mode in place of ours; ``loop`` steps the neurons token by token. Times are CPU time,
medians over batches; the interval of a ratio of sums is a bootstrap over batches. ``kept`` is what
autograd keeps after the forward pass of one batch, by distinct storage, without parameters: exact,
and the same on every machine.
"""

from __future__ import annotations

import argparse
import statistics
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import nn

from snnconvert.benchmarks.shared.common import Row
from snnconvert.benchmarks.shared.results import RESULTS, write_results
from snnconvert.benchmarks.shared.tables import encoders
from snnconvert.engine.tokens.turns import (
    Batch,
    Way,
    by_nodes,
    lean,
    ratio_interval,
    step_bytes,
    step_seconds,
)
from snnconvert.models.families.spiking_bert import SpikingBertSpec, build_spiking_bert
from snnconvert.models.network import Network, Node, Signal
from snnconvert.models.neurons.direct.bpsn import bpsn_steps
from snnconvert.models.neurons.direct.lif import TrainedLIF
from snnconvert.models.neurons.direct.node import BPSN
from snnconvert.models.text_model import set_generator

WORDS, STEPS, LAYERS, CLASSES = 300, 4, 2, 2
FIRST = 2  # batches that warm up
OURS = "individual"


class SpikingjellyLIF(Node):
    """Spikingjelly's LIFNode over T steps, with our thresholds as scales of its currents."""

    def __init__(self, threshold: nn.Parameter) -> None:
        from spikingjelly.activation_based import neuron, surrogate

        super().__init__()
        self.threshold = threshold
        self.node = neuron.LIFNode(
            tau=2.0,
            decay_input=False,
            v_reset=0.0,
            detach_reset=True,
            surrogate_function=surrogate.ATan(alpha=2.0),
            step_mode="m",
        )

    def forward(self, *inputs: Signal) -> Signal:
        """Currents (T, B, C, L) to spikes."""
        self.node.reset()
        spikes = self.node(inputs[0].values / self.threshold[:, None])
        return Signal(Signal(spikes, inputs[0].lengths).masked(), inputs[0].lengths)


class Stepped(Node):
    """BPSN neurons token by token."""

    def __init__(self, node: BPSN) -> None:
        super().__init__()
        self.node = node

    def forward(self, *inputs: Signal) -> Signal:
        """Currents (B, C, L) to spikes."""
        values, lengths = inputs[0]
        return Signal(bpsn_steps(values, self.node.parameters_now(), lengths), lengths)


def network_of(coding: str, dim: int, neurons: Callable[[Any], Node] | None = None) -> Network:
    """A network in training; ``neurons`` takes the place of its neurons."""
    spec = SpikingBertSpec(WORDS, CLASSES, size=dim, layers=LAYERS, coding=coding)
    network = build_spiking_bert(spec, 0).train()
    set_generator(network, torch.Generator().manual_seed(0))
    for name in network.inputs if neurons else ():
        node = network.node(name)
        if isinstance(node, BPSN | TrainedLIF) and neurons is not None:
            network.nodes[name] = neurons(node)
    return network


def ways(dim: int) -> dict[str, Way]:
    """What is compared, by name."""
    return {
        OURS: (network_of("individual", dim), lean),
        "repeat": (network_of("repeat", dim), lean),
        "individual, by nodes": (network_of("individual", dim), by_nodes),
        "repeat, by nodes": (network_of("repeat", dim), by_nodes),
        "repeat, spikingjelly": (
            network_of("repeat", dim, lambda node: SpikingjellyLIF(node.threshold)),
            by_nodes,
        ),
        "individual, loop": (network_of("individual", dim, Stepped), by_nodes),
    }


def draw(batch: int, random: torch.Generator) -> Batch:
    """Texts of similar lengths, as training batches have them: the longest of 15 to 35 tokens."""
    longest = int(torch.randint(15, 36, (1,), generator=random))
    lengths = torch.randint(longest - 2, longest + 1, (batch,), generator=random)
    lengths[0] = longest
    vectors = torch.rand(batch, WORDS, longest, generator=random) * 2 - 1
    return Batch(vectors, lengths, torch.randint(0, CLASSES, (batch,), generator=random))


def measure(dim: int, batch: int, batches: int) -> list[Row]:
    """One row a way."""
    random = torch.Generator().manual_seed(0)
    compared = ways(dim)
    texts = [draw(batch, random) for _ in range(FIRST + batches + 1)]
    times = step_seconds(compared, texts[:-1], FIRST)
    kept = step_bytes(compared, texts[-1])
    return [_row(name, dim, batch, times, kept) for name in compared]


def _row(
    name: str, dim: int, batch: int, times: dict[str, list[float]], kept: dict[str, int]
) -> Row:
    low, high = ratio_interval(times[name], times[OURS])
    return {
        "dim": dim,
        "batch": batch,
        "batches": len(times[name]),
        "way": name,
        "cpu_seconds": statistics.median(times[name]),
        "times_individual": sum(times[name]) / sum(times[OURS]),
        "low": low,
        "high": high,
        "kept_bytes": kept[name],
        "kept_times_individual": kept[name] / kept[OURS],
    }


def main(words: Sequence[str] | None = None) -> int:
    """Measure, and write the results; returns the exit code."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="two small batches")
    parser.add_argument("--cases", default="128x32,256x64", help="hidden sizes and batches")
    parser.add_argument("--batches", type=int, default=8)
    parser.add_argument("--out", type=Path, default=RESULTS)
    options = parser.parse_args(words)
    torch.set_num_threads(1)
    cases = "16x4" if options.quick else options.cases
    rows: list[Row] = []
    for case in cases.split(","):
        dim, batch = map(int, case.split("x"))
        rows += measure(dim, batch, 2 if options.quick else options.batches)
    settings = {"words": WORDS, "steps": STEPS, "layers": LAYERS, "texts": "15 to 35 tokens"}
    said = str(__doc__).split("\n", 4)[4]
    page = f"# A training step of the spiking encoder\n\n{said}\n{encoders(rows)}\n"
    write_results(options.out, "spiking_bert", settings, rows, page)
    print(encoders(rows))
    return 0


if __name__ == "__main__":
    sys.exit(main())
