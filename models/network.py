"""A network as a short list of named nodes; the same class carries an ANN and its SNN.

Every node works on the last axes of its input and leaves the axes before them alone, so one
node serves a batch (B, ...) and a batch over time (T, B, ...). What turns a network into a
spiking one is only which nodes it holds (see `models/neurons/build.py`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, ClassVar, NamedTuple

import torch
from torch import Tensor, nn

from ..errors import InputError
from ..moved import attributes


class Signal(NamedTuple):
    """What travels between nodes.

    values: (..., C, L) for a sequence of L positions, or (..., F) for flat features
    lengths: (B,) int64, the valid positions of each sample; None for flat features
    """

    values: Tensor
    lengths: Tensor | None = None

    def mask(self) -> Tensor | None:
        """(B, 1, L) bool, True on valid positions; None for flat features."""
        if self.lengths is None:
            return None
        positions = torch.arange(self.values.shape[-1], device=self.values.device)
        return (positions < self.lengths[:, None]).unsqueeze(1)  # (B, 1, L)

    def masked(self) -> Tensor:
        """The values with exact zeros on padding, so that no later layer can read it."""
        mask = self.mask()
        return self.values if mask is None else self.values * mask


def valid_only(values: Tensor, lengths: Tensor | None) -> Tensor:
    """``values`` (..., B, C, L) with zeros at padding, chosen and not multiplied: NaN stays out."""
    if lengths is None:
        return values
    positions = torch.arange(values.shape[-1], device=values.device)
    mask = (positions < lengths[:, None]).unsqueeze(1)  # (B, 1, L)
    return torch.where(mask, values, values.new_zeros(()))


def says(cls: type, forward: str) -> bool:
    """Whether ``cls`` can go on where a piece of time ended: ``timeless``, or its own ``resume``.

    A subclass with another ``forward`` must say so anew: what it inherits was said of the old one.
    """
    for base in cls.__mro__:
        if "timeless" in vars(base):
            return bool(vars(base)["timeless"])
        if "resume" in vars(base):
            return True
        if forward in vars(base):
            return False
    return False


def shared_among(leaders: Tensor, passed: Tensor) -> Tensor:
    """``passed`` (..., C) in equal shares to the positions in ``leaders`` (..., C, L), float64."""
    count = leaders.sum(dim=-1, keepdim=True).clamp(min=1)
    return leaders * (passed.double().unsqueeze(-1) / count)


class Node(nn.Module):
    """One step of a network. Subclasses name their `settings`, which rebuild them from JSON."""

    fields: ClassVar[tuple[str, ...]] = ()
    # a monotone element-wise node and a maximum over positions may change places, see Network
    monotone: ClassVar[bool] = False
    maximum: ClassVar[bool] = False
    # currents pass it on their way to neurons: linear, without weights of its own
    passing: ClassVar[bool] = False
    # it has synapses, and `synaptic_operations` says what spikes cost that arrive at them
    synaptic: ClassVar[bool] = False
    # its output at a step depends on its inputs at that step alone; see `resume`
    timeless: ClassVar[bool] = False
    # a pooling over positions that passes what stands at some of them, its `leaders`
    picks: ClassVar[bool] = False

    def channels_out(self, below: Sequence[int]) -> int:
        """Channels (or flat features) on its output, of those of its inputs; most keep them."""
        return below[0]

    def synaptic_operations(self, arriving: Tensor, lengths: Tensor | None) -> Tensor:
        """Synaptic operations per step and sample (T, B), float64.

        Args:
            arriving: spikes (T, B, D, L) or (T, B, F), as many as each value stands for
            lengths: (B,) valid positions, None for flat features
        """
        raise TypeError(f"{type(self).__name__} does not say what its synapses cost")

    @property
    def resumes(self) -> bool:
        """Whether `resume` gives, piece after piece, what one call gives for all steps at once."""
        return bool(says(type(self), forward="forward"))

    def resume(self, inputs: Sequence[Signal], state: Any) -> tuple[Signal, Any]:
        """The next steps of a run that is cut in pieces of time.

        Args:
            inputs: signals (T', B, ...) of the next T' steps
            state: what the last piece gave back, None for the first one

        Returns:
            The output of these steps, and what the steps after them need.
        """
        return self(*inputs), None

    def leaders(self, arriving: Signal) -> Tensor:
        """Which positions the pooled values are taken from: bool, of the shape of ``arriving``."""
        raise TypeError(f"{type(self).__name__} does not say where its values come from")

    def origins(self, arriving: Signal, passed: Tensor) -> Tensor:
        """What each position has given of the pooled values: (..., C, L) float64, sums ``passed``.

        Positions that tie share equally.

        Args:
            arriving: what was pooled, values (..., C, L)
            passed: (..., C) what came of it: the pooled values, or what neurons made of them
        """
        return shared_among(self.leaders(arriving), passed)

    def settings(self) -> dict[str, Any]:
        """The constructor's arguments, JSON-able."""
        return {name: getattr(self, name) for name in self.fields}

    def forward(self, *inputs: Signal) -> Signal:
        """Map the inputs' signals to one output signal."""
        raise TypeError(f"{type(self).__name__} has no forward pass of its own")


def add_steps(total: Tensor, values: Tensor) -> Tensor:
    """Add the steps of ``values`` (T, B, ...) to ``total`` (B, ...), one by one and in place.

    In float64 sums of float32 values hardly ever round, and in this order they are the same however
    a run is cut in pieces of time.
    """
    for step in values:
        total += step
    return total


class Network(nn.Module):
    """Named nodes in an order in which every node comes after its inputs.

    Args:
        nodes: (name, node, names of its inputs); the name ``input`` is the network's input, and
            the last node is its output.

    Raises:
        InputError: a name is used twice, or an input is not the name of an earlier node.
    """

    def __init__(self, nodes: Iterable[tuple[str, Node, tuple[str, ...]]]) -> None:
        super().__init__()
        self.nodes = nn.ModuleDict()
        self.inputs: dict[str, tuple[str, ...]] = {}
        for name, node, inputs in nodes:
            if name in self.inputs or name == "input":
                raise InputError(f"expected unique node names, but {name!r} comes twice")
            for source in inputs:
                if source != "input" and source not in self.inputs:
                    raise InputError(
                        f"expected the input {source!r} of node {name!r} to be an earlier node, "
                        f"but the nodes before it are {sorted(self.inputs)}"
                    )
            self.nodes[name] = node
            self.inputs[name] = tuple(inputs)
        if not self.inputs:
            raise InputError("expected a network of at least one node, but it has none")
        self._swapped = self._swaps()

    def forward(self, signal: Signal, record: dict[str, Signal] | None = None) -> Tensor:
        """Run the nodes in order.

        max(a(z)) = a(max(z)) for a monotone activation a, so without ``record`` a maximum that is
        an activation's only reader is taken first. The values are the same and most of the
        activation's work is saved; the gradient goes to the one position with the largest
        pre-activation instead of to all that share its quantised level, which trains better.

        Args:
            signal: input; values (B, D, L) for an ANN, (T, B, D, L) for an SNN
            record: when given, filled with every node's output signal by name

        Returns:
            The last node's values: logits (B, K), or output currents (T, B, K) of an SNN.
        """
        signals = {"input": signal}
        for name, inputs in self.inputs.items():
            node = self.node(name if record is not None else self._swapped.get(name, name))
            signals[name] = node(*(signals[source] for source in inputs))
        if record is not None:
            record.update(signals)
        return signals[self.output].values

    @property
    def resumes(self) -> bool:
        """Whether every node can be run piece by piece of time, see `resume`."""
        return all(self.node(name).resumes for name in self.inputs)

    def resume(
        self,
        signal: Signal,
        states: dict[str, Any],
        keep: Mapping[str, Tensor] | None = None,
        only: Collection[str] | None = None,
    ) -> dict[str, Signal]:
        """The next steps of a run that is cut in pieces of time; together they are one run.

        Args:
            signal: input of the next T' steps, values (T', B, D, L)
            states: what the steps before left in every node, by name, {} for none; it is changed
            keep: for some nodes (B, ...), what their outputs are multiplied by
            only: names of the nodes to run, all without it

        Returns:
            Every such node's output signal by name, and the input's.
        """
        signals = {"input": signal}
        for name, inputs in self.inputs.items():
            if only is not None and name not in only:
                continue
            arriving = [signals[source] for source in inputs]
            out, states[name] = self.node(name).resume(arriving, states.get(name))
            if keep is not None and name in keep:
                out = Signal(out.values * keep[name], out.lengths)
            signals[name] = out
        return signals

    def _swaps(self) -> dict[str, str]:
        """Names of activation and maximum that may change places, each mapped to the other."""
        pairs: dict[str, str] = {}
        for name in self.inputs:
            readers = self.consumers(name)
            if self.node(name).monotone and len(readers) == 1 and self.node(readers[0]).maximum:
                pairs |= {name: readers[0], readers[0]: name}
        return pairs

    @property
    def output(self) -> str:
        """The name of the last node."""
        return next(reversed(self.inputs))

    def node(self, name: str) -> Node:
        """The node called ``name``."""
        node = self.nodes[name]
        assert isinstance(node, Node)
        return node

    def before(self, name: str) -> set[str]:
        """The nodes that ``name`` depends on, and itself."""
        needed = {name}
        for node in reversed(self.inputs):
            if node in needed:
                needed.update(self.inputs[node])
        return needed

    def consumers(self, name: str) -> list[str]:
        """The names of the nodes that read ``name``'s output."""
        return [other for other, inputs in self.inputs.items() if name in inputs]

    def describe(self) -> list[dict[str, Any]]:
        """The nodes as JSON-able records: name, type, inputs, settings (weights not included)."""
        return [
            {
                "name": name,
                "type": type(self.node(name)).__name__,
                "inputs": list(self.inputs[name]),
                "settings": self.node(name).settings(),
            }
            for name in self.inputs
        ]


__getattr__ = attributes(__name__)
