"""Conversion rules of layers with weights: thresholds and batch normalisation fold into them."""

from __future__ import annotations

import torch

from ...errors import InputError
from ...models.nodes.layers import Conv1d, Linear
from ...models.nodes.norm import BatchNorm1d
from ..graph.builder import Builder, Wire, rule


@rule(Conv1d, Linear)
def convert_weights(builder: Builder, name: str, node: Conv1d | Linear) -> None:
    """W <- W * value / theta, b <- b / theta: spikes come in, thresholds of the neurons go out."""
    weight, bias = node.weight.detach(), node.bias.detach()
    readers = builder.ann.consumers(name)
    norm = builder.ann.node(readers[0]) if readers else None
    if isinstance(norm, BatchNorm1d) and len(readers) == 1:
        weight, bias = norm.fold(weight, bias)
    if builder.ann.inputs[name] == ("input",):
        wire = builder.wires["input"]
        weight = builder.recipe.encoder.fold(weight, builder.recipe.steps)  # (C, D', k) or (C, D')
    else:
        wire = builder.spikes(name)
        # one spike carries wire.value
        weight = weight * wire.value.reshape((1, -1) + (1,) * (weight.dim() - 2))
    theta = builder.units.of_currents(name)  # (C,) or (1,)
    new = type(node)(**(node.settings() | {"inputs": weight.shape[1]})).to(weight.dtype)
    with torch.no_grad():
        new.weight.copy_(weight / theta.reshape(-1, *[1] * (weight.dim() - 1)))
        new.bias.copy_(bias / theta)
    builder.add(name, new, (wire.name,))
    builder.wires[name] = Wire(name, theta, analog=True)
    at_output = "1: the output has the ANN's unit"
    why = f"the threshold after it, at {readers[0]}" if readers else at_output
    builder.report(name, "folded", f"spike values multiplied in, divided by {why}")


@rule(BatchNorm1d)
def convert_norm(builder: Builder, name: str, node: BatchNorm1d) -> None:
    """Nothing is left of it: the layer before took it in."""
    before = builder.weighted_before(name)
    if before is None:
        source = builder.ann.inputs[name][0]
        others = [r for r in builder.ann.consumers(source) if r != name]
        what = f"is also read by {', '.join(others)}" if others else "has no weights to fold into"
        raise InputError(
            f"cannot convert {name}: batch normalisation folds into the layer right before it, but "
            f"{source} {what}; put it directly after a Conv1d or Linear of its own"
        )
    builder.wires[name] = builder.wires[before]
    builder.report(name, "folded", f"into the weights and the bias of {before}")
