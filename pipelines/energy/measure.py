"""Work and accuracy of the models of a run, ready to be priced."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from ...energy.ann import (
    activation_bits,
    ann_layers,
    count_ann,
    quantised_levels,
    vector_levels,
    with_quantised_inputs,
)
from ...energy.direct import direct_layers, synapses_alone, twin_layers
from ...energy.exits import choose_margin, exit_accuracy, exit_steps
from ...energy.layers import Layer
from ...energy.spiking import Counted, SpikeTally, spiking_layers
from ...engine.evaluate import accuracy
from ...engine.reference import BATCH, ReferenceEngine, ann_logits, ann_positions, snn_positions
from ...models.batches import by_length
from ...models.nodes.tokens.positions import ShowAgain
from ...models.snn import SpikingTextModel
from ...models.spikes.ttfs import RampReadout
from ...models.text_model import TextModel
from ..run_folder.records.energy import Exit

Sequences = Sequence[np.ndarray]
SPARSE = "sparse-ann"
SPIKING = ("snn", "finetuned")
DIRECT, TWIN = "spiking", "twin-ann"


@dataclass(frozen=True)
class Measured:
    """One victim in one setting: its work on N texts, and how often it was right.

    victim: ``ann``, ``sparse-ann``, ``quantised-ann``, ``snn``, ``finetuned``, ``spiking``,
        ``twin-ann``
    setting: what tells it from others of the victim
    steps: mean steps a text, 1 for an ANN
    layers: its work
    accuracy: on the same texts; None where it has no labels or was not trained as it is priced
    """

    victim: str
    setting: str
    steps: float
    layers: list[Layer]
    accuracy: float | None


@dataclass
class SpikingRun:
    """An SNN run on texts: counts by step, running logits (T, N, K)."""

    model: SpikingTextModel
    sequences: Sequences
    counted: Counted
    running: Tensor

    def layers(self, steps: int | np.ndarray | None = None) -> list[Layer]:
        """The work until each text stops; see `spiking_layers`."""
        return spiking_layers(self.model, self.counted, self.sequences, steps)

    def accuracy(self, labels: Sequence[int], steps: int | None = None) -> float:
        """Accuracy after ``steps`` steps (T)."""
        return accuracy(self.running[(steps or len(self.running)) - 1], labels)

    @property
    def has_steps(self) -> bool:
        """Whether the answer grows step by step; a time-to-first-spike network gives one at T."""
        return not isinstance(self.model.network.node(self.model.network.output), RampReadout)


def run_snn(
    model: SpikingTextModel, sequences: Sequences, seed: int = 0, progress: str | None = None
) -> SpikingRun:
    """Run an SNN by the network's own nodes, and count everything on the way."""
    engine = ReferenceEngine(model, progress=progress)
    used = engine.model
    order = [i for batch in by_length(sequences, BATCH, snn_positions(used)) for i in batch]
    tally = SpikeTally(used, order)
    running = engine.running_logits(sequences, seed, counter=tally)
    return SpikingRun(used, sequences, tally.gathered(), running)


def measure_snn(run: SpikingRun, victim: str, setting: str, labels: Sequence[int]) -> Measured:
    """A whole run of T steps."""
    return Measured(victim, setting, run.model.latency, run.layers(), run.accuracy(labels))


def measure_exits(
    run: SpikingRun,
    victim: str,
    labels: Sequence[int],
    dev: tuple[Tensor, Sequence[int]],
    tolerance: float,
) -> tuple[Measured, Exit] | None:
    """Early exits with a margin chosen on dev; None without any.

    Args:
        run: of the texts that are measured
        victim: its name
        labels: of the texts
        dev: running logits (T, N, K) of dev, and its labels
        tolerance: accuracy on dev that may be lost, a fraction
    """
    if len(run.running) < 2 or not run.has_steps or run.running.shape[-1] < 2:
        return None
    margin = choose_margin(*dev, tolerance)
    if margin is None:
        return None
    steps = exit_steps(run.running, margin)
    before = run.model.latency - run.model.steps
    right = exit_accuracy(run.running, steps, labels)
    mean = float(steps.mean()) + before
    shares = [float((steps == t).mean()) for t in range(1, len(run.running) + 1)]
    found = Measured(victim, "early exit", mean, run.layers(steps), right)
    chosen = Exit(victim=victim, margin=margin, mean_steps=mean, share_by_step=shares)
    return found, chosen


@torch.no_grad()
def measure_ann(model: TextModel, sequences: Sequences, labels: Sequence[int]) -> list[Measured]:
    """The ANN dense, without padding, and without zeros."""
    counts = count_ann(model, sequences, _batches(model, sequences))
    right = accuracy(ann_logits(model, sequences), labels)
    return [
        Measured("ann", "dense", 1, ann_layers(model, counts, "nothing"), right),
        Measured("ann", "padding skipped", 1, ann_layers(model, counts, "padding"), right),
        Measured(SPARSE, "padding and zeros skipped", 1, ann_layers(model, counts, "zeros"), right),
    ]


@torch.no_grad()
def measure_direct(model: TextModel, sequences: Sequences, labels: Sequence[int]) -> list[Measured]:
    """A network that was trained as a spiking one, and an ANN of the same matrices.

    With everything counted, and by synapses alone, as published figures of such networks are; of
    the ANN, which was not trained, multiply-accumulates alone.
    """
    layers = direct_layers(model, sequences)
    right = accuracy(ann_logits(model, sequences), labels)
    shown = max(
        (node.steps for node in model.network.nodes.values() if isinstance(node, ShowAgain)),
        default=0,
    )
    steps = shown or float(np.mean([len(s) for s in sequences]))
    return [
        Measured(DIRECT, "everything", steps, layers, right),
        Measured(DIRECT, "synapses alone", steps, synapses_alone(layers), right),
        Measured(TWIN, "padding skipped", 1, twin_layers(layers), None),
        Measured(TWIN, "dense", 1, twin_layers(layers, dense=True), None),
    ]


def _batches(model: TextModel, sequences: Sequences) -> list[list[int]]:
    """Batches an eighth as large as for logits alone: the values of all nodes are kept of them."""
    return list(by_length(sequences, BATCH, max(1, ann_positions(model) // 8)))


@torch.no_grad()
def measure_quantised(
    model: TextModel, sequences: Sequences, labels: Sequence[int], levels: int
) -> list[Measured]:
    """An ANN trained with QCFS at L = ``levels``, on inputs of no more levels either side of zero.

    Its accuracy is measured with those inputs.
    """
    rounded = with_quantised_inputs(model, levels)
    counts = count_ann(rounded, sequences, _batches(rounded, sequences))
    right = accuracy(ann_logits(rounded, sequences), labels)
    own_levels = vector_levels(model, levels)
    name = f"{activation_bits(levels)} bits"
    return [
        Measured(
            "quantised-ann",
            f"{name}, {what}",
            1,
            ann_layers(rounded, counts, skips, levels, own_levels),
            right,
        )
        for skips, what in (("padding", "padding skipped"), ("zeros", "padding and zeros skipped"))
    ]


def quantised_note(ann: TextModel, steps: int) -> tuple[int | None, str]:
    """The levels of the run's ANN as the quantised baseline of an SNN of ``steps`` steps, and what
    to say about them."""
    levels = quantised_levels(ann)
    if levels is None:
        return None, (
            "no quantised ANN: this one was not trained with QCFS; train with --activation qcfs "
            f"--levels {steps}"
        )
    if activation_bits(levels) != activation_bits(steps):
        return levels, (
            f"the quantised ANN has {activation_bits(levels)} bits (QCFS with L = {levels}), but "
            f"T = {steps} asks for {activation_bits(steps)}: train with --levels {steps} to "
            "compare like with like"
        )
    return levels, ""
