"""Look-ups of word vectors inside a torch module: ids (B, L) become the network's input."""

from __future__ import annotations

import torch
from torch import Tensor, fx, nn
from torch.nn import functional

from .layers import LOOKUP, refuse, refuse_hooks
from .translation import Translation, argument, function_name, place_of
from .values import Axes, Ids, Value

# what may happen to ids before they are looked up
CASTS = ("long", "int", "to", "type", "cpu", "cuda", "contiguous", "clone", "detach")
BEFORE = ("t", "transpose", "swapaxes", "permute", "getitem", *CASTS)
ID_AXES: tuple[Axes, ...] = (("B", "L"), ("L", "B"))


def takes_ids(module: nn.Module, graph: fx.Graph) -> bool:
    """Whether ``graph`` looks its input up in an `nn.Embedding`."""
    for node in graph.nodes:
        layer = module.get_submodule(str(node.target)) if node.op == "call_module" else None
        if not isinstance(layer, nn.Embedding) or not node.args:
            continue
        source = node.args[0]
        while isinstance(source, fx.Node) and function_name(source.target) in BEFORE:
            source = source.args[0]
        if isinstance(source, fx.Node) and source.op == "placeholder":
            return True
    return False


def look_up(t: Translation, node: fx.Node, layer: nn.Embedding) -> Value:
    """The vectors of ids: (B, L) -> (B, L, D)."""
    place = place_of(node)
    ids = t.values.get(node.args[0]) if isinstance(node.args[0], fx.Node) else None
    if not isinstance(ids, Ids):
        raise refuse(place, "Embedding has no conversion", LOOKUP)
    refuse_hooks(place, layer)
    if not bool(torch.isfinite(layer.weight).all()):
        raise refuse(place, "its weight holds NaN or infinity", "train it again")
    if t.dim is not None and t.dim % layer.embedding_dim:
        what = f"its vectors have {layer.embedding_dim} components, but dim is {t.dim}"
        raise refuse(place, what, "leave dim out: the module has its own vectors")
    return Value("input", (*ids.axes, "C"), layer.embedding_dim, parts=(str(node.target),))


def rows_of(layer: nn.Embedding) -> Tensor:
    """What ``layer`` gives for each of its ids, (V, D) in single precision or its own."""
    weight = layer.weight.detach().clone()
    if layer.max_norm is not None:
        ids = torch.arange(len(weight), device=weight.device)
        functional.embedding(ids, weight, None, layer.max_norm, layer.norm_type)  # in place
    return weight.to(torch.promote_types(weight.dtype, torch.float32))


def joining_axis(node: fx.Node) -> object:
    """The axis of `torch.cat`, `torch.stack` and `torch.hstack`, which has none to give."""
    usual = 1 if function_name(node.target) == "hstack" else 0
    return argument(node, 1, "dim", argument(node, 1, "axis", usual))


def joined(t: Translation, node: fx.Node, place: str) -> Value | None:
    """`torch.cat` or `torch.stack` of look-ups as one input; None where it joins other tensors.

    Vectors of several tables become one vector, or one image of several channels.
    """
    sequence = argument(node, 0, "tensors")
    several = isinstance(sequence, tuple | list)
    tensors = [t.values.get(part) for part in sequence] if several else []
    parts = [part for part in tensors if isinstance(part, Value) and part.node == "input"]
    if not parts or len(parts) < len(tensors) or parts[0].parts == ("vectors",):
        return None
    first, axis = parts[0], _axis_of_all(node, parts, place)
    stacks = function_name(node.target) == "stack"
    name = "1" if stacks else first.axes[axis]
    if name not in ("1", "C") or any(part.sets > 1 for part in parts) or axis == 0:
        got = f"look-ups {first.shape} along axis {axis}"
        raise refuse(place, f"{function_name(node.target)} of {got}", "join their components")
    axes = first.axes
    if name == "1":
        axes = (*axes[:axis], "G", *axes[axis + (not stacks) :])
    total = sum(part.channels for part in parts)
    names = tuple(name for part in parts for name in part.parts)
    return Value("input", axes, total, sets=len(parts) if name == "1" else 1, parts=names)


def _axis_of_all(node: fx.Node, parts: list[Value], place: str) -> int:
    """The axis along which look-ups of one size are joined, from 0."""
    axis = joining_axis(node)
    size = len(parts[0].axes) + (function_name(node.target) == "stack")
    alike = len({(part.axes, part.channels) for part in parts}) == 1
    if not alike or not isinstance(axis, int) or not -size <= axis < size:
        got = ", ".join(f"{part.shape} with C = {part.channels}" for part in parts)
        raise refuse(place, f"{function_name(node.target)} of {got}", "join look-ups of one size")
    return axis % size


def stack(t: Translation, node: fx.Node, place: str) -> Value:
    """`torch.stack` of look-ups."""
    image = joined(t, node, place)
    if image is None:
        raise refuse(place, "the operation stack has no conversion", "use torch.cat on channels")
    return image
