"""A network that spikingjelly converted, as nodes of ours, so that it can be measured quickly.

Its converted TextCNN is: a convolution, scaled by 1/theta, IF neurons with soft reset and threshold
1, the spikes scaled by theta, pooling before or after the neurons, and the readout. That is a
network of this package with the scales in its weights. Accuracy is measured on this one, after the
two were seen to give the same outputs at every step on texts of dev.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from snnconvert.benchmarks.conversion.networks import Sequences
from snnconvert.errors import SnnConvertError
from snnconvert.models.encoders.encoder import Encoder
from snnconvert.models.network import Network, Node
from snnconvert.models.neurons.integrate_and_fire import IF
from snnconvert.models.nodes.layers import Concat, Conv1d, Linear
from snnconvert.models.nodes.pooling import MeanOverTime
from snnconvert.models.snn import SpikingTextModel
from snnconvert.models.spikes.pooling import MaxOfCurrents, MaxOfSpikes
from snnconvert.models.text_model import TextModel

# Sums that round in another order let a potential that meets its threshold fire a step earlier or
# later, which moves a mean output at T = 64 by hundredths and stays away at small T. So many of the
# outputs (step, text, class) may differ by more than rounding, and so many classes be others.
LATE = 0.05
OTHERS = 0.005


@torch.no_grad()
def translated(model: TextModel, converted: nn.Module, steps: int) -> SpikingTextModel:
    """The converted module as an SNN of ours with direct input.

    Args:
        model: the ANN that was converted, for its word vectors
        converted: what `ann2snn` made of a `PeerTextCNN`
        steps: T

    Raises:
        SnnConvertError: another order of layers or other neurons than described above.
    """
    order = [str(node.target) for node in converted.graph.nodes]
    nodes: list[tuple[str, Node, tuple[str, ...]]] = []
    scales = []
    for index, conv in converted.convs.named_children():
        conv = getattr(conv, "module", conv)
        (act,) = getattr(converted.acts, index).children()
        neuron, before, after = act.if_node, act.scaler0.scale, act.scaler1.scale
        if neuron.v_threshold != 1.0 or neuron.v_reset is not None:
            raise SnnConvertError(f"expected IF with threshold 1 and soft reset, but got {neuron}")
        here = [i for i, name in enumerate(order) if name.startswith(f"acts.{index}.")]
        first = order.index(f"pools.{index}") < here[0]
        made = Conv1d(conv.in_channels, conv.out_channels, conv.kernel_size[0])
        made.weight.copy_(conv.weight.squeeze(-1) * before.reshape(-1, 1, 1))
        made.bias.copy_(conv.bias * before)
        largest = isinstance(getattr(converted.pools, index), nn.MaxPool2d)
        pool = MaxOfCurrents() if first else MaxOfSpikes() if largest else MeanOverTime()
        spikes = IF(float(neuron._memories_rv["v"]))
        names = [f"conv{index}", f"{'pool' if first else 'neurons'}{index}"]
        names.append(f"{'neurons' if first else 'pool'}{index}")
        chain = [made, pool, spikes] if first else [made, spikes, pool]
        nodes += [(n, m, (s,)) for n, m, s in zip(names, chain, ["input", *names], strict=False)]
        scales.append(after.expand(made.channels))
    readout = Linear(converted.readout.in_features, converted.readout.out_features)
    readout.weight.copy_(converted.readout.weight * torch.cat(scales))
    readout.bias.copy_(converted.readout.bias)
    ends = tuple(nodes[i][0] for i in range(2, len(nodes), 3))
    nodes += [("concat", Concat(), ends), ("readout", readout, ("concat",))]
    vectors = model.embedding.weight.detach()
    return SpikingTextModel(vectors, Encoder("direct", "none"), Network(nodes), steps).eval()


def check_agreement(ours: Tensor, theirs: Tensor) -> float:
    """The share of running outputs (T, N, K) that differ by more than rounding.

    Raises:
        SnnConvertError: it is more than `LATE`, or more than `OTHERS` of the classes are others.
    """
    share = float((~torch.isclose(ours, theirs, rtol=1e-4, atol=1e-4)).float().mean())
    others = float((ours.argmax(dim=-1) != theirs.argmax(dim=-1)).float().mean())
    if not (share <= LATE and others <= OTHERS):
        raise SnnConvertError(
            "expected the translated network to give the outputs of spikingjelly's module, but "
            f"{share:.2%} of them and {others:.2%} of the classes differ: the comparison would be "
            "of two networks"
        )
    return share


def sample(sequences: Sequences, count: int) -> Sequence:
    """``count`` texts, evenly spread over ``sequences``."""
    return [sequences[i * len(sequences) // count] for i in range(min(count, len(sequences)))]
