"""A model family of your own: convolutions one after the other, and their maximum over a text."""

from dataclasses import dataclass

from snnconvert.models.families import FAMILIES
from snnconvert.models.families.family import Family
from snnconvert.models.network import Network
from snnconvert.models.nodes.activations import Qcfs
from snnconvert.models.nodes.layers import Conv1d, Linear, initialised
from snnconvert.models.nodes.pooling import MaxOverTime
from snnconvert.options import option


@dataclass(frozen=True)
class StackSpec:
    """What shapes it: the first two come from the data, the others are options."""

    dim: int
    classes: int
    depth: int = option(2, "convolutions of a stack", least=1)
    channels: int = option(100, "filters per width", least=1)


def build_stack(spec: StackSpec, seed: int) -> Network:
    """A network (B, D, L) -> (B, K) with new weights."""
    nodes, last, size = [], "input", spec.dim
    for i in range(spec.depth):
        nodes.append((f"conv{i}", Conv1d(size, spec.channels, 3, "same"), (last,)))
        nodes.append((f"act{i}", Qcfs(levels=4), (f"conv{i}",)))
        last, size = f"act{i}", spec.channels
    nodes.append(("pool", MaxOverTime(), (last,)))
    nodes.append(("readout", Linear(size, spec.classes), ("pool",)))
    return initialised(Network(nodes), seed)


FAMILIES.add("stack", Family(StackSpec, build_stack))
