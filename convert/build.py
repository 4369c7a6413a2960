"""ANN to SNN: replace every activation by spiking neurons and fold the thresholds into the weights.

After folding every spike is 0 or 1 and every threshold is 1: the weights of a layer are
multiplied by what one incoming spike stands for and divided by the threshold of the neurons they
feed. The output layer stays in the ANN's unit, so the mean of its currents over time is the logit.
Each node type has one rule (`rules_*.py`); a node without a rule is an error, never left as it is
in silence.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from ..errors import InputError
from ..models.network import Network
from ..models.nodes.layers import Dropout
from .graph.builder import RULES, Builder, Wire
from .graph.canonical import canonical
from .graph.units import Units
from .recipes.recipe import ConversionRecipe
from .rules import activations as rules_activations
from .rules import merge as rules_merge
from .rules import pooling as rules_pooling
from .rules import weights as rules_weights

__all__ = ["build_snn", "rules_activations", "rules_merge", "rules_pooling", "rules_weights"]


def build_snn(
    ann: Network,
    recipe: ConversionRecipe,
    thresholds: dict[str, Tensor],
    allow_inexact: bool = False,
) -> tuple[Network, list[dict[str, Any]]]:
    """Convert ``ann`` node by node.

    Args:
        ann: trained network in the ANN's unit
        recipe: the choices of the conversion
        thresholds: theta (C,) or (1,) per activation node, in the unit of its pre-activations
        allow_inexact: build also a combination that is known not to converge (`rules/pooling.py`),
            as the recipe's own ``allow_inexact`` does

    Returns:
        The spiking network (input spikes (T, B, D', L) -> output currents (T, B, K)), and one row
        per ANN node: name, type, action (folded, replaced, moved, kept, removed) and why.

    Raises:
        InputError: a node that has no conversion rule, by its name and type, or a combination that
            does not converge.
    """
    whole = canonical(ann)
    kind = next(ann.parameters(), torch.ones(1)).dtype
    units = Units(whole, {name: theta.to(kind) for name, theta in thresholds.items()})
    builder = Builder(whole, recipe, units, allow_inexact or recipe.allow_inexact)
    builder.wires["input"] = Wire("input", torch.ones(1))
    for name in whole.inputs:
        _convert(builder, name)
    output = whole.output
    if not builder.wires[output].analog:
        raise InputError(
            f"cannot convert {output}: the last layer must be linear, its currents are the "
            f"logits, but it is {type(whole.node(output)).__name__}"
        )
    return Network(builder.nodes), _in_order(ann, builder.rows)


def _convert(builder: Builder, name: str) -> None:
    """Convert one node by the rule of its type."""
    node = builder.ann.node(name)
    if type(node) not in RULES:
        known = ", ".join(sorted(kind.__name__ for kind in [*RULES, Dropout]))
        raise InputError(
            f"cannot convert {name}: there is no conversion rule for {type(node).__name__}; "
            f"the known ones are {known}"
        )
    RULES[type(node)](builder, name, node)


def _in_order(ann: Network, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """One row per node of ``ann``, in its order; dropout, which conversion never sees, included."""
    by_name = {row["name"]: row for row in rows}
    removed = {"type": "Dropout", "action": "removed", "why": "it is the identity after training"}
    return [by_name.get(name, {"name": name, **removed}) for name in ann.inputs]
