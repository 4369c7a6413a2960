"""A training step of the TextCNN SNN in the peers' frameworks: same weights, frames and loss.

A step is forward, cross entropy on the mean output, and backward; the optimizer, the same for all,
is left out. Peers read frames (T, B, D', L) that were built beforehand, with all channels of the
encoder, because training moves the weights of each on its own. As in `peers.py`, spikingjelly
stands in two forms, and one frame seen at every step (direct input) is convolved once, but in the
published loop.

Gradients do not all mean the same. spikingjelly's pass through the reset, as ours do
(``detach_reset=False``, its default); snntorch cuts them there, so it is held to spikingjelly with
``detach_reset=True``. Both have the surrogate ATan with alpha 2. Where nothing spikes or several
windows do, all share a maximum's gradient evenly.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from snnconvert.benchmarks.shared.peers import CONV1D, over_steps
from snnconvert.engine.training.fast import FastTraining
from snnconvert.engine.training.surrogate import Surrogate
from snnconvert.models.network import Network, Signal
from snnconvert.models.neurons.build import neuron_nodes
from snnconvert.models.nodes.layers import Conv1d, Linear
from snnconvert.models.snn import SpikingTextModel
from snnconvert.seeds import generator

OURS, OURS_TORCH, RATE = "ours, exact", "ours, torch alone", "ours, by rates"
SLTT, OTTT, DSR = "ours, sltt", "ours, ottt", "ours, dsr"
THROUGH_RESET, CUT_AT_RESET, BY_RATES = "through the reset", "cut at the reset", "by rates"


class Batch(NamedTuple):
    """One batch: padded ids (B, L), lengths (B,), labels (B,)."""

    ids: Tensor
    lengths: Tensor
    labels: Tensor


class Result(NamedTuple):
    """Loss, all gradients as one vector in our order, and how they treat time."""

    loss: float
    gradients: Tensor
    kind: str


Outputs = Callable[[], Tensor]  # output currents (T, B, K) with a graph
Step = Callable[[], Result]


def _step(outputs: Outputs, labels: Tensor, order: list[tuple[Tensor, Any]], kind: str) -> Step:
    """One step; ``order`` has every parameter and how its gradient becomes ours."""

    def step() -> Result:
        for parameter, _ in order:
            parameter.grad = None
        loss = functional.cross_entropy(outputs().mean(dim=0), labels)
        loss.backward()  # type: ignore[no-untyped-call]
        found = [turn(p.grad).flatten() for p, turn in order if p.grad is not None]
        return Result(float(loss.detach()), torch.cat(found), kind)

    return step


def _same(gradient: Tensor) -> Tensor:
    return gradient


def _from_images(gradient: Tensor) -> Tensor:
    """Gradient of a filter (C, 1, k, D') as one of (C, D', k)."""
    return gradient[:, 0].transpose(1, 2)


class Layers(NamedTuple):
    """The weighted layers of a model, and V(0)."""

    filters: list[tuple[Tensor, Tensor]]
    readout: tuple[Tensor, Tensor]
    initial: float


def layers_of(network: Network) -> Layers:
    """Fresh copies of the weights of a network of `peers.model_of`."""
    nodes = [network.node(name) for name in network.inputs]
    convs = [node for node in nodes if isinstance(node, Conv1d)]
    (readout,) = (node for node in nodes if isinstance(node, Linear))
    first = next(iter(neuron_nodes(network).values()))
    assert isinstance(first.initial, float)
    copies = [(c.weight.detach().clone(), c.bias.detach().clone()) for c in convs]
    return Layers(copies, (readout.weight.detach(), readout.bias.detach()), first.initial)


def spikingjelly(
    model: SpikingTextModel, batch: Batch, frames: Tensor, images: bool = True, cut: bool = False
) -> Step:
    """Its layers in multi-step mode; ``images``: `Conv2d` of one channel, else `Conv1d`."""
    from spikingjelly.activation_based import functional as spiking_functional
    from spikingjelly.activation_based import layer, neuron, surrogate

    layers = layers_of(model.network)
    convs, neurons = nn.ModuleList(), nn.ModuleList()
    for weight, bias in layers.filters:
        channels, inputs, width = weight.shape
        if images:
            conv = layer.Conv2d(1, channels, (width, inputs), step_mode="m")
            weight = weight.transpose(1, 2).unsqueeze(1).contiguous()
        else:
            conv = layer.Conv1d(inputs, channels, width, step_mode="m")
        conv.weight.data, conv.bias.data = weight, bias
        convs.append(conv)
        neurons.append(
            neuron.IFNode(
                v_reset=None,
                surrogate_function=surrogate.ATan(alpha=2.0),
                detach_reset=cut,
                step_mode="m",
            )
        )
    outputs, inputs = layers.readout[0].shape
    readout = layer.Linear(inputs, outputs, step_mode="m")
    readout.weight.data, readout.bias.data = (part.clone() for part in layers.readout)
    values = as_images(frames) if images else frames

    def forward() -> Tensor:
        pooled = []
        for conv, node in zip(convs, neurons, strict=True):
            spiking_functional.reset_net(node)
            node.v = layers.initial
            spikes = node(over_steps(conv, values))  # (T, B, C, windows[, 1])
            pooled.append(spikes.flatten(3).amax(dim=-1))
        return readout(torch.cat(pooled, dim=2))

    turn = _from_images if images else _same
    order = [pair for c in convs for pair in ((c.weight, turn), (c.bias, _same))]
    order += [(readout.weight, _same), (readout.bias, _same)]
    return _step(forward, batch.labels, order, CUT_AT_RESET if cut else THROUGH_RESET)


def as_images(frames: Tensor) -> Tensor:
    """Frames (T, B, D', L) as (T, B, 1, L, D')."""
    return over_steps(lambda f: f.transpose(2, 3).unsqueeze(2).contiguous(), frames)


def snntorch_loop(
    model: SpikingTextModel, batch: Batch, frames: Tensor, published: bool = False
) -> Step:
    """A loop over steps with `snntorch.Leaky` without a leak.

    published: as in Lv et al. (ICLR 2023), a `conv2d` of one input channel at every step, else
    `conv1d`
    """
    import snntorch
    from snntorch import surrogate

    layers = layers_of(model.network)
    values = as_images(frames) if published else frames
    filters = []
    for weight, bias in layers.filters:
        shaped = weight.transpose(1, 2).unsqueeze(1).contiguous() if published else weight
        filters.append((nn.Parameter(shaped), nn.Parameter(bias)))
    readout = [nn.Parameter(part.clone()) for part in layers.readout]
    spike = surrogate.atan(alpha=2.0)
    neurons = [
        snntorch.Leaky(beta=1.0, reset_mechanism="subtract", spike_grad=spike) for _ in filters
    ]
    convolve = functional.conv2d if published else functional.conv1d
    shared = not published and values.stride(0) == 0

    def forward() -> Tensor:
        kept = [convolve(values[0], *pair) for pair in filters] if shared else []
        potentials: list[Tensor | None] = [None] * len(filters)
        outputs = []
        for frame in values:
            pooled = []
            for index, node in enumerate(neurons):
                current = kept[index] if shared else convolve(frame, *filters[index])
                before = potentials[index]
                if before is None:
                    before = torch.full_like(current, layers.initial)
                spikes, potentials[index] = node(current, before)
                pooled.append(spikes.flatten(2).amax(dim=-1))  # (B, C)
            outputs.append(functional.linear(torch.cat(pooled, dim=1), *readout))
        return torch.stack(outputs)

    turn = _from_images if published else _same
    order: list[tuple[Tensor, Any]] = [
        pair for weight, bias in filters for pair in ((weight, turn), (bias, _same))
    ]
    order += [(part, _same) for part in readout]
    return _step(forward, batch.labels, order, CUT_AT_RESET)


def our_step(
    model: SpikingTextModel, batch: Batch, surrogate: Surrogate, kernels: bool | None = True
) -> Step:
    """Our training engine on word ids; without ``kernels`` torch alone, with None the nodes."""
    fast = None if kernels is None else FastTraining(model, surrogate, kernels)

    def forward() -> Tensor:
        if fast is not None:
            return fast(batch.ids, batch.lengths, generator(0, "noise"))
        return model.network(Signal(frames_of(model, batch), batch.lengths))

    order = [(parameter, _same) for parameter in model.network.parameters()]
    kind = BY_RATES if surrogate.backward == "rate" else THROUGH_RESET
    inner = _step(forward, batch.labels, order, kind)

    def step() -> Result:
        with surrogate.neurons(model.network):  # the layers behind the front, where they spike
            return inner()

    return step


def frames_of(model: SpikingTextModel, batch: Batch) -> Tensor:
    """Frames (T, B, D', L) of the batch, the same draws at every call; direct input is a view."""
    with torch.no_grad():
        return model.frames(batch.ids, batch.lengths, generator(0, "noise"))


MAKERS: dict[str, Callable[[SpikingTextModel, Batch, Tensor], Step]] = {
    "spikingjelly": spikingjelly,
    CONV1D: lambda m, b, f: spikingjelly(m, b, f, images=False),
    "snntorch": snntorch_loop,
    "published loop": lambda m, b, f: snntorch_loop(m, b, f, published=True),
}
OUR_MAKERS: dict[str, Callable[[SpikingTextModel, Batch], Step]] = {
    OURS: lambda m, b: our_step(m, b, Surrogate()),
    OURS_TORCH: lambda m, b: our_step(m, b, Surrogate(), kernels=False),
    RATE: lambda m, b: our_step(m, b, Surrogate(backward="rate")),
    SLTT: lambda m, b: our_step(m, b, Surrogate(backward="sltt")),
    OTTT: lambda m, b: our_step(m, b, Surrogate(backward="ottt")),
    DSR: lambda m, b: our_step(m, b, Surrogate(backward="dsr")),
}


def step_of(name: str, model: SpikingTextModel, batch: Batch, frames: Tensor | None = None) -> Step:
    """A step of one variant; peers read ``frames``, which are built here where there are none."""
    if name in OUR_MAKERS:
        return OUR_MAKERS[name](model, batch)
    return MAKERS[name](model, batch, frames_of(model, batch) if frames is None else frames)


def expected(model: SpikingTextModel, batch: Batch, frames: Tensor) -> dict[str, Result]:
    """What each kind of gradient must be, by the form of the peers that is fastest."""
    kinds = {
        THROUGH_RESET: spikingjelly(model, batch, frames, images=False),
        CUT_AT_RESET: spikingjelly(model, batch, frames, images=False, cut=True),
        BY_RATES: our_step(model, batch, Surrogate(backward="rate"), kernels=None),
    }
    return {kind: step() for kind, step in kinds.items()}
