"""The end of a torch module: softmax and sigmoid, which keep the decision, and a single logit."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor, fx, nn

from ...models.nodes.layers import Linear
from .layers import ACTIVATION, SOFTMAX, refuse
from .translation import Translation, argument, function_name
from .values import FLAT, Ending, Value

ONE = "end in a Linear of two outputs (the logits [0, z]), or of one, whose sigmoid is class 1"
SEVERAL = "leave it out, and train with one class of K a text: several labels have no argmax"


def softmax(t: Translation, node: fx.Node, place: str) -> Value:
    """`F.softmax(x, 1)`, `torch.sigmoid(x)` and the like."""
    kind = function_name(node.target)
    ending = Ending(kind, place, f"the operation {kind}")
    return _end(t.read(node.args[0], place), ending, argument(node, 1, "dim"))


def softmax_layer(t: Translation, node: fx.Node, layer: nn.Module, place: str) -> Value:
    """nn.Softmax, nn.LogSoftmax and nn.Sigmoid."""
    name = type(layer).__name__
    kind = {"LogSoftmax": "log_softmax"}.get(name, name.lower())
    ending = Ending(kind, place, name)
    return _end(t.read(node.args[0], place), ending, getattr(layer, "dim", None))


def _end(value: Value, ending: Ending, axis: object) -> Value:
    """Note that a function goes over the logits: the network leaves it out.

    The largest logit and, of a softmax, the probabilities are the same without. One logit with a
    sigmoid too: it is the probability of class 1.

    Raises:
        InputError: it goes over something else, or each of several outputs has a sigmoid.
    """
    kind, place, what = ending
    single = value.channels == 1 and "L" not in value.axes
    if kind == "sigmoid":
        if value.axes == FLAT and not single:
            raise refuse(place, f"{what} of each of {value.channels} outputs", SEVERAL)
        if not single:
            raise refuse(place, f"{what} has no conversion", ACTIVATION)
    elif value.axes != FLAT or axis not in (None, 1, -1):
        raise refuse(place, f"{what} has no conversion", SOFTMAX)
    elif single:
        raise refuse(place, f"{what} of one output, which is always the same", ONE)
    return replace(value, ending=ending)


def two_logits(t: Translation, value: Value) -> Value:
    """One logit z as the two logits [0, z]: class 1 where z > 0, with probability sigmoid(z)."""
    name, node, inputs = t.nodes[-1]
    if not isinstance(node, Linear) or name != value.node:
        raise refuse("the output", f"it is one logit of a {type(node).__name__}", ONE)
    made = Linear(node.inputs, 2).to(node.weight.dtype)
    with torch.no_grad():
        made.weight.zero_()
        made.bias.zero_()
        made.weight[1], made.bias[1] = node.weight[0], node.bias[0]
    t.nodes[-1] = (name, made, inputs)
    return replace(value, channels=2, axes=FLAT)


def as_the_module(logits: Tensor, kind: str | None, single: bool) -> Tensor:
    """What the module itself returns where the network has ``logits`` (B, K): (B, K) or (B, 1)."""
    outputs = logits[:, 1:] - logits[:, :1] if single else logits
    if kind == "sigmoid":
        return outputs.sigmoid()
    if kind == "softmax":
        return outputs.softmax(dim=1)
    return outputs.log_softmax(dim=1) if kind == "log_softmax" else outputs


def as_logits(outputs: Tensor, kind: str | None, single: bool) -> Tensor:
    """The logits (B, K), up to a constant each, of what the module returns: (B, K) or (B, 1)."""
    logits = outputs
    if kind == "softmax":
        logits = outputs.log()
    if kind == "sigmoid":
        logits = torch.logit(outputs)
    return torch.cat([torch.zeros_like(logits), logits], dim=1) if single else logits
