"""The nodes of an exported network: one chain, or one a filter width.

    conv   all filters as one square convolution, `layout.py`
    act    the spiking neurons
    sum    spikes of a channel over all windows
    pool   a neuron that fires where there is one: s > 1/2, which is s >= 1
    readout   a 1 x 1 convolution; its currents go out at every step

The maximum of spikes is OR, and `pool` starts every step at 0, since it is reset to 0 as soon as it
has any input. For the maximum of counts three nodes more stand between `act` and `pool`: see
`counts.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, log2
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from . import counts
from .form import Branch, Form
from .grid import half_step
from .layout import Layout

if TYPE_CHECKING:
    import nir

    from ..dialects.dialect import Dialect

CLOCK = 1.5
"""The current of the first step of a neuron that fires then and never again, for either reset."""


@dataclass(frozen=True)
class Chain:
    """Nodes from the input to a readout.

    suffix: of the names of its nodes; branches: whose filters it has; first: where their channels
    begin in the readout; biased: whether it adds the bias of the readout
    """

    suffix: str
    branches: tuple[Branch, ...]
    first: int
    biased: bool

    @property
    def channels(self) -> int:
        """C of its branches."""
        return sum(branch.channels for branch in self.branches)


def chains(form: Form, mode: str) -> tuple[Chain, ...]:
    """The chains of a graph: one, or one for each branch."""
    names = suffixes([branch.width for branch in form.branches], mode)
    if len(names) == 1:
        return (Chain("", form.branches, 0, True),)
    found: list[Chain] = []
    first = 0
    for name, branch in zip(names, form.branches, strict=True):
        found.append(Chain(name, (branch,), first, not found))
        first += branch.channels
    return tuple(found)


def suffixes(widths: Sequence[int], mode: str) -> tuple[str, ...]:
    """What the names of each chain's nodes end in, chains in the order of the readout's channels.

    A file has its nodes in the order of their names, which is another: width 10 before 9.

    >>> suffixes([3, 10], "branches"), suffixes([3, 3], "branches"), suffixes([3, 10], "chain")
    (('3', '10'), ('1', '2'), ('',))
    """
    if mode == "chain" or len(widths) == 1:
        return ("",)
    distinct = len(set(widths)) == len(widths)
    return tuple(str(n) for n in (widths if distinct else range(1, len(widths) + 1)))


def threshold(form: Form, bits: int | None) -> float:
    """Of the neurons: half a step of the grid below 1, where it is never subtracted."""
    return 1.0 if form.soft else 1 - half_step(form, bits)


def first_current(form: Form, branch: Branch, bits: int | None) -> Tensor:
    """(C,) the current of the first step: what is left of V(0), and of half a step with soft reset.

    The threshold is 1 then; `constant_current` keeps the half step where there is a leak.
    """
    return (1 - form.leak) * (branch.initial + raised(form, bits))


def constant_current(form: Form, branch: Branch, bits: int | None) -> Tensor:
    """(C,) the current of every step: the bias, and what the leak takes of half a step."""
    return branch.bias + form.leak * raised(form, bits)


def raised(form: Form, bits: int | None) -> float:
    """How far all potentials lie above those of the package: half a step with soft reset."""
    return half_step(form, bits) if form.soft else 0.0


def mask(form: Form, branch: Branch) -> float:
    """What keeps a window from firing that is none of a text: a power of two."""
    reach = branch.weight.double().abs().sum(dim=(1, 2)) * max(1.0, form.encoder.gain)
    most = reach + branch.bias.double().abs() + branch.initial.double().abs() + 1
    return float(2.0 ** ceil(log2(2 * float(most.max()))))


def convolution(
    form: Form, layout: Layout, chain: Chain, bits: int | None
) -> tuple[Tensor, Tensor]:
    """Filters (C, D, K) and biases (C,) of a chain; with counts the clock's is the last."""
    filters = [
        layout.filters(branch, first_current(form, branch, bits), mask(form, branch))
        for branch in chain.branches
    ]
    biases = [constant_current(form, branch, bits) for branch in chain.branches]
    if form.counts:
        clock = filters[0].new_zeros(1, layout.channels, layout.taps)
        clock[0, layout.start, 0] = CLOCK
        filters.append(clock)
        biases.append(clock.new_zeros(1))
    return torch.cat(filters), torch.cat(biases)


def build(
    form: Form, layout: Layout, dialect: Dialect, bits: int | None, mode: str, note: str
) -> nir.NIRGraph:
    """The graph; ``note`` is the JSON string that `reading.py` reads it back by."""
    import nir

    nodes: dict[str, Any] = {"input": nir.Input({"input": np.array(layout.shape)})}
    edges: list[tuple[str, str]] = []
    ends = []
    for chain in chains(form, mode):
        parts = _chain(form, layout, dialect, bits, chain)
        names = [f"{name}{chain.suffix}" for name in parts]
        nodes |= dict(zip(names, parts.values(), strict=True))
        edges += zip(["input", *names[:-1]], names, strict=True)
        ends.append(names[-1])
    classes = form.weight.shape[0]
    if len(ends) > 1:  # several edges into one node are a sum; the output may be none, see NIRTorch
        nodes["join"] = pointwise(torch.eye(classes), torch.zeros(classes), 1)
        edges += [(end, "join") for end in ends]
        ends = ["join"]
    nodes["output"] = nir.Output({"output": np.array([classes, 1, 1])})
    edges.append((ends[0], "output"))
    return nir.NIRGraph(nodes, edges, metadata={"snnconvert": note})


def _chain(
    form: Form, layout: Layout, dialect: Dialect, bits: int | None, chain: Chain
) -> dict[str, Any]:
    """The nodes of one chain in their order."""
    import nir

    filters, bias = convolution(form, layout, chain, bits)
    windows = layout.windows
    nodes: dict[str, Any] = {
        "conv": nir.Conv2d(
            input_shape=(layout.places, layout.taps),
            weight=layout.kernels(filters).numpy(),
            bias=bias.numpy(),
            **_PLAIN,
        ),
        "act": dialect.neurons(
            (len(filters), windows, 1), threshold(form, bits), form.soft, form.leak
        ),
    }
    weight = form.weight[:, chain.first : chain.first + chain.channels]
    pooled, limit = chain.channels, 0.5
    if form.counts:
        levels = counts.levels(chain.channels, form.steps)  # (C T + 1, C + 1)
        nodes["levels"] = pointwise(levels, torch.zeros(len(levels)), windows)
        shape = (len(levels), windows, 1)
        nodes["count"] = dialect.neurons(shape, counts.threshold(form.steps), False)
    size = np.array([windows, 1])
    nodes["sum"] = nir.SumPool2d(kernel_size=size, stride=size, padding=np.array([0, 0]))
    if form.counts:
        first = counts.first(chain.channels, form.steps)  # (C T, C T + 1)
        nodes["first"] = pointwise(first, torch.zeros(len(first)), 1)
        pooled, limit = len(first), windows + 0.5
        weight = weight.repeat_interleave(form.steps, dim=1)
    nodes["pool"] = dialect.neurons((pooled, 1, 1), limit, False)
    own = form.bias if chain.biased else torch.zeros_like(form.bias)
    nodes["readout"] = pointwise(weight, own, 1)
    return nodes


_PLAIN = {"stride": (1, 1), "padding": (0, 0), "dilation": (1, 1), "groups": 1}


def pointwise(weight: Tensor, bias: Tensor, windows: int) -> Any:
    """A 1 x 1 convolution of weights (C_out, C_in) over a signal (C_in, windows, 1)."""
    import nir

    return nir.Conv2d(
        input_shape=(windows, 1),
        weight=weight[:, :, None, None].contiguous().numpy(),
        bias=bias.numpy(),
        **_PLAIN,
    )
