"""An exported network in a foreign simulator: its own module, run on frames, every spike kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from ...engine.exact_sums import exact_sums
from ...errors import InputError
from .dialects import DIALECTS
from .dialects.dialect import Dialect
from .graph.graph import suffixes
from .graph.nodes import alike

if TYPE_CHECKING:
    import nir


@dataclass
class Foreign:
    """A module that a simulator's importer has built, with all that must be set.

    Attributes:
        dialect: the simulator
        module: its module
        watched: names of the spiking nodes, those of a kind in the order of the chains
        traces: their spikes (T, n, ...) of the last run, by name
    """

    dialect: Dialect
    module: nn.Module
    watched: tuple[str, ...]
    traces: dict[str, Tensor] = field(default_factory=dict)

    @torch.no_grad()
    def run(self, frames: Tensor) -> Tensor:
        """Outputs (T, n, K) of frames (T, n, A, P, K), from rest."""
        seen: dict[str, list[Tensor]] = {name: [] for name in self.watched}
        hooks = [
            getattr(self.module, name).register_forward_hook(_keep(seen[name])) for name in seen
        ]
        try:
            outputs = self.outputs(frames)
        finally:
            for hook in hooks:
                hook.remove()
        self.traces = {name: self._trace(parts, frames) for name, parts in seen.items()}
        return outputs

    def outputs(self, frames: Tensor) -> Tensor:
        """As `run`, but with gradients toward its weights, for training there; keeps no spikes."""
        frames = torch.as_tensor(frames, dtype=torch.float32)
        self.dialect.begin(self.module)
        with exact_sums():
            if self.dialect.at_once:
                return self.dialect.steps(self.module, frames).flatten(2)
            outputs, state = [], None
            for frame in frames:
                output, state = self.dialect.step(self.module, frame, state)
                outputs.append(output)
        return torch.stack(outputs).flatten(2)

    def _trace(self, parts: list[Tensor], frames: Tensor) -> Tensor:
        """(T, n, C, ...) of what a node gave, the last axis of one place left out."""
        if self.dialect.at_once:
            whole = parts[0].unflatten(0, (frames.shape[1], len(frames))).transpose(0, 1)
        else:
            whole = torch.stack(parts)
        return whole.squeeze(-1)

    @property
    def spikes(self) -> Tensor:
        """(T, n, C, W) of the convolution's neurons in the last run."""
        return torch.cat([v for k, v in self.traces.items() if k.startswith("act")], dim=2)

    @property
    def pooled(self) -> Tensor:
        """(T, n, C) of the pooling neurons in the last run, (T, n, C T) of levels for counts."""
        parts = [v for k, v in self.traces.items() if k.startswith("pool")]
        return torch.cat([part.squeeze(-1) for part in parts], dim=2)


def _keep(seen: list[Tensor]) -> Any:
    """A hook that keeps what a layer of neurons gives, without the state beside it."""

    def hook(module: nn.Module, inputs: Any, output: Any) -> None:
        seen.append((output[0] if isinstance(output, tuple) else output).detach().clone())

    return hook


def check_reader(simulator: str, note: Mapping[str, Any]) -> None:
    """Refuse a simulator that would read a graph otherwise than it was written.

    Args:
        simulator: a name of `dialects.DIALECTS`
        note: what the file says of itself

    Raises:
        InputError: says for which simulator to export.
    """
    reader, writer = DIALECTS[simulator], DIALECTS[note["simulator"]]
    if not reader.package:
        names = ", ".join(name for name in DIALECTS if DIALECTS[name].package)
        raise InputError(f"expected a simulator of {names}, but got {simulator!r}: name one")
    for soft, leak in ((note["reset"] == "soft", float(note.get("leak", 0))), (False, 0.0)):
        wanted, there = (d.neurons((1, 1, 1), 1.0, soft, leak) for d in (reader, writer))
        if not alike(there, wanted):
            raise InputError(
                f"expected neurons of the kind {_said(wanted)} for {simulator} with "
                f"{note['reset']} reset, but what is written for {note['simulator']} has "
                f"{_said(there)}: export with --for {simulator}"
            )
    if note["graph"] == "branches" and not reader.branches:
        raise InputError(
            f"expected one chain of nodes for {simulator}, which may run branches in a wrong "
            "order, but got branches: export with --graph chain"
        )


def _said(node: nir.NIRNode) -> str:
    """A kind of neurons in words, with its time constant where it has one."""
    for name in ("tau", "tau_mem"):
        if hasattr(node, name):
            return f"{type(node).__name__} ({name} {float(getattr(node, name).flat[0]):g})"
    return type(node).__name__


def foreign_of(
    graph: nir.NIRGraph, dialect: Dialect, info: Mapping[str, Any], unchecked: bool = False
) -> Foreign:
    """The graph in the simulator of ``dialect``.

    Args:
        graph: as written, `reading.read_graph`
        dialect: of the simulator
        info: what the file says of itself, see `note.py`
        unchecked: take also a version that was not tested

    Raises:
        InputError: the simulator is not there or of another version.
    """
    dialect.check(unchecked)
    chains = suffixes([branch["width"] for branch in info["branches"]], info["graph"])
    wanted = [f"{kind}{chain}" for kind in ("act", "count", "pool") for chain in chains]
    watched = tuple(name for name in wanted if name in graph.nodes)
    acts = tuple(name for name in watched if name.startswith("act"))
    module = dialect.load(graph, acts, info["reset"] == "soft", info["steps"])
    return Foreign(dialect, module.eval(), watched)
