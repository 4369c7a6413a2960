"""The trained networks of the conversion benchmark, and the same network as a plain torch module.

The peer's converter takes `torch.nn` modules, knows one activation (`nn.ReLU`) and moves pooling
before the neurons only where it is `nn.MaxPool2d`. So the TextCNN is written again with `nn.Conv2d`
over (B, D, L, 1), and must compute the logits of ours before anything is measured.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from snnconvert.benchmarks.shared.fixed_training import TRAIN
from snnconvert.engine.evaluate import accuracy
from snnconvert.engine.reference import ann_logits
from snnconvert.errors import InputError, SnnConvertError
from snnconvert.models.batches import by_length, to_batch
from snnconvert.models.network import Signal
from snnconvert.models.nodes.activations import Qcfs, Relu
from snnconvert.models.nodes.layers import Conv1d, Linear
from snnconvert.models.nodes.pooling import MaxOverTime
from snnconvert.models.text_model import TextModel
from snnconvert.pipelines.data import calibration_texts, load_run_model, load_run_texts
from snnconvert.pipelines.settings.data import DataSettings
from snnconvert.pipelines.settings.train import TrainSettings
from snnconvert.pipelines.train import train

# word vectors trained on text that is in none of the data sets
VECTORS = {"sst2": "en.imdb.300d.txt.gz", "waimai": "zh.reviews.300d.txt.gz"}
LEVELS = 4
Sequences = Sequence[np.ndarray]


@dataclass(frozen=True)
class Case:
    """One trained network: data set, pooling (``mean`` or ``max``), activation, and seed."""

    dataset: str
    pooling: str
    activation: str
    seed: int


@dataclass
class Trained:
    """A trained network with its texts: id sequences and labels of ``dev`` and ``test``."""

    model: TextModel
    sequences: dict[str, Sequences]
    labels: dict[str, list[int]]
    calibration: list[np.ndarray]
    accuracy: dict[str, float]


def vectors_of(dataset: str, folder: Path) -> str:
    """The file of word vectors for a data set.

    Raises:
        InputError: there is none for it in ``folder``.
    """
    if dataset not in VECTORS:
        raise InputError(f"expected a data set of {', '.join(VECTORS)}, but got {dataset!r}")
    path = folder / VECTORS[dataset]
    if not path.is_file():
        raise InputError(
            f"expected word vectors at {path}, but there is no such file: --embeddings"
        )
    return str(path)


def trained(case: Case, data: DataSettings, work: Path, calibration: int, **more: int) -> Trained:
    """Train a network, or take it from ``work`` where it is done.

    Args:
        case: what to train; everything else is fixed (`fixed_training`)
        data: texts and word vectors
        work: folder of the run folders
        calibration: how many training texts every converter calibrates on
        more: options of training in place of those (for trials)
    """
    name = f"{case.dataset}-{case.pooling}-{case.activation}-{case.seed}"
    settings = TrainSettings(
        activation=case.activation,
        pooling=case.pooling,
        levels=LEVELS,
        tensorboard=False,
        **TRAIN,
    )
    run = train(work / name, data, replace(settings, **more), case.seed)
    model, _ = load_run_model(run, "ann", TextModel)
    texts = load_run_texts(run)
    splits = ("dev", "test")
    return Trained(
        model.eval(),
        {s: texts.sequences[s] for s in splits},
        {s: texts.labels[s] for s in splits},
        calibration_texts(texts, calibration, case.seed),
        {s: accuracy(ann_logits(model, texts.sequences[s]), texts.labels[s]) for s in splits},
    )


class PeerActivation(nn.Module):
    """`nn.ReLU`, and behind it the staircase of QCFS where ``quantise`` is set.

    bound * min(floor(a * L / bound + 1/2), L) / L of a = max(z, 0) is QCFS of z. The peer's
    converter has no rule for it; its neuron takes the place of both, as in Bu et al. 2022.
    """

    def __init__(self, bound: float | None = None, levels: int = LEVELS) -> None:
        super().__init__()
        self.relu = nn.ReLU()
        self.bound, self.levels = bound, levels
        self.quantise = bound is not None

    def forward(self, z: Tensor) -> Tensor:
        """Activations of pre-activations (B, C, L, 1)."""
        a = self.relu(z)
        if self.quantise and self.bound is not None:
            steps = torch.floor(a * self.levels / self.bound + 0.5).clamp(max=self.levels)
            return self.bound * (steps / self.levels)
        return a


class PeerTextCNN(nn.Module):
    """A trained TextCNN of ours as a module of `torch.nn` layers: (B, D, L, 1) -> logits (B, K).

    Its pooling windows must be set to the text's length before it is called
    (:func:`set_windows`), so that padding is never read.

    Raises:
        InputError: a network that is not a TextCNN with ReLU or QCFS.
    """

    def __init__(self, model: TextModel) -> None:
        super().__init__()
        network = model.network
        nodes = {name: network.node(name) for name in network.inputs}
        convolutions = {n: node for n, node in nodes.items() if isinstance(node, Conv1d)}
        readout = nodes[network.output]
        self.widths = tuple(node.width for node in convolutions.values())
        if not convolutions or not isinstance(readout, Linear):
            raise InputError("expected a TextCNN: convolutions side by side, and a linear readout")
        self.convs, self.acts, self.pools = nn.ModuleList(), nn.ModuleList(), nn.ModuleList()
        for name, node in convolutions.items():
            (act,) = network.consumers(name)
            (pool,) = network.consumers(act)
            self.convs.append(_conv2d(node))
            self.acts.append(_activation(nodes[act]))
            largest = isinstance(nodes[pool], MaxOverTime)
            self.pools.append(nn.MaxPool2d(1) if largest else nn.AvgPool2d(1))
        self.readout = nn.Linear(readout.inputs, readout.outputs)
        self.readout.weight = nn.Parameter(readout.weight.detach().clone())
        self.readout.bias = nn.Parameter(readout.bias.detach().clone())

    def forward(self, x: Tensor) -> Tensor:
        """Logits of vectors (B, D, L, 1)."""
        branches = zip(self.convs, self.acts, self.pools, strict=True)
        pooled = [torch.flatten(pool(act(conv(x))), 1) for conv, act, pool in branches]
        return self.readout(torch.cat(pooled, 1))

    def activations(self, quantise: bool) -> PeerTextCNN:
        """A copy with the staircase of QCFS behind each ReLU, or without it."""
        other = copy.deepcopy(self)
        for act in other.acts:
            assert isinstance(act, PeerActivation)
            act.quantise = quantise and act.bound is not None
        return other


def _conv2d(node: Conv1d) -> nn.Conv2d:
    """The convolution over positions as one over (positions, 1)."""
    made = nn.Conv2d(node.inputs, node.channels, (node.width, 1))
    made.weight = nn.Parameter(node.weight.detach().clone().unsqueeze(-1))
    made.bias = nn.Parameter(node.bias.detach().clone())
    return made


def _activation(node: nn.Module) -> PeerActivation:
    if isinstance(node, Relu):
        return PeerActivation()
    if isinstance(node, Qcfs):
        bound = nn.functional.softplus(node.raw_bound.detach().double())
        return PeerActivation(float(bound), node.levels)
    raise InputError(f"expected ReLU or QCFS, but got {type(node).__name__}")


def set_windows(pools: nn.Module, widths: Sequence[int], length: int) -> None:
    """Make each pooling of ``pools`` read exactly the windows of a text of ``length`` words.

    A text shorter than a filter has one window, over zeros. The stride is longer than the padded
    text, so there is one output.
    """
    for pool, width in zip(pools.children(), widths, strict=True):
        assert isinstance(pool, nn.MaxPool2d | nn.AvgPool2d)
        pool.kernel_size = (max(length, width) - width + 1, 1)
        pool.stride = (max(length, *widths), 1)


def equal_lengths(sequences: Sequences, positions: int = 1024) -> Iterator[list[int]]:
    """Indices of texts of one length (an empty text counts as one word), in batches."""
    lengths = np.array([max(len(s), 1) for s in sequences])
    for length in np.unique(lengths):
        found = np.flatnonzero(lengths == length).tolist()
        size = max(1, positions // int(length))
        yield from (found[i : i + size] for i in range(0, len(found), size))


@torch.no_grad()
def peer_input(model: TextModel, sequences: Sequences, least: int) -> tuple[Tensor, int]:
    """Texts of one length as vectors (B, D, L, 1), L at least ``least``; and their length."""
    ids, lengths = to_batch(sequences)
    x = model.embed(ids)  # (B, D, L)
    missing = max(0, least - x.shape[-1])
    return nn.functional.pad(x, (0, missing)).unsqueeze(-1), max(int(lengths.max()), 1)


@torch.no_grad()
def check_equal(
    model: TextModel, peer: PeerTextCNN, sequences: Sequences, tolerance: float = 1e-5
) -> float:
    """Compare the logits of both ANNs in double precision; returns the largest difference.

    In double, because a value at the edge of a QCFS step may round to either side in single.

    Raises:
        SnnConvertError: they differ by more than ``tolerance``.
    """
    ours, theirs = copy.deepcopy(model).double(), copy.deepcopy(peer).double().eval()
    worst = 0.0
    for batch in equal_lengths(sequences):
        texts = [sequences[i] for i in batch]
        ids, lengths = to_batch(texts)
        expected = ours.network(Signal(ours.embed(ids), lengths))  # (B, K)
        x, length = peer_input(ours, texts, max(theirs.widths))
        set_windows(theirs.pools, theirs.widths, length)
        worst = max(worst, float((theirs(x) - expected).abs().max()))
    if not worst <= tolerance:
        raise SnnConvertError(
            f"expected the peer's ANN to compute our logits within {tolerance:g}, but they differ "
            f"by {worst:.3g}: the comparison would be of two networks"
        )
    return worst


def calibration_batches(
    model: TextModel, peer: PeerTextCNN, sequences: Sequences, seed: int
) -> Iterator[tuple[Tensor, Tensor]]:
    """Batches (vectors (B, D, L, 1), labels that are not used) for the peer's calibration.

    64 texts of similar lengths each, in an order drawn by seed: its hooks keep a moving average
    over batches, which must not end with the longest texts. ``peer``'s pooling reads all windows
    of each batch.
    """
    batches = list(by_length(sequences, 64))
    for index in np.random.default_rng(seed).permutation(len(batches)):
        x, length = peer_input(model, [sequences[i] for i in batches[index]], max(peer.widths))
        set_windows(peer.pools, peer.widths, length)
        yield x, torch.zeros(len(x))
