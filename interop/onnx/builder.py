"""The state of a graph that is being made: named nodes, weights once, signals between nodes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

OPSET = 17


@dataclass(frozen=True)
class Wire:
    """What travels between nodes, as `models.network.Signal` does.

    steps: the tensor of each step by name, (B, C, L) or (B, F); of an ANN one. Steps that are alike
    have one name, and what follows of them is made once.
    lengths: the (B,) valid positions by name; None for flat features
    """

    steps: tuple[str, ...]
    lengths: str | None = None


class Builder:
    """Makes the nodes and weights of one graph."""

    def __init__(self) -> None:
        self.nodes: list[Any] = []
        self.weights: dict[str, Any] = {}
        self._masks: dict[str, tuple[str, str]] = {}

    def op(self, kind: str, inputs: Sequence[str], name: str, **attributes: Any) -> str:
        """Add a node called ``name``; its one output has the same name."""
        from onnx import helper

        self.nodes.append(helper.make_node(kind, list(inputs), [name], name, **attributes))
        return name

    def weight(self, name: str, values: np.ndarray) -> str:
        """A tensor of the graph, kept once."""
        from onnx import numpy_helper

        if name not in self.weights:
            self.weights[name] = numpy_helper.from_array(np.asarray(values, order="C"), name)
        return name

    def number(self, value: float) -> str:
        """A float32 number, kept once."""
        return self.weight(f"number/{np.float32(value)!s}", np.array(value, np.float32))

    def whole(self, *values: int) -> str:
        """Whole numbers (n,), kept once."""
        return self.weight(f"whole/{'_'.join(map(str, values))}", np.array(values, np.int64))

    def each(self, wire: Wire, name: str, make: Callable[[str, str], str]) -> Wire:
        """The wire behind a node without memory: ``make(tensor, name)`` for each distinct step."""
        made: dict[str, str] = {}
        alike = len(set(wire.steps)) == 1
        for number, tensor in enumerate(wire.steps, 1):
            if tensor not in made:
                made[tensor] = make(tensor, name if alike else f"{name}/step{number}")
        return replace(wire, steps=tuple(made[tensor] for tensor in wire.steps))

    def mask(self, wire: Wire) -> tuple[str, str] | None:
        """Which positions are valid, (B, 1, L) as bool and as float32; None for flat features."""
        lengths = wire.lengths
        if lengths is None:
            return None
        if lengths not in self._masks:
            own = f"{lengths}/mask"
            shape = self.op("Shape", [wire.steps[0]], f"{own}/shape")
            zero, one = (self.weight(f"index/{n}", np.array(n, np.int64)) for n in (0, 1))
            size = self.op(
                "Gather", [shape, self.weight("index/2", np.array(2, np.int64))], f"{own}/size"
            )
            places = self.op("Range", [zero, size, one], f"{own}/positions")  # (L,)
            ends = self.op("Unsqueeze", [lengths, self.whole(1)], f"{own}/ends")  # (B, 1)
            inside = self.op("Less", [places, ends], f"{own}/inside")  # (B, L)
            valid = self.op("Unsqueeze", [inside, self.whole(1)], f"{own}/valid")  # (B, 1, L)
            self._masks[lengths] = valid, self.floats(valid, own)
        return self._masks[lengths]

    def floats(self, tensor: str, name: str) -> str:
        """``tensor`` as float32."""
        from onnx import TensorProto

        return self.op("Cast", [tensor], name, to=TensorProto.FLOAT)

    def masked(self, wire: Wire, name: str) -> Wire:
        """The wire with zeros on padding, so that no later layer can read it."""
        mask = self.mask(wire)
        if mask is None:
            return wire
        return self.each(wire, name, lambda x, own: self.op("Mul", [x, mask[1]], own))
