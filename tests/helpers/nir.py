"""What the tests of NIR share: random networks, and graphs run by their definition alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from snnconvert.interop.nir.graph.exported import ExportedNetwork, export_model
from snnconvert.models.encoders.encoder import Encoder
from snnconvert.models.network import Network, Node
from snnconvert.models.neurons.integrate_and_fire import IF
from snnconvert.models.neurons.lif import LIF
from snnconvert.models.nodes.layers import Concat, Conv1d, Dropout, Linear
from snnconvert.models.snn import SpikingTextModel
from snnconvert.models.spikes.pooling import MaxOfCounts, MaxOfSpikes

POOLS = {"spikes": MaxOfSpikes, "counts": MaxOfCounts}


def random_snn(
    widths: Sequence[int] = (2, 3),
    *,
    steps: int = 3,
    soft: bool = True,
    pooling: str = "counts",
    padding: int | str | Sequence[int] = "same",
    encoder: Encoder | None = None,
    channels: int = 4,
    classes: int = 2,
    dim: int = 3,
    words: int = 9,
    each: bool = False,
    leak: float = 0.0,
    seed: int = 0,
) -> SpikingTextModel:
    """A spiking TextCNN of random weights, of which about half the neurons fire."""
    random = torch.Generator().manual_seed(seed)

    def drawn(*shape: int) -> Tensor:
        return torch.randn(*shape, generator=random)

    encoder = encoder or Encoder("saf", "split")
    vectors = (drawn(words, dim) / 2).clamp(-1, 1)
    vectors[0] = 0
    nodes: list[tuple[str, Node, tuple[str, ...]]] = []
    for number, width in enumerate(widths):
        conv = Conv1d(encoder.channels(dim), channels, width, padding)
        conv.weight.data = encoder.fold(drawn(channels, dim, width), steps)
        conv.bias.data = drawn(channels) / 4
        v0: Any = [float(v) for v in torch.rand(channels, generator=random)] if each else 0.5
        name = f"{width}" if len(set(widths)) == len(widths) else f"{width}_{number}"
        nodes += [
            (f"conv{name}", conv, ("input",)),
            (f"act{name}", LIF(v0, leak, soft) if leak else IF(v0, soft), (f"conv{name}",)),
            (f"pool{name}", POOLS[pooling](), (f"act{name}",)),
        ]
    pools = tuple(name for name, _, _ in nodes if name.startswith("pool"))
    readout = Linear(channels * len(widths), classes)
    readout.weight.data, readout.bias.data = drawn(classes, channels * len(widths)), drawn(classes)
    nodes.append(("concat", Concat(), pools))
    nodes += [("dropout", Dropout(0.3), ("concat",)), ("readout", readout, ("dropout",))]
    return SpikingTextModel(vectors, encoder, Network(nodes).eval(), steps).eval()


def exported(
    model: SpikingTextModel,
    simulator: str = "spikingjelly",
    positions: int = 8,
    bits: str = "auto",
    mode: str = "chain",
) -> ExportedNetwork:
    """The network on its way out, without a text stage."""
    readout = model.network.node(model.network.output)
    classes = [f"c{i}" for i in range(getattr(readout, "outputs", 2))]
    return export_model(model, classes, None, simulator, positions, bits, mode, {})


def random_texts(
    lengths: Sequence[int], words: int = 9, seed: int = 0, unknown: bool = False
) -> list[np.ndarray]:
    """Texts of word ids."""
    random = np.random.default_rng(seed)
    return [random.integers(1, words, size=n).astype(np.int64) for n in lengths]


class Simulated:
    """A graph run by the definitions of NIR's page, in NumPy and float32, node by node.

    Args:
        graph: of IF and LIF neurons whose unit of time is a step
        soft: names of neurons that subtract the threshold, as some simulators can be told to
        at_threshold: neurons fire at the threshold too, as in some simulators
        order: seed of the order in which the products of a convolution are added, one by one
    """

    def __init__(
        self,
        graph: Any,
        soft: Sequence[str] = (),
        at_threshold: bool = False,
        order: int | None = None,
    ) -> None:
        self.graph, self.soft, self.at_threshold = graph, set(soft), at_threshold
        self.random = None if order is None else np.random.default_rng(order)
        self.spikes: dict[str, list[np.ndarray]] = {}

    def run(self, frames: np.ndarray) -> np.ndarray:
        """Outputs (T, n, K) of frames (T, n, A, P, K)."""
        state: dict[str, np.ndarray] = {}
        self.spikes = {}
        outputs = []
        for frame in frames:
            values = {"input": frame.astype(np.float32)}
            waiting = [name for name in self.graph.nodes if name != "input"]
            while waiting:
                for name in list(waiting):
                    sources = sorted(a for a, b in self.graph.edges if b == name)
                    if not all(source in values for source in sources):
                        continue
                    total = values[sources[0]]
                    for source in sources[1:]:
                        total = total + values[source]
                    values[name] = self._node(name, total, state)
                    waiting.remove(name)
            outputs.append(values["output"][..., 0, 0])
        return np.stack(outputs)

    def trace(self, kind: str) -> np.ndarray:
        """(T, n, C, ...) of all nodes whose names begin so, in the order of the graph."""
        names = [name for name in self.graph.nodes if name.startswith(kind) and name in self.spikes]
        return np.concatenate([np.stack(self.spikes[name]) for name in names], axis=2)[..., 0]

    def _node(self, name: str, x: np.ndarray, state: dict[str, np.ndarray]) -> np.ndarray:
        node = self.graph.nodes[name]
        kind = type(node).__name__
        if kind == "Conv2d":
            return self._convolution(node, x)
        if kind == "SumPool2d":
            assert tuple(node.kernel_size) == x.shape[2:]
            return x.sum(axis=(2, 3), keepdims=True, dtype=np.float32)
        if kind in ("IF", "LIF"):
            v = state.get(name, np.zeros_like(x))
            if kind == "IF":
                v = v + np.float32(node.r[None]) * x
            else:
                v = v + (node.v_leak[None] - v + node.r[None] * x) / node.tau[None]
            over = v - node.v_threshold[None].astype(np.float32)
            fired = (over >= 0 if self.at_threshold else over > 0).astype(np.float32)
            if name in self.soft:
                state[name] = v - fired * node.v_threshold[None]
            else:
                state[name] = v * (1 - fired)
            self.spikes.setdefault(name, []).append(fired)
            return fired
        assert kind == "Output"
        return x

    def _convolution(self, node: Any, x: np.ndarray) -> np.ndarray:
        weight = node.weight  # (C, A, k, k)
        kernel = weight.shape[2:]
        windows = np.lib.stride_tricks.sliding_window_view(x, kernel, axis=(2, 3))
        flat = windows.transpose(0, 2, 3, 1, 4, 5).reshape(
            *windows.shape[:1], *windows.shape[2:4], -1
        )
        rows = weight.reshape(len(weight), -1)
        bias = np.broadcast_to(node.bias, (*flat.shape[:3], len(weight)))
        if self.random is None:
            total = (flat.astype(np.float64) @ rows.T.astype(np.float64) + bias).astype(np.float32)
        else:  # one product after the other, each sum rounded to float32
            total = np.zeros_like(bias, dtype=np.float32)
            places = [*range(rows.shape[1]), None]
            self.random.shuffle(places)
            for place in places:
                term = bias if place is None else flat[..., place, None] * rows[:, place]
                total = (total + term).astype(np.float32)
        return total.transpose(0, 3, 1, 2)


def builtin_texts(count: int, language: str = "en") -> list[str]:
    """Test texts of a built-in data set."""
    from snnconvert.text.datasets.folders import read_builtin

    return [text for _, text in read_builtin(f"builtin-{language}")["test"][:count]]


def raw(network: ExportedNetwork, simulator: str, mode: str = "chain") -> Any:
    """The graph for ``simulator``, whether it can read that or not; written and read again."""
    from snnconvert.interop.nir.dialects import DIALECTS
    from snnconvert.interop.nir.graph.graph import build

    parts = network.form, network.layout, DIALECTS[simulator], network.bits, mode
    return build(*parts, "")


def differences(network: ExportedNetwork, foreign: Any, texts: Sequence[np.ndarray]) -> list[int]:
    """How many spikes of `act`, of `pool`, and how many outputs are not those of the package."""
    expected = network.expected(texts)
    outputs = foreign.run(expected.frames)
    assert 0 < expected.spikes.mean() < 1 and expected.pooled.any()
    pairs = (foreign.spikes, expected.spikes), (foreign.pooled, expected.pooled)
    return [int((a != b).sum()) for a, b in (*pairs, (outputs, expected.outputs))]


RUN = """
import contextlib, io, json, runpy, sys
sys.modules["snnconvert"] = None
found = []
for path in sys.argv[1:]:
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        try:
            runpy.run_path(path, run_name="__main__")
        except SystemExit as end:
            code = end.code
    found.append((code, said.getvalue().splitlines()[-1]))
print(json.dumps(found))
"""


def run_scripts(*scripts: Any) -> list[tuple[int, str]]:
    """Run load.py of several folders, each as a program, in a process without snnconvert.

    Returns:
        The exit code of each, and the last line that it printed.
    """
    import json
    import subprocess
    import sys

    command = [sys.executable, "-I", "-W", "ignore", "-c", RUN, *map(str, scripts)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return [tuple(row) for row in json.loads(done.stdout.splitlines()[-1])]  # type: ignore[misc]
