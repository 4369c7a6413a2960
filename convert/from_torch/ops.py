"""Functions and methods of tensors that a forward may use, as the nodes that do the same."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from operator import attrgetter
from typing import Any

import torch
from torch import fx

from ...models.network import Node
from ...models.nodes.activations import Relu
from ...models.nodes.layers import Concat, Conv1d, Dropout, Linear
from ...models.nodes.merge import Add
from ...models.nodes.pooling import MaxOverTime, MeanOverTime
from . import axes as moving
from .layers import PRODUCT, RESHAPE, refuse
from .lookup import CASTS, joined, joining_axis, stack
from .pooling import adaptive, functional_pool2d, pool
from .readout import softmax
from .translation import (
    Translation,
    argument,
    function_name,
    misfit,
    pooled,
    refuse_overwriting,
)
from .values import (
    FLAT,
    Constant,
    Ids,
    Maxima,
    Positions,
    Shape,
    Value,
)


def _relu(t: Translation, node: fx.Node, place: str) -> Value:
    if str(node.target).endswith("_") or argument(node, 1, "inplace", False):
        refuse_overwriting(node, place)
    return t.applied(node.name, Relu(), t.read(node.args[0], place))


def _dropout(t: Translation, node: fx.Node, place: str) -> Value:
    probability = argument(node, 1, "p", 0.5)
    return t.applied(node.name, Dropout(probability), t.read(node.args[0], place))


def _add(t: Translation, node: fx.Node, place: str) -> Any:
    if node.kwargs or len(node.args) != 2:
        raise refuse(place, "a sum with a factor (alpha)", "scale the layer before instead")
    if function_name(node.target) in ("iadd", "add_") or node.target == "add_":
        refuse_overwriting(node, place)
    size = _sum_of_sizes(t, node, 1)
    if size is not None:
        return size
    biased = _bias(t, node, place)
    if biased is not None:
        return biased
    values = [t.read(part, place) for part in node.args]
    if len({(value.axes, value.channels) for value in values}) > 1:
        got = " and ".join(f"{v.shape} with C = {v.channels}" for v in values)
        raise refuse(place, f"a sum of {got}", "put a Conv1d of width 1 on the shortcut")
    return replace(values[0], node=t.add(node.name, Add(), values), parts=(), window=())


def _bias(t: Translation, node: fx.Node, place: str) -> Value | None:
    """A sum of the last Linear's outputs and a parameter: the parameter joins its bias."""
    operands = [t.values.get(part) if isinstance(part, fx.Node) else part for part in node.args]
    constants = [part for part in operands if isinstance(part, Constant)]
    values = [part for part in operands if isinstance(part, Value)]
    if len(constants) != 1 or len(values) != 1 or not t.nodes:
        return None
    (value,), name, layer = values, t.nodes[-1][0], t.nodes[-1][1]
    nodes = [part for part in node.args if isinstance(part, fx.Node)]
    source = next(part for part in nodes if t.values.get(part) is value)
    bias = attrgetter(constants[0].name)(t.module)
    fits = isinstance(bias, torch.Tensor) and bias.shape == (value.channels,)
    alone = len(source.users) == 1
    if value.node != name or not isinstance(layer, Linear) or not fits or not alone:
        return None
    if not bool(torch.isfinite(bias).all()):
        raise refuse(place, f"{constants[0].name} holds NaN or infinity", "train it again")
    with torch.no_grad():
        layer.bias.add_(bias.to(layer.bias))
    return value


def _sum_of_sizes(t: Translation, node: fx.Node, sign: int) -> Any:
    """`x.size(2) - 1`; None where it is no such sum."""
    operands = [t.values.get(part) if isinstance(part, fx.Node) else part for part in node.args]
    if not any(isinstance(part, fx.Node) for part in node.args) or len(operands) != 2:
        return None
    first, second = operands
    if isinstance(second, Positions) and sign == 1:
        first, second = second, first
    if isinstance(first, Positions | int) and isinstance(second, int):
        return moving.plus(first, sign * second)
    return None


def _sub(t: Translation, node: fx.Node, place: str) -> Any:
    size = _sum_of_sizes(t, node, -1)
    if size is None:
        raise refuse(place, "the operation sub has no conversion", PRODUCT)
    return size


def _cat(t: Translation, node: fx.Node, place: str) -> Value:
    inputs = joined(t, node, place)
    if inputs is not None:
        return inputs
    axis = joining_axis(node)
    values = [t.read(part, place) for part in argument(node, 0, "tensors")]
    axes = values[0].axes
    channel = axes.index("C") if "C" in axes else 1
    alike = {value.axes for value in values} == {axes} and "G" not in axes
    if not alike or axis not in (channel, channel - len(axes)):
        got = ", ".join(value.shape for value in values)
        what = f"cat of {got} along axis {axis}"
        raise refuse(place, what, "join channels (axis 1) of one shape")
    if len({value.positions for value in values}) > 1 and "L" in axes:
        # windows of several sizes leave equally many positions where each leaves one
        values = [t.over_all(value, place) or value for value in values]
    made = t.add(node.name, Concat(), values)
    total = sum(value.channels for value in values)
    windows = tuple(window for value in values for window in value.window)
    return replace(values[0], node=made, channels=total, parts=(), window=windows)


def _flatten(t: Translation, node: fx.Node, place: str) -> Value:
    axes = (argument(node, 1, "start_dim", 0), argument(node, 2, "end_dim", -1))
    return moving.flatten(t, node, place, axes)


def _over_positions(t: Translation, node: fx.Node, place: str, pool: Node) -> Value:
    """A reduction over the axis of positions, as `x.amax(-1)`."""
    value = t.read(node.args[0], place)
    axis = argument(node, 1, "dim", argument(node, 1, "axis"))
    asked = list(axis) if isinstance(axis, tuple | list) else [axis]
    size = len(value.axes)
    known = all(isinstance(a, int) and -size <= a < size for a in asked)
    names = [value.axes[a] for a in asked] if known else []
    if [name for name in names if name != "1"] != ["L"] or "G" in value.axes:
        raise refuse(place, f"a reduction of {value.shape} over axis {axis}", RESHAPE)
    reduced = t.applied(node.name, pool, value)
    if argument(node, 2, "keepdim", False):
        return reduced
    gone = {a % size for a in asked}
    kept = tuple(n for i, n in enumerate(pooled(value.axes)) if i not in gone)
    return replace(reduced, axes=kept)


def _maximum(t: Translation, node: fx.Node, place: str) -> Maxima:
    return Maxima(_over_positions(t, node, place, MaxOverTime()))


def _size(t: Translation, node: fx.Node, place: str) -> Any:
    value = t.values.get(node.args[0]) if isinstance(node.args[0], fx.Node) else None
    asked = argument(node, 1, "dim")
    if isinstance(value, Ids):
        value = Value("input", value.axes, 0)
    if not isinstance(value, Value):
        value = t.value(node.args[0], place)
    return Shape(value) if asked is None else _extent(value, asked, place)


def _extent(value: Value, axis: Any, place: str) -> Any:
    if isinstance(axis, slice):
        return Shape(value)
    try:
        return value.sized(axis)
    except (IndexError, TypeError):
        raise refuse(place, f"the size of axis {axis} of {value.shape}", RESHAPE) from None


def _getattr(t: Translation, node: fx.Node, place: str) -> Any:
    source, name = node.args[0], node.args[1]
    owner = t.values.get(source) if isinstance(source, fx.Node) else None
    if isinstance(owner, Maxima) and name == "values":
        return owner.values
    if isinstance(owner, Ids | Value) and name == "shape":
        return Shape(owner if isinstance(owner, Value) else Value("input", owner.axes, 0))
    raise refuse(place, f"the attribute {name} of a tensor has no conversion", RESHAPE)


def _getitem(t: Translation, node: fx.Node, place: str) -> Any:
    source, index = node.args[0], node.args[1]
    owner = t.values.get(source) if isinstance(source, fx.Node) else None
    if isinstance(owner, Maxima) and index == 0:
        return owner.values
    if isinstance(owner, Shape) and isinstance(index, int | slice):
        return _extent(owner.of, index, place)
    if isinstance(owner, Ids) and index == 0 and not t.in_tuple:
        t.in_tuple = True  # (ids, lengths): the ids come first
        return owner
    if isinstance(owner, Value):
        return moving.index(t, node, place, owner)
    raise refuse(place, "picking parts of a tensor has no conversion", RESHAPE)


def linear(t: Translation, node: fx.Node, layer: Linear, value: Value, place: str) -> Value:
    """A Linear on features, or at every position: there it is a Conv1d of width 1."""
    if value.axes == ("B", "L", "C"):
        made = Conv1d(layer.inputs, layer.outputs, 1).to(layer.weight.dtype)
        with torch.no_grad():
            made.weight.copy_(layer.weight[:, :, None])
            made.bias.copy_(layer.bias)
        t.check_width(made, value, place)
        return t.applied(str(node.target), made, value)
    if value.axes[-1:] == ("C",) and set(value.axes) <= {"B", "1", "C"}:
        t.check_width(layer, value, place)
        return t.applied(str(node.target), layer, value)
    if value.axes != FLAT:
        raise misfit(place, "Linear", value, FLAT)
    return t.apply(str(node.target), layer, value, place)


Operation = Callable[[Translation, fx.Node, str], Any]
OPERATIONS: dict[str, Operation] = {
    "relu": _relu,
    "dropout": _dropout,
    **dict.fromkeys(("add", "iadd"), _add),
    "sub": _sub,
    **dict.fromkeys(("cat", "concat", "concatenate", "hstack"), _cat),
    "stack": stack,
    **dict.fromkeys(("flatten", "ravel"), _flatten),
    "squeeze": moving.squeeze,
    "unsqueeze": moving.unsqueeze,
    **dict.fromkeys(("view", "reshape"), moving.view),
    "permute": moving.permute,
    **dict.fromkeys(("transpose", "swapaxes", "t"), moving.transpose),
    **dict.fromkeys(("clone", "contiguous"), moving.same),
    **dict.fromkeys(("softmax", "log_softmax", "sigmoid"), softmax),
    "amax": lambda t, n, p: _over_positions(t, n, p, MaxOverTime()),
    "mean": lambda t, n, p: _over_positions(t, n, p, MeanOverTime()),
    "max": _maximum,
    "size": _size,
    "getattr": _getattr,
    "getitem": _getitem,
    "max_pool1d": lambda t, n, p: pool(t, n, p, True),
    "avg_pool1d": lambda t, n, p: pool(t, n, p, False),
    "max_pool2d": lambda t, n, p: functional_pool2d(t, n, p, True),
    "avg_pool2d": lambda t, n, p: functional_pool2d(t, n, p, False),
    "adaptive_max_pool1d": lambda t, n, p: adaptive(t, n, p, True),
    "adaptive_avg_pool1d": lambda t, n, p: adaptive(t, n, p, False),
    "adaptive_max_pool2d": lambda t, n, p: adaptive(t, n, p, True, True),
    "adaptive_avg_pool2d": lambda t, n, p: adaptive(t, n, p, False, True),
}
ON_IDS = dict.fromkeys(CASTS, moving.same)  # what is refused of vectors is fine for ids
