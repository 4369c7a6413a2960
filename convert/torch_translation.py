"""A torch module on its way to a network: tensors by traced node, and the nodes made so far."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from torch import fx, nn

from ..models.layers import Conv1d, Linear
from ..models.merge import Flatten
from ..models.network import Node
from ..models.norm import BatchNorm1d
from ..models.pooling import MaxOverTime, MeanOverTime, Windowed
from .torch_layers import CONSTANT, RESHAPE, refuse

SEQUENCE, POOLED, FLAT = "(B, C, L)", "(B, C, 1)", "(B, C)"


@dataclass(frozen=True)
class Value:
    """A tensor of the traced module: the node that gives it, its shape in words, its channels."""

    node: str
    shape: str
    channels: int


@dataclass(frozen=True)
class Size:
    """The shape of a tensor, or its number of positions: only good as a pooling window."""

    of: fx.Node
    axis: int | None = None


@dataclass(frozen=True)
class Constant:
    """A parameter or buffer that forward uses directly."""

    name: str


@dataclass(frozen=True)
class Maxima:
    """What `torch.max` over positions returns: values and indices."""

    values: Value


@dataclass
class Translation:
    """One module on its way to a network.

    module: the user's; dim: components of its input; values: what every traced node gives; nodes:
    of the network, made so far.
    """

    module: nn.Module
    dim: int
    values: dict[fx.Node, Any] = field(default_factory=dict)
    nodes: list[tuple[str, Node, tuple[str, ...]]] = field(default_factory=list)

    def add(self, wanted: str, node: Node, inputs: list[Value], shape: str, channels: int) -> Value:
        """Append a node under a name of its own."""
        name = wanted.replace(".", "_")
        if name[:1].isdigit():
            name = f"layer{name}"
        base, number = name, 1
        taken = {"input", *(done for done, _, _ in self.nodes)}
        while name in taken or hasattr(nn.ModuleDict, name):
            number += 1
            name = f"{base}_{number}"
        self.nodes.append((name, node, tuple(value.node for value in inputs)))
        return Value(name, shape, channels)

    def value(self, argument: Any, place: str) -> Value:
        """The tensor behind an operation's argument.

        Raises:
            InputError: it is a constant, a shape, or no tensor of the network.
        """
        found = self.values.get(argument) if isinstance(argument, fx.Node) else argument
        if isinstance(found, Value):
            return found
        if isinstance(found, Size):
            raise refuse(place, "it computes with the shape of a tensor", RESHAPE)
        if isinstance(found, Constant):
            raise refuse(place, f"it takes the module's tensor {found.name}", CONSTANT)
        raise refuse(place, f"it takes the constant {str(found)[:40]}", CONSTANT)

    def apply(self, name: str, node: Node, value: Value, place: str) -> Value:
        """Append ``node`` on one input, after checking that the shape is one it can read."""
        kind = type(node).__name__
        needs = {Conv1d: SEQUENCE, Linear: FLAT}.get(type(node))
        if isinstance(node, Windowed | MaxOverTime | MeanOverTime):
            needs = SEQUENCE
        if needs is not None and value.shape != needs:
            remedy = "pool over positions or flatten first" if needs == FLAT else "pool only once"
            raise refuse(place, f"{kind} reads {value.shape}, but it needs {needs}", remedy)
        width = {Conv1d: "inputs", Linear: "inputs", BatchNorm1d: "channels"}.get(type(node))
        if width is not None and getattr(node, width) != value.channels:
            raise refuse(
                place,
                f"{kind} reads {value.channels} channels, but it is made for "
                f"{getattr(node, width)}",
                "check dim, and that each layer fits the one before",
            )
        channels = value.channels
        if isinstance(node, Conv1d):
            channels = node.channels
        elif isinstance(node, Linear):
            channels = node.outputs
        pooled = isinstance(node, MaxOverTime | MeanOverTime)
        return self.add(name, node, [value], POOLED if pooled else value.shape, channels)

    def flatten(self, node: fx.Node, value: Value, axes: tuple[Any, Any], place: str) -> Value:
        """Positions as features; nothing to do where there is one position or none."""
        if axes[0] != 1 or axes[1] not in (-1, 2 if value.shape != FLAT else 1):
            raise refuse(place, f"flatten over the axes {axes}", "flatten from axis 1 to the last")
        if value.shape != SEQUENCE:
            return Value(value.node, FLAT, value.channels)
        features = _features_behind(self.module, node)
        if features is None or features % value.channels:
            raise refuse(
                place,
                "flatten must know how many positions there are, but no fitting Linear reads it",
                "put a Linear behind it, or pool over positions instead",
            )
        positions = features // value.channels
        name = str(node.target) if node.op == "call_module" else node.name
        return self.add(name, Flatten(positions), [value], FLAT, features)


def place_of(node: fx.Node) -> str:
    """Where an operation is: the module's name, or the line of code."""
    if node.op == "call_module":
        return f"module {node.target}"
    return str(node.meta.get("place", node.name))


def function_name(target: Any) -> str:
    """The name of a traced function or method, without the underscores of variants in place."""
    return str(getattr(target, "__name__", target)).strip("_")


def refuse_overwriting(node: fx.Node, place: str) -> None:
    """Refuse an in-place operation on a tensor that something else reads afterwards."""
    (source, *_) = node.args
    if not isinstance(source, fx.Node):
        return
    later = [user for user in source.users if node < user]
    if any(function_name(user.target) not in ("size", "getattr") for user in later):
        raise refuse(
            place,
            "it overwrites in place a tensor that is read again later",
            "set inplace to False, or write x = x + y",
        )


def _features_behind(module: nn.Module, node: fx.Node) -> int | None:
    """in_features of the Linear behind ``node``, through layers that keep the shape."""
    while len(node.users) == 1:
        (node,) = node.users
        if node.op == "call_module":
            layer = module.get_submodule(str(node.target))
            if isinstance(layer, nn.Linear):
                return layer.in_features
            if not isinstance(layer, nn.ReLU | nn.Dropout | nn.Identity | nn.BatchNorm1d):
                break
        elif function_name(node.target) not in ("relu", "dropout"):
            break
    return None
