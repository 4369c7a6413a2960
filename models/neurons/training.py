"""Blocks in which the neurons of a network have gradients."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from ...errors import InputError
from ..network import Network
from . import NEURONS
from .base import NeuronParameters, NeuronRun, Neurons, neurons_run_by
from .build import neuron_nodes
from .gradients import WAYS


def having(way: str) -> str:
    """The neurons that have gradients of that way, as in "if or lif"."""
    return " or ".join(name for name in NEURONS if NEURONS[name].has(way))


def no_gradient(kind: str, way: str) -> InputError:
    """The error for neurons that have no gradients of that way."""
    return InputError(
        f"expected {having(way)} neurons for {WAYS[way]}, but got {kind}: convert with the neuron "
        f"{having(way)} to fine-tune, or use the converted network as it is"
    )


def way_of(p: NeuronParameters, way: str) -> Callable[..., Any]:
    """The function of ``p`` that has gradients of that way (`gradients.py`).

    Raises:
        InputError: these neurons have none.
    """
    function: Callable[..., Any] | None = getattr(p, way, None)
    if function is None:
        raise no_gradient(type(p).__name__.removesuffix("Parameters").lower(), way)
    return function


@contextmanager
def trained_by(network: Network, run: NeuronRun, way: str) -> Iterator[None]:
    """Inside the block, in this thread, neurons run by ``run``, which has gradients.

    Args:
        network: whose neurons must have gradients of that way
        run: from currents and parameters to spikes, with gradients
        way: which of `WAYS` it needs

    Raises:
        InputError: the network has no neurons, or has neurons without such gradients.
    """
    for node in neuron_nodes(network).values():
        if isinstance(node, Neurons) and not node.has(way):
            raise no_gradient(node.kind, way)
    with neurons_run_by(run):
        yield
