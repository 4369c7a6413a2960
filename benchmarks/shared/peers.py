"""The TextCNN SNN in the peers' frameworks: same weights, same frames, same V(0), same spikes.

The network is that of `network_of`: three convolutions, IF neurons with soft reset, at each step
the maximum of the spikes over positions, a linear readout. Its weights are multiples of a power
of two, so that every sum of a spiking code is exact in float32 in whatever order it is added; and
V(0) is shifted by half a step of that grid, so that no potential ever equals the threshold, at
which snntorch (v > theta) and spikingjelly (v >= theta) differ.

spikingjelly stands here in two forms. ``spikingjelly`` has the layers in which text CNNs are
written and published (Kim 2014, Lv et al. 2023): a `Conv2d` of one input channel over (words,
components). ``spikingjelly, Conv1d`` has the components as channels of a `Conv1d`, which is about
three times as fast on a CPU.

Peers read frames that were built beforehand, of D channels: where ours has a channel for max(x, 0)
and one for max(-x, 0) with weights W and -W, theirs has one that is +1, 0 or -1. That is the same
sum, and half the work. Direct input is one frame at every step: spikingjelly, snntorch and plain
torch convolve it once, as spikingjelly's examples do; only the published loop does not.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from snnconvert.engine.plan import plan_of
from snnconvert.errors import InputError
from snnconvert.models.encoders.encoder import Encoder
from snnconvert.models.network import Network, Node
from snnconvert.models.neurons.integrate_and_fire import IF
from snnconvert.models.nodes.layers import Concat, Conv1d, Linear, initialised
from snnconvert.models.snn import SpikingTextModel
from snnconvert.models.spikes.pooling import MaxOfSpikes
from snnconvert.seeds import generator

WEIGHT_GRID = 2.0**-9
VECTOR_GRID = 2.0**-6
WIDTHS = (3, 4, 5)
CONV1D = "spikingjelly, Conv1d"


def random_vectors(words: int, dim: int = 300, seed: int = 0) -> Tensor:
    """Vectors (V, D) in [-1, 1] on a grid, spread as range-mapped ones; row 0 is padding."""
    vectors = torch.randn(words, dim, generator=generator(seed, "vectors")) / 3
    vectors = (vectors.clamp(-1, 1) / VECTOR_GRID).round() * VECTOR_GRID
    vectors[0] = 0
    return vectors


def grid_step(encoder: Encoder) -> float:
    """The step of the grid on which all potentials of a network of `model_of` lie."""
    return WEIGHT_GRID if encoder.spiking else WEIGHT_GRID * VECTOR_GRID


@torch.no_grad()
def model_of(
    vectors: Tensor,
    encoder: Encoder,
    steps: int,
    channels: int = 100,
    classes: int = 2,
    seed: int = 0,
) -> SpikingTextModel:
    """Our model with random weights on the grid.

    Args:
        vectors: (V, D), on its grid
        encoder: code and mapping
        steps: T
        channels: filters of each width
        classes: K
        seed: of the weights
    """
    initial = 0.5 + grid_step(encoder) / 2
    nodes: list[tuple[str, Node, tuple[str, ...]]] = []
    for width in WIDTHS:
        nodes += [
            (f"conv{width}", Conv1d(vectors.shape[1], channels, width), ("input",)),
            (f"act{width}", IF(initial), (f"conv{width}",)),
            (f"pool{width}", MaxOfSpikes(), (f"act{width}",)),
        ]
    nodes += [
        ("concat", Concat(), tuple(f"pool{width}" for width in WIDTHS)),
        ("readout", Linear(channels * len(WIDTHS), classes), ("concat",)),
    ]
    network = initialised(Network(nodes), seed)
    draws = generator(seed, "biases")
    for name in network.inputs:
        node = network.node(name)
        if isinstance(node, Conv1d | Linear):
            node.weight.copy_((node.weight / WEIGHT_GRID).round() * WEIGHT_GRID)
            node.bias.uniform_(-1.0, -0.5, generator=draws)  # about every second pool fires
            node.bias.copy_((node.bias / WEIGHT_GRID).round() * WEIGHT_GRID)
        if isinstance(node, Conv1d):
            _fold(node, encoder)
    return SpikingTextModel(vectors, encoder, network, steps).eval()


def _fold(conv: Conv1d, encoder: Encoder) -> None:
    """Let ``conv`` read the encoder's channels instead of vectors."""
    conv.weight = nn.Parameter(encoder.fold(conv.weight.detach()))
    conv.inputs = conv.weight.shape[1]


@torch.no_grad()
def peer_frames(model: SpikingTextModel, sequences: list[np.ndarray], noise: int = 0) -> Tensor:
    """Frames (T, B, D, L) of texts of one length for `Weights.of`; analog ones are one repeated."""
    ids = torch.from_numpy(np.stack(sequences))
    lengths = torch.full((len(sequences),), ids.shape[1])
    frames = model.frames(ids, lengths, generator(noise, "noise", 0))
    encoder = model.encoder
    assert isinstance(encoder, Encoder)
    if encoder.mapping == "split":
        plus, minus = frames.chunk(2, dim=2)
        if not encoder.spiking:
            return (plus[0] - minus[0]).expand(len(plus), *plus.shape[1:])
        return plus - minus
    return frames


class Weights:
    """A model's weights as the peers read them: one convolution a branch, D channels.

    Raises:
        InputError: the network is not one that the peers are written for.
    """

    def __init__(self, model: SpikingTextModel) -> None:
        network = model.network
        plan = plan_of(network)
        readout, encoder = network.node(network.output), model.encoder
        neurons = [network.node(branch.neurons) for branch in plan.branches]
        initial = {str(node.initial) for node in neurons if isinstance(node, IF)}
        rules = {(branch.rule, branch.padding) for branch in plan.branches}
        if rules != {("spikes", (0, 0))} or len(initial) != 1 or not isinstance(readout, Linear):
            raise InputError(
                "expected a TextCNN without padding whose IF neurons share V(0), with the maximum "
                "of spikes at each step and a linear readout"
            )
        assert isinstance(encoder, Encoder)
        self.filters: list[tuple[Tensor, Tensor]] = []
        for branch in plan.branches:
            conv = network.node(branch.conv)
            assert isinstance(conv, Conv1d)
            weight = conv.weight.detach()
            if encoder.mapping == "split":
                weight = weight[:, : weight.shape[1] // 2]
            self.filters.append((weight.contiguous(), conv.bias.detach()))
        self.readout = readout.weight.detach(), readout.bias.detach()
        self.initial = float(initial.pop())
        self.widest = max(branch.width for branch in plan.branches)


def over_steps(layer: Callable[[Tensor], Tensor], frames: Tensor) -> Tensor:
    """``layer`` on frames (T, ...), once where all steps are views of the same frame."""
    if len(frames) > 1 and frames.stride(0) == 0:
        once = layer(frames[:1])
        return once.expand(len(frames), *once.shape[1:])
    return layer(frames)


Run = Callable[[Tensor], Tensor]  # frames (T, B, D, L) -> output currents (T, B, K)


class OneChannel:
    """Frames (T, B, D, L) as images of one channel, (T, B, 1, L, D), each laid out only once."""

    def __init__(self) -> None:
        self.kept: dict[int, tuple[Tensor, Tensor]] = {}  # with the frames, so that ids stay theirs

    def __call__(self, frames: Tensor) -> Tensor:
        """The frames in the other layout; one frame seen T times stays one."""
        if id(frames) not in self.kept:
            turned = over_steps(lambda f: f.transpose(2, 3).unsqueeze(2).contiguous(), frames)
            self.kept[id(frames)] = frames, turned
        return self.kept[id(frames)][1]


def spikingjelly(weights: Weights) -> Run:
    """Its layers in multi-step mode: every layer sees all T steps in one call."""
    return _spikingjelly(weights, one_channel=True)


def spikingjelly_conv1d(weights: Weights) -> Run:
    """As :func:`spikingjelly`, with the components of a word as channels."""
    return _spikingjelly(weights, one_channel=False)


def _spikingjelly(weights: Weights, one_channel: bool) -> Run:
    from spikingjelly.activation_based import functional as spiking_functional
    from spikingjelly.activation_based import layer, neuron

    class Branch(nn.Module):
        def __init__(self, weight: Tensor, bias: Tensor) -> None:
            super().__init__()
            channels, inputs, width = weight.shape
            if one_channel:
                self.conv = layer.Conv2d(1, channels, (width, inputs), step_mode="m")
                weight = weight.transpose(1, 2).unsqueeze(1).contiguous()  # (C, 1, k, D)
            else:
                self.conv = layer.Conv1d(inputs, channels, width, step_mode="m")
            self.neuron = neuron.IFNode(v_reset=None, step_mode="m")
            self.conv.weight.data, self.conv.bias.data = weight, bias

        def forward(self, frames: Tensor) -> Tensor:
            self.neuron.v = weights.initial  # after reset_net; broadcast over the first current
            spikes = self.neuron(over_steps(self.conv, frames))  # (T, B, C, windows[, 1])
            return spikes.flatten(3).amax(dim=-1)  # (T, B, C)

    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.branches = nn.ModuleList(Branch(*pair) for pair in weights.filters)
            outputs, inputs = weights.readout[0].shape
            self.readout = layer.Linear(inputs, outputs, step_mode="m")
            self.readout.weight.data, self.readout.bias.data = weights.readout

        def forward(self, frames: Tensor) -> Tensor:
            pooled = [branch(frames) for branch in self.branches]
            return self.readout(torch.cat(pooled, dim=2))  # (T, B, K)

    net, layout = Net().eval(), OneChannel()

    @torch.inference_mode()
    def run(frames: Tensor) -> Tensor:
        spiking_functional.reset_net(net)
        return net(layout(frames) if one_channel else frames)

    return run


def _snntorch_loop(
    weights: Weights, convolve: Callable[[int, Tensor], Tensor], once: bool = True
) -> Run:
    """A loop over steps with its `Leaky` without a leak.

    Args:
        weights: of the network
        convolve: branch and frame (B, D, L) -> currents (B, C, windows)
        once: convolve a frame that all steps share only once
    """
    import snntorch

    neurons = [snntorch.Leaky(beta=1.0, reset_mechanism="subtract") for _ in weights.filters]

    @torch.inference_mode()
    def run(frames: Tensor) -> Tensor:
        outputs = []
        potentials: list[Tensor | None] = [None] * len(neurons)
        shared = once and frames.stride(0) == 0
        kept = [convolve(index, frames[0]) for index in range(len(neurons))] if shared else []
        for frame in frames:  # (B, D, L)
            pooled = []
            for index, neuron in enumerate(neurons):
                current = kept[index] if shared else convolve(index, frame)  # (B, C, windows)
                before = potentials[index]
                if before is None:
                    before = torch.full_like(current, weights.initial)
                spikes, potentials[index] = neuron(current, before)
                pooled.append(spikes.amax(dim=-1))  # (B, C)
            outputs.append(functional.linear(torch.cat(pooled, dim=1), *weights.readout))
        return torch.stack(outputs)

    return run


def snntorch(weights: Weights) -> Run:
    """The usual loop over time with `snntorch.Leaky` and `torch.nn.functional.conv1d`."""
    return _snntorch_loop(
        weights, lambda index, frame: functional.conv1d(frame, *weights.filters[index])
    )


def published(weights: Weights) -> Run:
    """The loop of Lv et al. (ICLR 2023): per step one `conv2d` of one input channel per width.

    Frames lie as (B, 1, L, D) and filters are k x D, as published.
    """
    filters = [
        (weight.transpose(1, 2).unsqueeze(1).contiguous(), bias) for weight, bias in weights.filters
    ]
    layout = OneChannel()

    def convolve(index: int, frame: Tensor) -> Tensor:
        return functional.conv2d(frame, *filters[index]).squeeze(-1)

    loop = _snntorch_loop(weights, convolve, once=False)

    return lambda frames: loop(layout(frames))


def folded(weights: Weights) -> Run:
    """Plain torch without a framework: time folded in the batch, and IF neurons in a loop."""

    @torch.inference_mode()
    def run(frames: Tensor) -> Tensor:
        steps, batch = frames.shape[:2]
        pooled = []
        for weight, bias in weights.filters:

            def convolve(part: Tensor, weight: Tensor = weight, bias: Tensor = bias) -> Tensor:
                out = functional.conv1d(part.reshape(-1, *part.shape[2:]), weight, bias)
                return out.reshape(len(part), batch, *out.shape[1:])  # (T, B, C, windows)

            currents = over_steps(convolve, frames)
            potential = torch.full_like(currents[0], weights.initial)
            spikes = torch.empty(steps, batch, weight.shape[0])
            for step, current in enumerate(currents):
                potential += current
                fired = potential >= 1
                potential -= fired.to(potential.dtype)
                spikes[step] = fired.any(dim=-1)
            pooled.append(spikes)
        return functional.linear(torch.cat(pooled, dim=2), *weights.readout)

    return run


PEERS: dict[str, Callable[[Weights], Run]] = {
    "spikingjelly": spikingjelly,
    CONV1D: spikingjelly_conv1d,
    "snntorch": snntorch,
    "published loop": published,
    "time in the batch": folded,
}
