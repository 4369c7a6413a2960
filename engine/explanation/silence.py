"""The network run again with the neurons of some windows silenced."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence

import numpy as np
import torch
from torch import Tensor

from ...models.batches import to_batch
from ...models.devices import device_of
from ...models.network import Network, Node, Signal
from ...models.nodes.layers import Conv1d
from ...models.snn import SpikingTextModel
from ...models.text_model import TextModel
from ...seeds import generator
from ..exact_sums import exact_sums
from ..reference import snn_positions
from .parts import Window
from .structure import read_out

AnyModel = TextModel | SpikingTextModel
TOGETHER = 32  # runs of an ANN at a time
LOWEST = -1e30  # a current that no neuron fires on, and that no maximum takes; finite: sums stay so


class WithoutWindows(Node):
    """A pooling that some windows do not reach.

    Args:
        pool: the pooling
        silent: (B, C or 1, L) bool, True where a window is silent
        value: what stands there instead: 0 for spikes, `LOWEST` for currents
    """

    def __init__(self, pool: Node, silent: Tensor, value: float) -> None:
        super().__init__()
        self.pool, self.silent, self.value = pool, silent, value

    def forward(self, *inputs: Signal) -> Signal:
        """The pooling of what is left."""
        (signal,) = inputs
        left = signal.values.masked_fill(self.silent, self.value)
        pooled: Signal = self.pool(Signal(left, signal.lengths))
        return pooled


def silenced(model: AnyModel, silent: Mapping[str, Tensor]) -> AnyModel:
    """``model`` with windows silenced; it shares everything else.

    Args:
        model: ANN or SNN that can be explained
        silent: by convolution, (B, C or 1, L) bool
    """
    pools = {branch.pool: branch for branch in read_out(model.network).branches}
    nodes: list[tuple[str, Node, tuple[str, ...]]] = []
    for name, inputs in model.network.inputs.items():
        node = model.network.node(name)
        if name in pools and pools[name].conv in silent:
            value = 0.0 if pools[name].fires_first else LOWEST
            node = WithoutWindows(node, silent[pools[name].conv], value)
        nodes.append((name, node, inputs))
    changed = copy.copy(model)
    changed._modules = dict(model._modules)
    changed.network = Network(nodes)
    return changed.eval()


@torch.no_grad()
def logits_without(
    model: AnyModel, ids: np.ndarray, windows: Sequence[Window], seed: int = 0
) -> np.ndarray:
    """Logits (N, K) of a text where each of N windows alone is silent, float64.

    Others may then be passed in its place, so this is not the logit less the window's part.

    Args:
        model: as `parts.explain_ids` took it
        ids: (n,) word ids
        windows: of `Parts.windows`
        seed: of the draw of a stochastic code
    """
    if not windows:
        return np.zeros((0, 0))
    together = TOGETHER
    if isinstance(model, SpikingTextModel):
        together = max(1, snn_positions(model) // (4 * len(ids)))
    parts = [
        _without(model, ids, windows[first : first + together], seed)
        for first in range(0, len(windows), together)
    ]
    return np.concatenate(parts)


def _without(model: AnyModel, ids: np.ndarray, windows: Sequence[Window], seed: int) -> np.ndarray:
    """As `logits_without`, in one batch."""
    count = len(windows)
    masks: dict[str, Tensor] = {}
    for branch in read_out(model.network).branches:
        conv = model.network.node(branch.conv)
        assert isinstance(conv, Conv1d)
        places = int(conv.windows(torch.tensor([len(ids)])))
        mask = torch.zeros(count, 1, places, dtype=torch.bool)
        for row, window in enumerate(windows):
            if window.conv == branch.conv:
                mask[row, 0, window.position] = True
        masks[branch.conv] = mask.to(device_of(model))
    batch, lengths = to_batch([ids] * count, model)
    changed = silenced(model, masks)
    with exact_sums():
        if isinstance(changed, SpikingTextModel):
            noise = generator(seed, "noise", 0)
            out = changed(batch, lengths, noise, shared_noise=True).mean(dim=0)
        else:
            out = changed(batch, lengths)
    return np.asarray(out.double().cpu())
