"""An ANN with the same bits for a text in any company, and from tables of words where it can be.

Convolutions are put on a grid as those of analog spiking input are (`grid.py`), so that no order of
summation matters, and the layers after the pooling add up every text by itself. Max pooling over
all positions then takes the largest sum of table rows, which an attack's texts share
(`incremental.py`), and the activation follows: max(a(z)) = a(max(z)) for a monotone a.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec

import numpy as np
import torch
from torch import Tensor

from ...errors import InputError
from ...models.network import Network, Signal
from ...models.nodes.activations import Activation
from ...models.nodes.layers import Concat, Conv1d, Dropout, Linear
from ...models.nodes.pooling import MaxOverTime
from ...models.text_model import TextModel
from ..grid import GridConv1d
from ..inference.chunks import CACHE_BYTES, in_bounds
from ..inference.store import TokenStore
from ..plan import Branch, Plan, Unsupported

State = tuple[tuple[int, ...], tuple[int, ...]]  # where weights lie, and how often they changed


class RowLinear(Linear):
    """A linear layer that adds up each row by itself, in float64, whatever the batch."""

    @classmethod
    def of(cls, linear: Linear) -> RowLinear:
        """The same layer."""
        node = cls(linear.inputs, linear.outputs)
        node.load_state_dict(linear.state_dict())
        return node

    def forward(self, *inputs: Signal) -> Signal:
        """Affine map of the last axis of (N, F)."""
        products = inputs[0].values.unsqueeze(-2).double() * self.weight.double()  # (N, K, F)
        return Signal((products.sum(dim=-1) + self.bias.double()).float())


def ann_plan(network: Network) -> Plan:
    """The branches ``input -> Conv1d [-> activation] -> MaxOverTime`` of an ANN, and the rest.

    Raises:
        Unsupported: the network has other nodes.
    """
    branches, front = [], set()
    for name in network.consumers("input"):
        conv = network.node(name)
        chain = [name]
        while not isinstance(network.node(chain[-1]), MaxOverTime):
            readers = network.consumers(chain[-1])
            if len(readers) != 1 or len(chain) > 2:
                raise Unsupported(f"{name} does not end in one maximum over all positions")
            chain.append(readers[0])
        between = [network.node(other) for other in chain[1:-1]]
        if not isinstance(conv, Conv1d) or not all(isinstance(n, Activation) for n in between):
            raise Unsupported(f"{name} is no convolution with an activation and a maximum")
        branches.append(
            Branch(
                name,
                chain[1],
                chain[-1],
                "largest",
                chain[-1],
                conv.width,
                conv.channels,
                conv.padding,
            )
        )
        front |= set(chain)
    rest = tuple(name for name in network.inputs if name not in front)
    for name in rest:
        if not isinstance(network.node(name), Activation | Concat | Dropout | Linear):
            raise Unsupported(f"{name} is {type(network.node(name)).__name__}")
    return Plan(tuple(branches), rest)


@torch.no_grad()
def ann_on_grid(model: TextModel) -> TextModel:
    """A copy of ``model`` whose logits are the same bits in any batch; it shares the word vectors.

    Raises:
        Unsupported: see :func:`ann_plan`.
    """
    network = copy.deepcopy(model.network)
    plan = ann_plan(network)
    for branch in plan.branches:
        conv = network.node(branch.conv)
        assert isinstance(conv, Conv1d)
        network.nodes[branch.conv] = GridConv1d.of(conv)
    for name in plan.rest:
        layer = network.node(name)
        if isinstance(layer, Linear):
            network.nodes[name] = RowLinear.of(layer)
    return TextModel(model.embedding.weight.data, network).eval()


@dataclass(frozen=True)
class AnnFront:
    """What `incremental.py` asks of a front: one frame, and no neurons."""

    order: np.ndarray
    soft: list[bool]
    initial: list[np.ndarray]
    biases: list[np.ndarray]
    frames: int = 1


class AnnEngine:
    """Runs one ANN from a table of words, which it keeps.

    Args:
        model: the ANN; a change of its weights is noticed at the next call
        cache_bytes: the most bytes of table rows that are kept

    Raises:
        Unsupported: the network is of another kind, or numba is missing.
    """

    backend, precision, affine = "numba", "exact", None

    def __init__(self, model: TextModel, cache_bytes: int = CACHE_BYTES) -> None:
        if find_spec("numba") is None:
            raise Unsupported("tables of words need the numba kernels")
        self.source, self.cache_bytes = model, cache_bytes
        self.refresh()

    def refresh(self) -> None:
        """Take the model as it is now and forget all table rows."""
        self.model = ann_on_grid(self.source)
        self.plan = ann_plan(self.model.network)
        nodes = [self.model.network.node(branch.conv) for branch in self.plan.branches]
        self.convs = [node for node in nodes if isinstance(node, GridConv1d)]
        self.front = AnnFront(
            np.zeros(1, np.int64),
            [True for _ in self.convs],
            [np.zeros(conv.channels, np.float32) for conv in self.convs],
            [conv.bias.detach().numpy().copy() for conv in self.convs],
        )
        words = self.model.embedding.num_embeddings
        self.store = TokenStore(self.plan, self.front.biases, 1, words, self.cache_bytes)
        self._seen = _state(self.source)

    def refresh_if_changed(self) -> None:
        """Notice a change of the model's weights."""
        if _state(self.source) != self._seen:
            self.refresh()

    def keep_float32(self) -> None:
        """Rows are float32 as they are."""

    def rows_of(self, words: np.ndarray) -> np.ndarray:
        """Rows of the store (n,) for word ids (n,), projected where they have none yet."""
        self.store.reserve(len(words))
        new = self.store.touch(words)
        if len(new):
            self._fill(new)
        return self.store.slot_of[words]

    @torch.no_grad()
    def _fill(self, new: np.ndarray) -> None:
        """Project words that have no row yet, as `GridConv1d.convolve` does."""
        vectors = self.model.embedding.weight[torch.from_numpy(new)].clamp(-1, 1)  # (n, D)
        parts = []
        for conv in self.convs:
            rows = conv.rounded(vectors)
            taps = torch.stack([conv.to_grid(rows @ conv.tap(j).T) for j in range(conv.width)])
            taps[0] += conv.bias
            parts.append(taps.unsqueeze(2))  # (k, n, 1, C)
        self.store.put(self.store.assign(new), parts)

    @torch.no_grad()
    def logits(self, sequences: Sequence[np.ndarray], *_: object) -> Tensor:
        """Logits (N, K) of id sequences, from all of their windows."""
        if not len(sequences):
            raise InputError("expected at least one text, but got none")
        from .kernels import largest_of_texts
        from .layers import layers_of

        parts = []
        for some in in_bounds(sequences, range(len(sequences)), self.store.rows - 1):
            texts = [np.asarray(sequences[i], np.int64) for i in some]
            starts = np.cumsum([0, *(len(text) for text in texts)])
            rows = self.rows_of(np.concatenate(texts))
            largest = []
            for array, layer in zip(self.store.arrays, layers_of(self), strict=True):
                found = np.empty((len(texts), len(layer.initial)), np.float32)
                largest_of_texts(array[:, :, 0], rows, starts, layer, found)
                largest.append(torch.from_numpy(found))
            parts.append(self.currents(torch.cat(largest, dim=1).unsqueeze(0))[0])
        return torch.cat(parts)

    def running_logits(self, sequences: Sequence[np.ndarray], *_: object) -> Tensor:
        """Logits (1, N, K)."""
        return self.logits(sequences).unsqueeze(0)

    def currents(self, pooled: Tensor) -> Tensor:
        """Logits (1, N, K) of the largest pre-activations side by side (1, N, sum of C)."""
        network = self.model.network
        sizes = [branch.channels for branch in self.plan.branches]
        signals: dict[str, Signal] = {}
        for branch, part in zip(self.plan.branches, pooled[0].split(sizes, dim=1), strict=True):
            signal = Signal(part)
            if branch.neurons != branch.pool:
                signal = network.node(branch.neurons)(signal)
            signals[branch.output] = signal
        for name in self.plan.rest:
            signals[name] = network.node(name)(*(signals[i] for i in network.inputs[name]))
        return signals[network.output].values.unsqueeze(0)


def _state(model: TextModel) -> State:
    """What tells whether a model's weights were changed."""
    weights = list(model.parameters())
    return tuple(w.data_ptr() for w in weights), tuple(w._version for w in weights)
