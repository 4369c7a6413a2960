"""A torch module on its way to a network: tensors by traced node, and the nodes made so far."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from torch import Tensor, fx, nn

from ...models.network import Network, Node
from ...models.nodes.layers import Conv1d, Linear
from ...models.nodes.merge import Flatten
from ...models.nodes.norm import BatchNorm1d
from ...models.nodes.pooling import AvgPool1d, MaxOverTime, MaxPool1d, MeanOverTime, Windowed
from .layers import CONSTANT, RESHAPE, SOFTMAX, refuse
from .values import (
    FLAT,
    INPUT,
    POOLED,
    SEQUENCE,
    Axes,
    Batch,
    Constant,
    Ids,
    Positions,
    Shape,
    Value,
    Window,
    words,
)

LOOKUPS = "join the look-ups first (torch.cat or torch.stack), and let every layer read all of them"


@dataclass
class Translated:
    """A torch module as a network, and what its input was.

    Attributes:
        network: reads vectors, in evaluation mode.
        tables: of a module that takes word ids: the look-ups whose vectors, side by side, the
            network reads, as (V, D) each in single precision or their own; else empty.
        dim: D, components of the vectors that the network reads.
        axes: of the module's input, as (B, L) or (B, C, L).
        length: how many words every text must have, where the module says so.
        ending: the softmax or sigmoid that the module ends in and the network leaves out.
        single: the module gives one logit z, the network the two logits [0, z].
        in_tuple: the module takes a tuple whose first part is the ids.
        place: which of the module's arguments its input is; those before it are not read.
        arguments: how many arguments the module must be given.
    """

    network: Network
    tables: tuple[Tensor, ...]
    dim: int
    axes: Axes
    length: int | None
    ending: str | None
    single: bool
    in_tuple: bool
    place: int = 0
    arguments: int = 1


@dataclass
class Translation:
    """One module on its way to a network.

    module: the user's; dim: components of its input, where it takes vectors; axes: of its input;
    values: what every traced node gives; nodes: of the network, made so far; lookups: the look-ups
    of words that the network's input consists of, once something has read it; lengths: how many
    words a text must have, by the place that says so; in_tuple: the input is the first of a tuple.
    """

    module: nn.Module
    dim: int | None
    axes: Axes
    values: dict[fx.Node, Any] = field(default_factory=dict)
    nodes: list[tuple[str, Node, tuple[str, ...]]] = field(default_factory=list)
    lookups: tuple[str, ...] | None = None
    lengths: dict[int, str] = field(default_factory=dict)
    in_tuple: bool = False

    def add(self, wanted: str, node: Node, inputs: list[Value]) -> str:
        """Append a node under a name of its own, which is returned."""
        name = wanted.replace(".", "_")
        if name[:1].isdigit():
            name = f"layer{name}"
        base, number = name, 1
        taken = {"input", *(done for done, _, _ in self.nodes)}
        while name in taken or hasattr(nn.ModuleDict, name):
            number += 1
            name = f"{base}_{number}"
        self.nodes.append((name, node, tuple(value.node for value in inputs)))
        return name

    def value(self, argument: Any, place: str) -> Value:
        """The tensor behind an operation's argument, which may still have any axes.

        Raises:
            InputError: it is a constant, a shape, ids, or no tensor of the network.
        """
        known = self.values.get(argument) if isinstance(argument, fx.Node) else argument
        if isinstance(known, Value):
            return known
        if isinstance(known, Shape | Positions | Batch):
            raise refuse(place, "it computes with the shape of a tensor", RESHAPE)
        if isinstance(known, Constant):
            raise refuse(place, f"it takes the module's tensor {known.name}", CONSTANT)
        if isinstance(known, Ids):
            raise refuse(place, "it computes with word ids", "look them up first (nn.Embedding)")
        raise refuse(place, f"it takes the constant {str(known)[:40]}", CONSTANT)

    def read(self, argument: Any, place: str) -> Value:
        """The tensor that a node of the network reads: as :meth:`value`, and complete.

        Raises:
            InputError: also where it is a part of the input, or a softmax has gone over it.
        """
        value = self.value(argument, place)
        if value.ending is not None:
            _, where, what = value.ending
            raise refuse(where, f"{what} has no conversion", SOFTMAX)
        if value.node == "input":
            if self.lookups not in (None, value.parts):
                raise refuse(place, "it reads one of several look-ups of the words", LOOKUPS)
            self.lookups = value.parts
        return value

    def apply(self, name: str, node: Node, value: Value, place: str) -> Value:
        """Append ``node`` on one input, after checking that the axes are those it reads."""
        kind = type(node).__name__
        needs = {Conv1d: SEQUENCE, Linear: FLAT}.get(type(node))
        if isinstance(node, Windowed | MaxOverTime | MeanOverTime):
            needs = SEQUENCE
        if isinstance(node, BatchNorm1d) and value.axes not in (FLAT, POOLED):
            needs = SEQUENCE
        if needs is not None and value.axes != needs:
            raise misfit(place, kind, value, needs)
        self.check_width(node, value, place)
        return self.applied(name, node, value)

    def check_width(self, node: Node, value: Value, place: str) -> None:
        """Refuse a node that is made for other channels than ``value`` has."""
        width = {Conv1d: "inputs", Linear: "inputs", BatchNorm1d: "channels"}.get(type(node))
        if width is not None and getattr(node, width) != value.channels:
            raise refuse(
                place,
                f"{type(node).__name__} reads {value.channels} channels, but it is made for "
                f"{getattr(node, width)}",
                "check dim, and that each layer fits the one before",
            )

    def applied(self, name: str, node: Node, value: Value) -> Value:
        """Append ``node`` on one input whose axes have been looked at; L becomes 1 where pooled."""
        made = self.add(name, node, [value])
        output = replace(value, node=made, parts=())
        if isinstance(node, Conv1d):
            left, right = node.padding
            origin, plus = value.positions
            grown = Positions(origin, plus + left + right - node.width + 1)
            output = replace(output, channels=node.channels, positions=grown, sets=1)
            return replace(output, window=(), moved=None)
        if isinstance(node, Linear):
            return replace(output, channels=node.outputs, window=(), moved=None)
        if isinstance(node, MaxOverTime | MeanOverTime):
            return replace(output, axes=pooled(value.axes), window=(), moved=None)
        if isinstance(node, Windowed):
            origin, plus = value.positions
            count = Positions(f"({origin}{plus:+d} by {node.kernel}/{node.stride})")
            window = (Window(made, node.kernel, value.positions),)
            return replace(output, positions=count, window=window)
        return output

    def over_all(self, value: Value, place: str) -> Value | None:
        """``value`` with 1 in place of L, where pooling in windows left one position of a text.

        So it does where the window is as long as the text is; that many words it then must have.
        The pooling becomes one over all positions. None where nothing says so.
        """
        windows = value.window
        if not windows or any(window.of.origin != INPUT.origin for window in windows):
            return None
        for window in windows:
            self.lengths.setdefault(window.size - window.of.plus, place)
        names = {window.node for window in windows}
        for number, (name, node, inputs) in enumerate(self.nodes):
            if name in names and isinstance(node, MaxPool1d | AvgPool1d):
                whole = MaxOverTime() if isinstance(node, MaxPool1d) else MeanOverTime()
                self.nodes[number] = (name, whole, inputs)
        return replace(value, axes=pooled(value.axes), window=())

    def flatten(self, node: fx.Node, value: Value, place: str) -> Value:
        """Channels and positions (B, C, L) as features (B, C)."""
        features = _features_behind(self.module, node)
        if value.window and features in (None, value.channels):
            single = self.over_all(value, place)
            if single is not None:
                return replace(single, axes=FLAT)
        if features is None or features % value.channels:
            raise refuse(
                place,
                "flatten must know how many positions there are, but no fitting Linear reads it",
                "put a Linear behind it, or pool over positions instead",
            )
        positions = features // value.channels
        if value.positions.origin == INPUT.origin:
            self.lengths.setdefault(positions - value.positions.plus, place)
        name = str(node.target) if node.op == "call_module" else node.name
        made = self.add(name, Flatten(positions), [value])
        return Value(made, FLAT, features)


def pooled(axes: Axes) -> Axes:
    """Axes after pooling over all positions."""
    return tuple("1" if name == "L" else name for name in axes)


def misfit(place: str, kind: str, value: Value, needs: Axes) -> Exception:
    """The error of a layer that reads other axes than it needs; it names what moved them."""
    if value.moved is not None:
        where, operation = value.moved
        what = f"the operation {operation} gives {value.shape}, but {kind} needs {words(needs)}"
        return refuse(where, what, RESHAPE)
    remedy = "pool over positions or flatten first" if needs == FLAT else "pool only once"
    return refuse(place, f"{kind} reads {value.shape}, but it needs {words(needs)}", remedy)


def place_of(node: fx.Node) -> str:
    """Where an operation is: the module's name, or the line of code."""
    if node.op == "call_module":
        return f"module {node.target}"
    return str(node.meta.get("place", node.name))


def function_name(target: Any) -> str:
    """The name of a traced function or method, without the underscores of variants in place."""
    return str(getattr(target, "__name__", target)).strip("_")


def argument(node: fx.Node, position: int, name: str, default: Any = None) -> Any:
    """An argument of a traced call, by position or by name."""
    return node.args[position] if len(node.args) > position else node.kwargs.get(name, default)


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
